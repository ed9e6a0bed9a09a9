"""Many small runs under faults, from the start of the processes to the verdict."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.checks import KINDS, Found, check, check_rest
from tests.chaos.installation import Installation
from tests.chaos.load import Load
from tests.chaos.nemesis import Nemesis
from tests.chaos.watchers import Watchers

STUCK_AFTER_SECONDS = 180.0
SWEPT_AFTER_SECONDS = 30.0


@dataclass(frozen=True)
class Plan:
    """What a campaign does. ``faults``: names, none for all; ``between``: least and most seconds between two."""

    seed: int
    runs: int
    window: int = 60
    between: tuple[float, float] = (1.0, 5.0)
    longest_pause: float = 40.0
    faults: tuple[str, ...] = ()
    database_url: str = ""
    seconds: tuple[float, float] = (0.2, 1.5)
    stuck_after: float = STUCK_AFTER_SECONDS
    minutes: float = float("inf")


@dataclass
class Report:
    """How it went."""

    plan: Plan
    found: Found
    faults: Counter[str]
    seconds: float
    healed_seconds: float
    unanswered: int
    accepted: int
    said: str = ""
    failed_faults: list[str] = field(default_factory=list)
    impossible: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether everything held."""
        return not any(self.found.count(kind) for kind in KINDS)

    def lines(self) -> list[str]:
        """Return it as text."""
        found = self.found
        database = "PostgreSQL" if self.plan.database_url else "SQLite"
        faults = ", ".join(f"{count} × {fault}" for fault, count in sorted(self.faults.items()))
        retried = sum(count for attempt, count in found.attempts.items() if attempt > 1)
        lines = [
            f"seed {self.plan.seed}, {database}: {self.accepted} runs of {found.nodes} nodes in {self.seconds:.0f} s, "
            f"{sum(self.faults.values())} faults: {faults}",
            f"ends: {dict(found.states)}; nodes tried more than once: {retried}; calls without an answer: "
            f"{self.unanswered}; all ended {self.healed_seconds:.1f} s after the last fault was healed",
            "  ".join(f"{kind} {found.count(kind)}" for kind in KINDS),
        ]
        if found.detections:
            lines.append(f"lost work found again after {_spread(found.detections)}")
            lines.append(f"without the time in which nobody could write: {_spread(found.while_writable)}")
        lines += self.impossible
        lines += [f"could not be struck: {failed}" for failed in self.failed_faults]
        for kind in KINDS:
            lines += [f"{kind}: {sentence}" for sentence in found.faults.get(kind, [])[:10]]
        return lines


def conduct(plan: Plan) -> Report:
    """Run a campaign on an installation of its own and return the report.

    Raises:
        CallRefused: The server refuses a call again and again (a status from 400 to 499): it is wrong, whatever fails.
    """
    folder = Path(tempfile.mkdtemp(prefix="lepton-chaos-")) / "data"
    installation = Installation(folder, seed=plan.seed, database_url=plan.database_url)
    try:
        installation.start_all()
        return _conduct(plan, installation)
    finally:
        installation.close()
        folder.parent.rmdir()


def _conduct(plan: Plan, installation: Installation) -> Report:
    until = time.monotonic() + plan.minutes * 60
    load = Load(installation, plan.seed, plan.runs, plan.window, plan.seconds, until=until)
    nemesis = Nemesis(installation, random.Random(f"{plan.seed}:nemesis"), plan.longest_pause)
    if plan.faults:
        nemesis.faults = {name: work for name, work in nemesis.faults.items() if name in plan.faults}
    watchers = Watchers(load)
    started = time.monotonic()
    load.start()
    watchers.start()
    nemesis.start(least=plan.between[0], most=plan.between[1])
    while not load.is_over:
        time.sleep(0.2)
    nemesis.stop()
    healed = time.monotonic()
    while load.refusal is None and load.unfinished() and time.monotonic() - healed < plan.stuck_after:
        time.sleep(0.2)
    ended = time.monotonic()
    watchers.stop()
    nemesis.lookout.stop()
    if load.refusal is not None:
        raise load.refusal
    found = check(installation, load.accepted, seen=watchers.seen, met=nemesis.met())
    found.note_delays(nemesis.lookout)
    said = installation.said()
    wait_for_sweeping(installation)
    installation.end_gently()
    check_rest(found, installation)
    return Report(
        plan,
        found,
        nemesis.counts(),
        ended - started,
        ended - healed,
        load.unanswered,
        len(load.accepted),
        said,
        nemesis.failed,
        nemesis.impossible,
    )


def _spread(seconds: list[float]) -> str:
    listed = sorted(seconds)
    p95 = listed[min(int(len(listed) * 0.95), len(listed) - 1)]
    return f"p50 {statistics.median(listed):.1f} s, p95 {p95:.1f} s, slowest {listed[-1]:.1f} s (N = {len(listed)})"


def wait_for_sweeping(installation: Installation) -> None:
    """Give the workers the time to remove what those before them left."""
    until = time.monotonic() + SWEPT_AFTER_SECONDS
    while any((installation.folder / "attempts").glob("*")) and time.monotonic() < until:
        time.sleep(0.2)

"""Every fault by itself, many times: seconds until it was noticed and until all was well again."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.campaign import STUCK_AFTER_SECONDS, wait_for_sweeping
from tests.chaos.checks import KINDS, Found, check, check_rest
from tests.chaos.installation import Installation
from tests.chaos.load import Accepted, Load
from tests.chaos.nemesis import Nemesis

RUNS_PER_ROUND = 6
NODE_SECONDS = (0.1, 0.8)
NOTHING = "nothing (for comparison)"
# Only a pause longer than the lease takes work away from who is silent.
SILENCE_SECONDS = (30.0, 36.0)
LONG_SILENCES = ("worker paused", "wire to database silent", "wire to database half open")
SHARE_OF_LONG = 4
LONGEST_START_SECONDS = 20.0


@dataclass
class Alone:
    """How runs did under one fault.

    Attributes:
        recovered: For each event, seconds from the end of the fault to the end of the last run that it met.
        found: What does not hold, and how long lost work and ready work waited.
        events: How often it happened.
    """

    fault: str
    events: int
    recovered: list[float]
    found: Found = field(default_factory=Found)

    def row(self) -> str:
        """Return it as a row of a table."""
        found = self.found
        lost, wrong, stuck = found.count("lost"), found.count("wrong"), found.count("stuck")
        others = sum(found.count(kind) for kind in KINDS) - lost - wrong - stuck - found.count("double commits")
        columns = [
            self.fault,
            str(self.events),
            f"{sum(found.states.values())}",
            _spread(found.detections),
            _spread(found.waits),
            _spread(self.recovered),
            f"{lost} / {wrong} / {stuck} / {found.count('double commits')} / {others}",
        ]
        return f"| {' | '.join(columns)} |"


HEAD = (
    "| fault | events | runs | lost work found again after | ready work taken after | all ended, after its end "
    "| lost / wrong / stuck / doubled / other |\n| --- | --- | --- | --- | --- | --- | --- |"
)


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "–"
    listed = sorted(seconds)
    p95 = listed[min(int(len(listed) * 0.95), len(listed) - 1)]
    return f"{statistics.median(listed):.1f} s, {p95:.1f} s ({len(listed)})"


def try_each_alone(
    seed: int, rounds: int, database_url: str = "", only: tuple[str, ...] = ()
) -> Iterator[Alone | Found | str]:
    """Yield what is impossible here, how each fault went, and last what was left behind in the end."""
    folder = Path(tempfile.mkdtemp(prefix="lepton-chaos-")) / "data"
    installation = Installation(folder, seed=seed, database_url=database_url)
    try:
        installation.start_all()
        nemesis = Nemesis(installation, random.Random(f"{seed}:alone"), longest_pause=4.0)
        yield from nemesis.impossible
        _round(nemesis, NOTHING, seed - 1)  # everything is warm
        for number, fault in enumerate([NOTHING, *nemesis.faults]):
            if not only or fault in only or fault == NOTHING:
                yield _many(nemesis, fault, seed + 1000 * number, rounds)
        nemesis.stop()
        nemesis.lookout.stop()
        rest = Found()
        wait_for_sweeping(installation)
        installation.end_gently()
        check_rest(rest, installation)
        yield rest
    finally:
        installation.close()
        folder.parent.rmdir()


def _many(nemesis: Nemesis, fault: str, seed: int, rounds: int) -> Alone:
    is_long = fault in LONG_SILENCES
    least, most = SILENCE_SECONDS if is_long else (0.0, 4.0)
    nemesis.least_pause, nemesis.longest_pause = least, most
    rounds = max(rounds // SHARE_OF_LONG, 3) if is_long else rounds
    before, found_before = len(nemesis.struck), len(nemesis.lookout.delays)
    accepted: list[Accepted] = []
    recovered: list[float] = []
    for at in range(rounds):
        met, seconds = _round(nemesis, fault, seed + at)
        accepted += met
        recovered.append(seconds)
    found = check(nemesis.installation, accepted, seen={}, is_all=False)
    found.note_delays(nemesis.lookout, found_before)
    return Alone(fault, len(nemesis.struck) - before, recovered, found)


def _round(nemesis: Nemesis, fault: str, seed: int) -> tuple[list[Accepted], float]:
    """Return the runs, and the seconds from the end of the fault to the end of the last of them."""
    load = Load(nemesis.installation, seed, RUNS_PER_ROUND, RUNS_PER_ROUND, NODE_SECONDS, cancelled_share=0.0)
    load.start()
    _wait_for_work(nemesis)
    time.sleep(nemesis.chance.uniform(0.0, 0.5))
    began = time.monotonic()
    before = len(nemesis.struck)
    if fault != NOTHING:
        nemesis.strike(fault)
    ends_at = began + max((one.seconds for one in nemesis.struck[before:]), default=0.0)
    while load.refusal is None and (not load.is_over or load.unfinished()):
        if time.monotonic() - ends_at > STUCK_AFTER_SECONDS:
            break
        time.sleep(0.05)
    seconds = max(time.monotonic() - ends_at, 0.0)
    nemesis.wait_until_healed()
    if load.refusal is not None:
        raise load.refusal
    return load.accepted, seconds


def _wait_for_work(nemesis: Nemesis) -> None:
    """Wait until somebody holds a node: a fault that meets nothing shows nothing."""
    until = time.monotonic() + LONGEST_START_SECONDS
    while not nemesis.held() and time.monotonic() < until:
        time.sleep(0.02)


def verdict(found: Found) -> list[str]:
    """Return what the checks found, as text."""
    lines = []
    for kind in KINDS:
        lines += [f"{kind}: {sentence}" for sentence in found.faults.get(kind, [])[:10]]
    return lines

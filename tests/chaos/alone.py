"""Every fault by itself, several times: seconds until all runs that it met had ended."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.campaign import STUCK_AFTER_SECONDS, wait_for_sweeping
from tests.chaos.checks import KINDS, Found, check, check_rest
from tests.chaos.installation import Installation
from tests.chaos.load import Accepted, Load
from tests.chaos.nemesis import Nemesis

RUNS_PER_ROUND = 8
NODE_SECONDS = (0.2, 1.0)
NOTHING = "nothing (for comparison)"


@dataclass(frozen=True)
class Alone:
    """How runs did under one fault. ``seconds``: one for each round, from the fault to the end of the last run."""

    fault: str
    seconds: list[float]

    def line(self) -> str:
        """Return it as text."""
        median, slowest = statistics.median(self.seconds), max(self.seconds)
        return f"{self.fault}: all ended after p50 {median:.1f} s, slowest {slowest:.1f} s (N = {len(self.seconds)})"


def try_each_alone(seed: int, rounds: int, longest_pause: float, database_url: str = "") -> Iterator[Alone | Found]:
    """Yield how each fault went, and last what the checks found over all of them."""
    folder = Path(tempfile.mkdtemp(prefix="lepton-chaos-")) / "data"
    installation = Installation(folder, seed=seed, database_url=database_url)
    accepted: list[Accepted] = []
    try:
        installation.start_all()
        nemesis = Nemesis(installation, random.Random(f"{seed}:alone"), longest_pause)
        for number, fault in enumerate([NOTHING, *nemesis.faults]):
            rounds_of_fault = [_round(nemesis, fault, seed + 1000 * number + at, accepted) for at in range(rounds)]
            yield Alone(fault, rounds_of_fault)
        nemesis.stop()
        found = check(installation, accepted, seen={}, struck=nemesis.struck)
        wait_for_sweeping(installation)
        installation.end_gently()
        check_rest(found, installation)
        yield found
    finally:
        installation.close()
        folder.parent.rmdir()


def _round(nemesis: Nemesis, fault: str, seed: int, accepted: list[Accepted]) -> float:
    load = Load(nemesis.installation, seed, RUNS_PER_ROUND, RUNS_PER_ROUND, NODE_SECONDS, cancelled_share=0.0)
    load.start()
    time.sleep(nemesis.chance.uniform(0.2, 1.5))
    struck = time.monotonic()
    if fault != NOTHING:
        nemesis.strike(fault)
    while not load.is_over or load.unfinished():
        if time.monotonic() - struck > STUCK_AFTER_SECONDS:
            break
        time.sleep(0.1)
    seconds = time.monotonic() - struck
    accepted += load.accepted
    nemesis.wait_until_healed()
    return seconds


def verdict(found: Found) -> list[str]:
    """Return what the checks found, as text."""
    lines = [f"{sum(found.states.values())} runs: " + "  ".join(f"{kind} {found.count(kind)}" for kind in KINDS)]
    for kind in KINDS:
        lines += [f"{kind}: {sentence}" for sentence in found.faults.get(kind, [])[:10]]
    return lines

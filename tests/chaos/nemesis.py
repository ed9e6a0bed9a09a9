"""Faults, one after the other or many at once, by a seed. What each does stands in `tests.chaos.faults`."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.checks import run_key
from tests.chaos.faults import messages, network, places, processes, servers
from tests.chaos.installation import WORKERS, Installation
from tests.chaos.lookout import Held, Lookout


@dataclass(frozen=True)
class Struck:
    """One fault.

    Attributes:
        at: By the wall clock.
        seconds: How long it lasts.
        held: Nodes that what was struck was at work on.
    """

    fault: str
    at: float
    seconds: float = 0.0
    held: tuple[Held, ...] = ()


@dataclass
class Nemesis:
    """Knows every fault that is possible here.

    Attributes:
        longest_pause: Seconds that a fault lasts at most.
        least_pause: Seconds that one with a duration lasts at least, where its own bounds allow it.
        impossible: What cannot be done on this machine, each a sentence.
    """

    installation: Installation
    chance: random.Random
    longest_pause: float = 40.0
    least_pause: float = 0.0
    struck: list[Struck] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    impossible: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lookout = Lookout(self.installation)
        self._over = threading.Event()
        self._healing: list[threading.Thread] = []
        self.faults: dict[str, Callable[[], None]] = {}
        for family in (processes, servers, network, places, messages):
            self.faults |= family.faults(self)

    def strike(self, fault: str) -> None:
        """Let one fault happen now; what has a duration ends by itself."""
        self.faults[fault]()

    def start(self, *, least: float, most: float) -> threading.Thread:
        """Let faults happen at random, with ``least`` to ``most`` seconds between them."""

        def go_on() -> None:
            while self.faults and not self._over.wait(self.chance.uniform(least, most)):
                fault = self.chance.choice(list(self.faults))
                try:
                    self.strike(fault)
                except Exception as error:  # noqa: BLE001 - what is to be struck may just be gone; the next one follows
                    self.failed.append(f"{fault}: {error!r}")

        thread = threading.Thread(target=go_on, name="nemesis", daemon=True)
        thread.start()
        self._healing.append(thread)
        return thread

    def stop(self) -> None:
        """Let no more happen, and wait until everything that was done is undone."""
        self._over.set()
        self.wait_until_healed()
        self.installation.sabotage()

    def wait_until_healed(self) -> None:
        """Wait until what has a duration is over."""
        while self._healing:
            self._healing.pop().join()

    def counts(self) -> Counter[str]:
        """Return how often each fault happened."""
        return Counter(struck.fault for struck in self.struck)

    def met(self) -> Counter[tuple[str, str]]:
        """Return how many faults struck while a node was at work, by run and node."""
        return Counter((run_key(run), node) for struck in self.struck for _row, run, node, _attempt in struck.held)

    # -- for the faults -----------------------------------------------------------------------------------------

    def duration(self, least: float, most: float) -> float:
        """Return by chance for how many seconds a fault lasts."""
        most = max(min(most, self.longest_pause), self.least_pause)
        return self.chance.uniform(min(max(least, self.least_pause), most), most)

    def note(self, fault: str, seconds: float = 0.0, held: tuple[Held, ...] = ()) -> None:
        """Remember that a fault happened, and see what becomes of the work that it met."""
        struck = Struck(fault, time.time(), seconds, held)
        self.struck.append(struck)
        self.lookout.watch(held, struck.at)

    def heal_after(self, seconds: float, heal: Callable[[], None]) -> None:
        """Undo something after a while, or as soon as all is to end."""

        def work() -> None:
            self._over.wait(seconds)
            heal()

        self.in_background(work)

    def in_background(self, work: Callable[[], None]) -> None:
        """Do something while the nemesis goes on; `wait_until_healed` waits for it."""
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self._healing.append(thread)

    def wait(self, seconds: float) -> None:
        """Wait, or until all is to end."""
        self._over.wait(seconds)

    def worker(self) -> str:
        """Return a worker by chance, one that holds work if there is one."""
        busy = [name for name in WORKERS if self.held(name)]
        return self.chance.choice(busy or list(WORKERS))

    def held(self, part: str = "") -> tuple[Held, ...]:
        """Return what the process of a part is running now, or what everybody is."""
        like = f"%:{self.installation.processes[part].pid}:%" if part else "%"
        asked = "SELECT id, run_id, node, attempt FROM runs_noderun WHERE state = 'running' AND owner LIKE ?"
        try:
            rows = self.installation.rows(asked, (like,))
        except Exception:  # noqa: BLE001 - another fault has the database just now
            return ()
        return tuple((row, str(run), node, attempt) for row, run, node, attempt in rows)

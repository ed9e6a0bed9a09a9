"""Messages that are lost, repeated, late; commits, messages and results that happened though it was denied."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.chaos.nemesis import Nemesis

KINDS: Mapping[str, Mapping[str, float]] = {
    "messages lost": {"message_drops": 0.5},
    "messages repeated and late": {"message_repeats": 0.7, "message_delays": 0.4, "delay_seconds": 5.0},
    "messages that lie": {"message_lies": 0.3},
    "commits that lie": {"commit_lies": 0.1},
    "commits that fail": {"commit_fails": 0.1},
    "results that lie": {"result_lies": 0.2},
}
NOTHING = 0.001


def faults(nemesis: Nemesis) -> dict[str, Callable[[], None]]:
    """Return the faults that happen inside the processes; several may be on at once."""
    switches = _Switches(nemesis)
    return {fault: lambda fault=fault: switches.turn_on(fault) for fault in KINDS}  # type: ignore[misc]


@dataclass
class _Switches:
    nemesis: Nemesis
    shares: Counter[str] = field(default_factory=Counter)
    changing: threading.Lock = field(default_factory=threading.Lock)

    def turn_on(self, fault: str) -> None:
        seconds = self.nemesis.duration(3.0, 12.0)
        self._change(KINDS[fault], 1)
        self.nemesis.note(fault, seconds)
        self.nemesis.heal_after(seconds, lambda: self._change(KINDS[fault], -1))

    def _change(self, shares: Mapping[str, float], sign: int) -> None:
        with self.changing:
            for kind, share in shares.items():
                self.shares[kind] += sign * share  # type: ignore[assignment]
            self.nemesis.installation.sabotage(
                **{kind: share for kind, share in self.shares.items() if share > NOTHING}
            )

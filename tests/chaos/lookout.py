"""How long work that was lost lay there, seen from outside by a clock that no fault moves."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from tests.chaos.installation import Installation

SECONDS_BETWEEN_LOOKS = 0.2
Held = tuple[int, str, str, int]
"""A node's row, its run, its name and the attempt that was at work on it."""


@dataclass(frozen=True)
class Delay:
    """Work that was lost.

    Attributes:
        at: When the fault struck.
        seconds: Until it was there for others again.
    """

    at: float
    seconds: float


class Lookout:
    """Looks at what was held when a fault struck, until it was given back or has ended.

    Attributes:
        delays: What was given back so far.
    """

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._held: dict[tuple[int, int], list[float]] = {}
        self._outages: list[tuple[float, float]] = []
        self._changed = threading.Condition()
        self._is_over = False
        self.delays: list[Delay] = []
        self._thread = threading.Thread(target=self._look_again_and_again, name="lookout", daemon=True)
        self._thread.start()

    def watch(self, held: tuple[Held, ...], at: float) -> None:
        """Look at these nodes from now on."""
        with self._changed:
            for row, _run, _node, attempt in held:
                self._held.setdefault((row, attempt), []).append(at)
            self._changed.notify_all()

    def note_outage(self, began: float, ended: float) -> None:
        """Remember that nobody could write to the database meanwhile."""
        self._outages.append((began, ended))

    def while_writable(self, delay: Delay) -> float:
        """Return the seconds of a delay in which somebody could write to the database."""
        lost, until = 0.0, delay.at
        for began, ended in sorted(self._outages):
            start, end = max(began, until), min(ended, delay.at + delay.seconds)
            if end > start:
                lost, until = lost + end - start, end
        return delay.seconds - lost

    def stop(self) -> None:
        """Look no more."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self._thread.join()

    def _look_again_and_again(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._held) or self._is_over)
                if self._is_over:
                    return
                rows = sorted({row for row, _ in self._held})
            self._look(rows)
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _look(self, rows: list[int]) -> None:
        marks = ",".join("?" * len(rows))
        try:
            asked = f"SELECT id, attempt, state FROM runs_noderun WHERE id IN ({marks})"
            found = {row: (attempt, state) for row, attempt, state in self._installation.rows(asked, tuple(rows))}
        except Exception:  # noqa: BLE001 - a fault has the database just now
            return
        now = time.time()
        with self._changed:
            for (row, attempt), struck in list(self._held.items()):
                if row not in found:
                    continue
                is_at, state = found[row]
                if is_at > attempt or state in ("pending", "queued"):
                    self.delays += [Delay(at, now - at) for at in struck]
                elif state == "running":
                    continue
                del self._held[row, attempt]

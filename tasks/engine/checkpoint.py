"""Checkpoints of one attempt: written at intervals with the events reported so far, read by the next attempt."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tasks.artifacts.checkpoints import Checkpoints, checkpoints_at
from tasks.contract.checkpoint import CheckpointState

PAUSE_PER_WRITE_SECOND = 50.0
"""Seconds between writes for each second that one takes: writing costs at most 2 % of the time at any interval."""


@dataclass
class ReportedEvents:
    """The points and trials an attempt reported, so that the next attempt reports each exactly once.

    Attributes:
        points: Every point of this attempt and of the attempts it resumes: name, value, step.
        trials: Every trial likewise.
    """

    points: list[tuple[str, float | None, float]] = field(default_factory=list)
    trials: list[dict[str, Any]] = field(default_factory=list)
    _earlier_points: dict[str, dict[float, float | None]] = field(default_factory=dict)
    _earlier_trials: dict[int, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def after(cls, earlier: Mapping[str, Any] | None) -> ReportedEvents:
        """Return an empty record. ``earlier``: what earlier attempts reported, ``{"points", "trials"}``."""
        made = cls()
        for name, value, step in (earlier or {}).get("points", ()):
            made._earlier_points.setdefault(name, {})[step] = value
        made._earlier_trials = {trial["number"]: trial for trial in (earlier or {}).get("trials", ())}
        return made

    def is_new_point(self, name: str, value: float | None, step: float) -> bool:
        """Record a point and return whether it must be reported.

        From the first point that differs from the earlier attempt's, the curve is a new one: all of it is reported.
        """
        self.points.append((name, value, step))
        known = self._earlier_points.get(name)
        if not known or step not in known:
            return True
        if known[step] == value:
            return False
        del self._earlier_points[name]
        return True

    def is_new_trial(self, trial: dict[str, Any]) -> bool:
        """Record a trial and return whether it must be reported."""
        self.trials.append(trial)
        return self._earlier_trials.get(trial["number"]) != trial


class AttemptCheckpoint:
    """The checkpoint of one long computation.

    Args:
        place: ``{"store", "key", "seconds"}``: the node's place and how often to write at most.
        slot: Number of the computation in its node, from 0.
        reported: The events this attempt has reported.
        replay: Reports points and trials of the earlier attempt again.
        log: Writes a line for people.
    """

    def __init__(
        self,
        place: Mapping[str, Any],
        slot: int,
        reported: ReportedEvents,
        replay: Callable[[list[Any], list[Any]], None],
        log: Callable[[str], None],
    ) -> None:
        self._files: Checkpoints = checkpoints_at(place["store"])
        self._key = str(place["key"])
        self._pause = float(place["seconds"])
        self._slot = slot
        self._reported = reported
        self._replay = replay
        self._log = log
        self._due = time.monotonic() + self._pause
        self.is_written = False

    def read(self) -> CheckpointState | None:
        """Return the state an earlier attempt wrote, or ``None``. Its curves and trials are reported again, once."""
        try:
            stored = self._files.read(self._key, self._slot)
        except Exception as error:  # noqa: BLE001 - any fault of the store only costs the work done again
            self._log(f"The checkpoint could not be read, so this starts from the beginning: {error}")
            return None
        if stored is None:
            return None
        self.is_written = True
        self._replay(
            stored.facts["points"][len(self._reported.points) :],
            stored.facts["trials"][len(self._reported.trials) :],
        )
        return CheckpointState(stored.facts["own"], stored.arrays)

    def write(self, make: Callable[[], CheckpointState], *, is_last: bool = False) -> None:
        """Write the state when the last write is old enough; the final state only if one was written before."""
        began = time.monotonic()
        if began < self._due and not (is_last and self.is_written):
            return
        state = make()
        facts = {"own": state.facts, "points": self._reported.points, "trials": self._reported.trials}
        try:
            self._files.write(self._key, self._slot, CheckpointState(facts, state.arrays))
        except Exception as error:  # noqa: BLE001 - a full disk must not end a training that needs none
            self._log(f"A checkpoint could not be written: {error}")
        else:
            self.is_written = True
        ended = time.monotonic()
        self._due = ended + max(self._pause, (ended - began) * PAUSE_PER_WRITE_SECOND)

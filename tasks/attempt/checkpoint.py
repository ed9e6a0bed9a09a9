"""Checkpoints of one attempt: written now and then, with what was told so far, and read by the attempt after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tasks.artifacts.checkpoints import Checkpoints, checkpoints_at
from tasks.contract.checkpoint import Standing

PAUSE_PER_COST = 50.0
"""A checkpoint that takes a second to write is written every 50 seconds at most: 2 % of the time, whatever was asked
for."""


@dataclass
class Told:
    """What an attempt told of curves and trials, so that the next attempt tells nothing twice and leaves nothing out.

    Attributes:
        points: Every point of this attempt and of those it goes on from: name, value, step.
        trials: Every trial likewise.
    """

    points: list[tuple[str, float | None, float]] = field(default_factory=list)
    trials: list[dict[str, Any]] = field(default_factory=list)
    _known: dict[str, dict[float, float | None]] = field(default_factory=dict)
    _known_trials: dict[int, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def before(cls, told: Mapping[str, Any] | None) -> Told:
        """Return the record of an attempt. ``told``: what earlier attempts told: ``{"points", "trials"}``."""
        made = cls()
        for name, value, step in (told or {}).get("points", ()):
            made._known.setdefault(name, {})[step] = value
        made._known_trials = {trial["number"]: trial for trial in (told or {}).get("trials", ())}
        return made

    def is_new_point(self, name: str, value: float | None, step: float) -> bool:
        """Note a point and return whether it has to be told.

        From the first point on that is not as it was told, the curve is another one and all of it is told.
        """
        self.points.append((name, value, step))
        known = self._known.get(name)
        if not known or step not in known:
            return True
        if known[step] == value:
            return False
        del self._known[name]
        return True

    def is_new_trial(self, trial: dict[str, Any]) -> bool:
        """Note a trial and return whether it has to be told."""
        self.trials.append(trial)
        return self._known_trials.get(trial["number"]) != trial


class AttemptCheckpoint:
    """The checkpoint of one long computation.

    Args:
        place: ``{"store", "key", "seconds"}``: the node's place and how often to write at most.
        slot: Number of the computation in its node, from 0.
        told: What the attempt tells.
        show: Shows points and trials of the attempt before.
        log: Writes a line for people.
    """

    def __init__(
        self,
        place: Mapping[str, Any],
        slot: int,
        told: Told,
        show: Callable[[list[Any], list[Any]], None],
        log: Callable[[str], None],
    ) -> None:
        self._files: Checkpoints = checkpoints_at(place["store"])
        self._key = str(place["key"])
        self._pause = float(place["seconds"])
        self._slot = slot
        self._told = told
        self._show = show
        self._log = log
        self._due = time.monotonic() + self._pause
        self.is_kept = False

    def read(self) -> Standing | None:
        """Return what an earlier attempt kept, or ``None``; its curves and trials are shown again, each once."""
        try:
            kept = self._files.read(self._key, self._slot)
        except Exception as error:  # noqa: BLE001 - any fault of the store only costs the work done again
            self._log(f"The checkpoint could not be read, so this starts from the beginning: {error}")
            return None
        if kept is None:
            return None
        self.is_kept = True
        self._show(
            kept.facts["points"][len(self._told.points) :],
            kept.facts["trials"][len(self._told.trials) :],
        )
        return Standing(kept.facts["own"], kept.arrays)

    def write(self, make: Callable[[], Standing], *, is_last: bool = False) -> None:
        """Keep the standing when the last one is old enough; the last of all when there is one already."""
        began = time.monotonic()
        if began < self._due and not (is_last and self.is_kept):
            return
        standing = make()
        facts = {"own": standing.facts, "points": self._told.points, "trials": self._told.trials}
        try:
            self._files.write(self._key, self._slot, Standing(facts, standing.arrays))
        except Exception as error:  # noqa: BLE001 - a full disk must not end a training that needs none
            self._log(f"A checkpoint could not be written: {error}")
        else:
            self.is_kept = True
        ended = time.monotonic()
        self._due = ended + max(self._pause, (ended - began) * PAUSE_PER_COST)

"""The stored state of a long computation, from which the next attempt of the same node resumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class CheckpointState:
    """Everything that going on needs. ``facts``: JSON data; ``arrays``: of any shape, by name."""

    facts: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


class Checkpoint(Protocol):
    """The stored state of one computation in a node."""

    def read(self) -> CheckpointState | None:
        """Return the state that an earlier attempt stored, or ``None``. Its curves and trials are shown again, once."""
        ...

    def write(self, make: Callable[[], CheckpointState], *, is_last: bool = False) -> None:
        """Keep the state if it is time to; called at every point from which going on is possible.

        Args:
            make: Gives the state; called only when it is kept.
            is_last: There will be no later one: the computation is over or about to be stopped.
        """
        ...


class NoCheckpoint:
    """For computations that are not worth keeping, such as one candidate of a search."""

    def read(self) -> CheckpointState | None:
        """Return nothing."""
        return None

    def write(self, make: Callable[[], CheckpointState], *, is_last: bool = False) -> None:
        """Keep nothing."""

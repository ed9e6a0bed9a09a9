"""What earlier runs say about the duration of a node."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from statistics import median
from typing import NamedTuple, TypeAlias

# When it started and ended, and the seconds that it expected of its rows, columns and parameters.
Measured: TypeAlias = tuple[datetime, datetime, float | None]


class PastDuration(NamedTuple):
    """Medians over earlier runs.

    Attributes:
        seconds: How long it took.
        ratio: Seconds taken per second expected from rows, columns and parameters; ``None`` when nothing was expected.
    """

    seconds: float
    ratio: float | None = None

    def seconds_for(self, estimated: float | None) -> float:
        """Return the duration to expect now.

        Args:
            estimated: What the node expects of the rows and columns that it gets now, in seconds.
        """
        if estimated is None or self.ratio is None:
            return self.seconds
        return estimated * self.ratio


def past_duration(measured: Iterable[Measured]) -> PastDuration:
    """Return the medians of at least one run."""
    took = [((ended - started).total_seconds(), expected) for started, ended, expected in measured]
    ratios = [seconds / expected for seconds, expected in took if expected]
    return PastDuration(median(seconds for seconds, _ in took), median(ratios) if ratios else None)

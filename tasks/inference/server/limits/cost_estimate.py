"""What requests of one package take: the short ones are computed in place, the long ones in a thread."""

from __future__ import annotations

KNOWN_BYTES = 64 * 1024
"""The largest body of a size that was not measured yet that is computed in place."""

MAX_BYTES = 256 * 1024
"""A larger body is never computed in place: reading it alone takes long."""

SHORT_SECONDS = 0.008
"""The longest that the network waits for one request."""

DOWN_WEIGHT = 0.5
MOST_RISE = 1.05
"""The estimate grows by no more from one request to the next."""


class CostEstimate:
    """Seconds of the processor that requests took, by the size of their bodies in powers of two.

    A thread costs more than it saves below some milliseconds: it and the network take the interpreter from each other
    at every packet. What is kept is near the least of the newest times, because what else the machine does only makes a
    request longer.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}

    def is_cheap(self, size: int) -> bool:
        """Return whether a request with a body of so many bytes may be computed in place."""
        if size > MAX_BYTES:
            return False
        seconds = self._seconds.get(size.bit_length())
        return size <= KNOWN_BYTES if seconds is None else seconds <= SHORT_SECONDS

    def record(self, size: int, seconds: float) -> None:
        """Note what a request took."""
        place = size.bit_length()
        before = self._seconds.get(place)
        if before is None:
            self._seconds[place] = seconds
        elif seconds < before:
            self._seconds[place] = before + (seconds - before) * DOWN_WEIGHT
        else:
            self._seconds[place] = min(seconds, before * MOST_RISE)

"""Discarding received bytes in the kernel, where the system can: Linux, for plain TCP.

Under overload most bodies are discarded, and copying them into this process would be work for nothing.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

MOST_AT_ONCE = 2**30
_MSG_DONTWAIT = 0x40
_MSG_TRUNC = 0x20

Discard = Callable[[int, int], int]
"""Takes the number of an open socket and the most bytes to discard; returns how many were discarded."""


def find_discard() -> Discard | None:
    """Return what discards bytes; ``None`` where they can only be read."""
    if sys.platform != "linux":
        return None
    receive = ctypes.CDLL(None).recv
    receive.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    receive.restype = ctypes.c_ssize_t

    def discard(number: int, most: int) -> int:
        return max(0, int(receive(number, None, min(most, MOST_AT_ONCE), _MSG_DONTWAIT | _MSG_TRUNC)))

    return discard

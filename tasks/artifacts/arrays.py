"""Named arrays as one ``.npz`` file (``.npy`` files in an archive without compression), and back without loss.

NumPy alone reads it, so a process that serves models imports nothing more for it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np


def arrays_to_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return arrays of any shape as a file; the same bytes for the same arrays.

    Raises:
        ValueError: One of them holds Python objects, which only a pickle could.
    """
    sink = io.BytesIO()
    np.savez(sink, allow_pickle=False, **arrays)
    return sink.getvalue()


def arrays_from_bytes(content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of a file that `arrays_to_bytes` wrote; a file that holds a pickle raises ``ValueError``."""
    with np.load(io.BytesIO(content), allow_pickle=False) as found:
        return dict(found)

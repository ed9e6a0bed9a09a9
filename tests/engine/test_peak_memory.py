"""The most memory that was in use while something ran, however short that was."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.engine.peak_memory import forget_peak, peak_bytes

MEGABYTE = 1024**2


@pytest.mark.skipif(not forget_peak(), reason="needs a kernel that forgets the peak of a process")
def test_a_short_peak_is_seen_and_forgotten():
    forget_peak()
    before = peak_bytes()
    large = np.ones(40 * MEGABYTE)  # 320 MB
    del large
    assert peak_bytes() - before > 250 * MEGABYTE
    forget_peak()
    assert peak_bytes() - before < 250 * MEGABYTE

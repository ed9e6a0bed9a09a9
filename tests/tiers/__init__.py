"""The two tiers of tests: the gate, which every change must pass, and all tests."""

from __future__ import annotations

import os


def examples(gate: int, full: int) -> int:
    """Return how many cases a test makes up: few in the gate, many in ``make test-full``."""
    return full if os.environ.get("LEPTON_TEST_TIER") == "full" else gate

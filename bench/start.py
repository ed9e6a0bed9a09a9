"""Seconds from `manage.py up` to an address that answers, on an empty data folder and on one that was used before."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.machine import describe_machine
from bench.program import run_program
from tests.stack import Stack, stack_environment

TARGET_SECONDS = 15


def start_and_end(environment: dict[str, str]) -> tuple[float, float]:
    """Return the seconds of starting and of ending."""
    begun = time.perf_counter()
    stack = Stack(environment).start()
    ready = time.perf_counter()
    stack.stop()
    return ready - begun, time.perf_counter() - ready


def main() -> int:
    """Print both starts; return 1 when the second takes too long."""
    print(describe_machine())
    with tempfile.TemporaryDirectory() as folder:
        environment = stack_environment(Path(folder))
        for name in ("first start, empty folder", "second start"):
            starting, ending = start_and_end(environment)
            print(f"{name:<28}{starting:>6.1f} s until it answers, {ending:>5.1f} s to end")
    print(f"target of the second: under {TARGET_SECONDS} s")
    return 0 if starting < TARGET_SECONDS else 1


if __name__ == "__main__":
    run_program(main)

"""Hot swaps and rollbacks under load: failed and mixed answers, which must be none, and what a swap costs.

An answer is mixed when what it predicts is not what the release it names predicts. The slope of each release is its
number, so every answer shows who made it. Every tenth swap asks for a release that cannot be loaded: the old one must
go on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from bench.machine import describe_machine
from bench.program import run_program
from tests.serving.packages import line
from tests.serving.plane import Plane, RedisServer
from tests.serving.test_process import Callers

RELEASES = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--swaps", type=int, default=1000)
    parser.add_argument("--callers", type=int, default=4)
    options = parser.parse_args()
    print(describe_machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with RedisServer(folder) as redis, Plane(folder, redis.url) as plane:
            return _swap(plane, options.swaps, options.callers)


def _swap(plane: Plane, swaps: int, callers: int) -> int:
    addresses = {number: plane.store.put(line(slope=number)).digest for number in range(1, RELEASES + 1)}
    plane.serve(address=addresses[1])
    plane.start().wait_for_release(1)
    process = psutil.Process(plane.process.pid)
    memory, refused, times = process.memory_info().rss, 0, []
    started = time.perf_counter()
    with Callers(plane.port, callers) as load:
        number = 1
        for swap in range(swaps):
            if swap % 10 == 9:
                refused += _refused(plane, addresses[number], number)
                continue
            number = number % RELEASES + 1 if swap % 2 else max(1, number - 1)  # on, and back again
            begun = time.perf_counter()
            plane.serve(address=addresses[number], release=number)
            plane.wait_for_release(number)
            times.append(time.perf_counter() - begun)
    seconds = time.perf_counter() - started
    grown = (process.memory_info().rss - memory) / 2**20
    times.sort()
    print(
        f"{swaps} swaps and rollbacks in {seconds:.0f} s, {refused} of them to a release that cannot be loaded\n"
        f"  answers {load.answered:,} ({load.answered / seconds:,.0f}/s by {callers} callers), "
        f"failed or mixed {len(load.wrong)}\n"
        f"  from the order to the last process' report: p50 {times[len(times) // 2] * 1000:.0f} ms, "
        f"p99 {times[int(len(times) * 0.99)] * 1000:.0f} ms; memory grew by {grown:.1f} MiB"
    )
    return 1 if load.wrong or refused != swaps // 10 else 0


def _refused(plane: Plane, address: str, number: int) -> bool:
    """Ask for a release that cannot be loaded; return whether the old one went on."""
    plane.serve(address="0" * 64, release=1000)
    from tests.serving.plane import wait_for

    wait_for("the failure", lambda: plane.report().get("failure"))
    went_on = plane.report()["release"] == number
    plane.serve(address=address, release=number)
    plane.wait_for_release(number)
    return went_on


if __name__ == "__main__":
    run_program(main)

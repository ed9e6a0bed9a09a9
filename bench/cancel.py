"""Cancels at random moments: how long until the run is over, and until nothing of it works any more.

Half of the nodes sit in C code that never looks up, the others stop when they are asked. Several runs go on at once,
so that some are cancelled while they wait. Prints the seed; exits 1 when something took longer than 15 seconds.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.machine import describe_machine
from bench.program import run_program
from tests.worker.stack import Stack, node, wire

TARGET_SECONDS = 15.0
AT_ONCE = 4
POLL_SECONDS = 0.02
ENDS = {"done", "failed", "crashed", "cancelled"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lepton-bench-"))
    stack = Stack(folder / "data")
    try:
        stack.start_all()
        print(describe_machine())
        print(f"seed {options.seed}")
        return _measure(stack, options.runs, random.Random(options.seed))
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(stack: Stack, runs: int, chance: random.Random) -> int:
    plans = [(chance.choice(["blocks", "talks"]), chance.uniform(0, 3), f"{at}") for at in range(runs)]
    graph = str(stack.call("POST", "graphs/", {"name": "g", "document": {"nodes": [], "edges": []}})["id"])
    ends: list[tuple[str, float]] = []
    lock = threading.Lock()

    def one(plan: tuple[str, float, str]) -> None:
        kind, delay, salt = plan
        state, seconds = _cancel_one(stack, graph, kind, delay, salt)
        with lock:
            ends.append((state, seconds))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, plans))
    working = _wait_until_idle(stack)
    taken = sorted(seconds for _, seconds in ends)
    not_cancelled = [state for state, _ in ends if state != "cancelled"]
    print(
        f"{runs} runs cancelled at random moments, {AT_ONCE} at once: over after p50 {statistics.median(taken):.2f} s, "
        f"p95 {taken[int(len(taken) * 0.95)]:.2f} s, slowest {taken[-1]:.2f} s (target {TARGET_SECONDS:g})"
    )
    print(f"ended otherwise: {len(not_cancelled)}; engine processes at work afterwards: {working}")
    return 0 if taken[-1] <= TARGET_SECONDS and not not_cancelled and not working else 1


def _cancel_one(stack: Stack, graph: str, kind: str, delay: float, salt: str) -> tuple[str, float]:
    more = {"points": 10**6, "pause_seconds": 0.01} if kind == "talks" else {}
    document = {
        "nodes": [node("a", "nothing", value=float(salt)), node("b", kind, **more), node("c", "nothing")],
        "edges": [wire("a", "c"), wire("b", "c", "b")],
    }
    run = str(stack.call("POST", f"graphs/{graph}/runs/", {"document": document})["id"])
    time.sleep(delay)
    asked = time.monotonic()
    stack.call("POST", f"runs/{run}/cancel/")
    while (state := stack.call("GET", f"runs/{run}/")["state"]) not in ENDS:
        time.sleep(POLL_SECONDS)
    return str(state), time.monotonic() - asked


def _wait_until_idle(stack: Stack) -> int:
    """Return how many engine processes still use the processor after the runs said that they were over."""
    until = time.monotonic() + TARGET_SECONDS
    busy = stack.children_of("worker")
    while busy and time.monotonic() < until:
        for process in busy:
            process.cpu_percent()
        time.sleep(1)
        busy = [process for process in stack.children_of("worker") if process.cpu_percent(0.2) > 30]
    return len(busy)


if __name__ == "__main__":
    run_program(main)

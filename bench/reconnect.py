"""Points lost or doubled over 100 reconnects during a run: both must be 0.

A node says 10,000 points while a client connects to the real web process, reads a few events, drops the connection
without a word, and comes back after the last number it has. Half of the times it forgets its last events first.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from bench.machine import describe_machine
from bench.program import run_program
from tests.worker.stack import Stack, node

POINTS = 10_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reconnects", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lepton-bench-"))
    stack = Stack(folder / "data")
    try:
        stack.start_all()
        print(describe_machine())
        print(f"seed {options.seed}")
        return asyncio.run(_measure(stack, options.reconnects, random.Random(options.seed)))
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(stack: Stack, reconnects: int, chance: random.Random) -> int:
    run = stack.new_run({"nodes": [node("talker", "talks", points=POINTS, pause_seconds=0.002)], "edges": []})
    events: list[dict[str, Any]] = []
    live = 0
    for _ in range(reconnects):
        live += await _follow_a_while(stack, run, events, chance)
        if chance.random() < 0.5:
            del events[len(events) - chance.randrange(min(len(events), 5) + 1) :]
    await _follow_to_the_end(stack, run, events)
    return _report(events, reconnects, live)


async def _follow_a_while(stack: Stack, run: str, events: list[dict[str, Any]], chance: random.Random) -> int:
    """Read some events and drop the connection; return whether the run was still going on."""
    async with _socket(stack, run, events) as socket:
        for _ in range(chance.randrange(1, 4)):
            try:
                events.append(json.loads(await asyncio.wait_for(socket.recv(), chance.uniform(0.01, 0.4))))
            except TimeoutError:
                break
        socket.transport.abort()
    return 0 if _is_over(events) else 1


async def _follow_to_the_end(stack: Stack, run: str, events: list[dict[str, Any]]) -> None:
    while not _is_over(events):
        async with _socket(stack, run, events) as socket:
            try:
                while not _is_over(events):
                    events.append(json.loads(await asyncio.wait_for(socket.recv(), 60)))
                    await socket.send(json.dumps({"seen": events[-1]["seq"]}))
            except ConnectionClosed:
                continue


def _socket(stack: Stack, run: str, events: list[dict[str, Any]]) -> Any:
    after = events[-1]["seq"] if events else 0
    address = f"ws://127.0.0.1:{stack.port}/ws/runs/{run}/?after={after}"
    return connect(address, additional_headers={"Authorization": f"Bearer {stack.tokens['alice']}"})


def _is_over(events: list[dict[str, Any]]) -> bool:
    return bool(events) and events[-1]["kind"] == "run.status" and events[-1]["state"] == "done"


def _report(events: list[dict[str, Any]], reconnects: int, live: int) -> int:
    points = [point["step"] for event in events if event["kind"] == "metric.points" for point in event["points"]]
    counted = Counter(points)
    lost = POINTS - len(counted)
    doubled = sum(count - 1 for count in counted.values())
    is_ordered = [event["seq"] for event in events] == list(range(1, len(events) + 1))
    print(f"{reconnects} reconnects, {live} of them while the run went on; {POINTS} points in {len(events)} events")
    print(f"lost {lost}, doubled {doubled}, in order {'yes' if is_ordered and points == sorted(points) else 'no'}")
    return 0 if not lost and not doubled and is_ordered and points == sorted(points) else 1


if __name__ == "__main__":
    run_program(main)

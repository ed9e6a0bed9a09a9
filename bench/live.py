"""Live points: one training says 1,000 a second to 50 watchers; then 200 sockets that never read are added.

Delay: from the moment the node says a point to the moment a watcher in another process has it, the tenth of a second
in which points are gathered included; over every point that every watcher saw. Prints the memory of the web process.
Exits 1 when a point is missing or doubled in a final view, or the sockets that never read cost 50 MB.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil
from websockets.asyncio.client import connect

from bench.machine import describe_machine
from bench.program import run_program
from tests.worker.stack import Stack, wait_until

MEBIBYTE = 2**20
P50_TARGET_MS, P99_TARGET_MS = 120.0, 300.0
GROWTH_TARGET_MEBIBYTES = 50.0
SMALL_BUFFER = 4096
ENDS = ("done", "failed", "crashed", "cancelled")


@dataclass(frozen=True)
class Seen:
    """What all watchers saw of one run. Delays in milliseconds, sorted."""

    delays: list[float]
    missing: int
    doubled: int
    peak_mebibytes: float

    def line(self) -> str:
        """Return it as text."""
        p50, p99 = statistics.median(self.delays), self.delays[int(len(self.delays) * 0.99)]
        return (
            f"delay p50 {p50:.0f} ms, p99 {p99:.0f} ms, slowest {self.delays[-1]:.0f} ms; missing {self.missing}, "
            f"doubled {self.doubled} of {len(self.delays)}; web process at most {self.peak_mebibytes:.0f} MiB"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--per-second", type=int, default=1000)
    parser.add_argument("--watchers", type=int, default=50)
    parser.add_argument("--silent", type=int, default=200)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lepton-bench-"))
    stack = Stack(folder / "data", packages="bench=bench.nodes")
    try:
        stack.start_all()
        return _measure(stack, options)
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(stack: Stack, options: argparse.Namespace) -> int:
    print(describe_machine())
    _follow(stack, options, watchers=2, seconds=3)  # warm
    print(f"{options.per_second} points a second for {options.seconds} s, {options.watchers} watchers")
    alone = _follow(stack, options, watchers=options.watchers, seconds=options.seconds)
    print(f"alone: {alone.line()}")
    before = _resident(stack)
    silent = _Silent(stack)
    crowded = _follow(stack, options, watchers=options.watchers, seconds=options.seconds, silent=silent)
    print(f"beside {options.silent} sockets that never read: {crowded.line()}")
    after = max(crowded.peak_mebibytes, _resident(stack))
    growth = after - max(before, alone.peak_mebibytes)
    print(f"growth of the web process by them: {growth:.0f} MiB (target {GROWTH_TARGET_MEBIBYTES:g})")
    silent.close()
    p50, p99 = statistics.median(alone.delays), alone.delays[int(len(alone.delays) * 0.99)]
    print(f"targets: p50 {P50_TARGET_MS:g} ms, p99 {P99_TARGET_MS:g} ms: {'met' if _is_met(p50, p99) else 'missed'}")
    is_whole = not any((alone.missing, alone.doubled, crowded.missing, crowded.doubled))
    return 0 if is_whole and growth < GROWTH_TARGET_MEBIBYTES and _is_met(p50, p99) else 1


def _is_met(p50: float, p99: float) -> bool:
    return p50 <= P50_TARGET_MS and p99 <= P99_TARGET_MS


def _follow(
    stack: Stack, options: argparse.Namespace, *, watchers: int, seconds: int, silent: _Silent | None = None
) -> Seen:
    """Run one training, watch it to its end, and return what was seen."""
    points = options.per_second * seconds
    graph = str(stack.call("POST", "graphs/", {"name": "g", "document": {"nodes": [], "edges": []}})["id"])
    begins = stack.folder / f"begin-{time.monotonic_ns()}"
    params = {"points": points, "per_second": float(options.per_second), "begins_with": str(begins)}
    document = {"nodes": [{"id": "p", "type": "bench.pulses", "params": params}], "edges": []}
    run = str(stack.call("POST", f"graphs/{graph}/runs/", {"document": document})["id"])
    if silent is not None:
        silent.connect(run, options.silent)
    context = multiprocessing.get_context("spawn")
    answers, connected = context.Queue(), context.Queue()
    watching = context.Process(
        target=_watch, args=(stack.port, stack.tokens["alice"], run, watchers, connected, answers)
    )
    watching.start()
    for _ in range(watchers):
        connected.get(timeout=60)
    begins.touch()
    peak = 0.0
    until = time.monotonic() + seconds + 90
    while answers.empty():
        assert time.monotonic() < until, stack.said()
        peak = max(peak, _resident(stack))
        time.sleep(0.1)
    delays, counts = answers.get()
    watching.join()
    missing = sum(points - len(set(steps)) for steps in counts)
    doubled = sum(len(steps) - len(set(steps)) for steps in counts)
    return Seen(sorted(delays), missing, doubled, peak)


def _watch(port: int, token: str, run: str, watchers: int, connected: Any, answers: Any) -> None:
    """Follow a run with many sockets, in a process of its own; what came is read when all is over."""
    heard = asyncio.run(_watch_all(port, token, run, watchers, connected))
    delays, counts = [], []
    for messages in heard:
        steps: list[float] = []
        for at, text in messages:
            event = json.loads(text)
            if event["kind"] == "metric.points":
                steps += [point["step"] for point in event["points"]]
                delays += [(at - point["value"]) * 1000 for point in event["points"]]
        counts.append(steps)
    answers.put((delays, counts))


async def _watch_all(port: int, token: str, run: str, watchers: int, connected: Any) -> list[list[tuple[float, str]]]:
    return list(await asyncio.gather(*(_watch_one(port, token, run, connected) for _ in range(watchers))))


async def _watch_one(port: int, token: str, run: str, connected: Any) -> list[tuple[float, str]]:
    heard: list[tuple[float, str]] = []
    address = f"ws://127.0.0.1:{port}/ws/runs/{run}/?after=0"
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(address, additional_headers=headers, open_timeout=60, compression=None) as watched:
        connected.put(True)
        while True:
            text = str(await watched.recv())
            heard.append((time.time(), text))
            if '"kind":"run.status"' in text and any(f'"state":"{end}"' in text for end in ENDS):
                return heard
            if len(heard) % 20 == 0:
                await watched.send(json.dumps({"seen": json.loads(text)["seq"]}))


class _Silent:
    """Sockets that ask for a run's events and never read one."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._sockets: list[socket.socket] = []

    def connect(self, run: str, count: int) -> None:
        """Open that many."""
        for _ in range(count):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            connection.connect(("127.0.0.1", self._stack.port))
            head = (
                f"GET /ws/runs/{run}/?after=0 HTTP/1.1\r\nHost: 127.0.0.1:{self._stack.port}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                f"Authorization: Bearer {self._stack.tokens['alice']}\r\n\r\n"
            )
            connection.sendall(head.encode())
            self._sockets.append(connection)
        wait_until(self._stack.is_up, "the web process answers")

    def close(self) -> None:
        """Close them."""
        for connection in self._sockets:
            connection.close()


def _resident(stack: Stack) -> float:
    return float(psutil.Process(stack.processes["web"].pid).memory_info().rss / MEBIBYTE)


if __name__ == "__main__":
    run_program(main)

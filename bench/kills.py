"""Serving processes killed outright under load, then all of them renewed: how many callers notice.

Two processes share one listening socket under a supervisor that does nothing else; every few seconds one of them is
killed. A caller keeps its connection, asks again at once on a new one when it breaks, and gives up after that. Prints
the share of requests that were answered at the first try and with the one retry, and how long a new process took to
come back; then the same for a renewal of all processes (SIGHUP). Exits 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil
import redis

from bench.machine import describe_machine
from bench.program import run_program
from tasks.inference.server import snapshot
from tests.serving.packages import line
from tests.serving.plane import KEY, Plane, RedisServer, wait_for

TARGET = 0.999
BACK_TARGET_SECONDS = 5.0
ANSWER_SECONDS = 5.0
FAULTS = (OSError, asyncio.IncompleteReadError, TimeoutError)


@dataclass
class Told:
    """What callers saw."""

    answered: int = 0
    retried: int = 0
    failed: int = 0
    wrong: int = 0
    times: list[float] = field(default_factory=list)


class Caller:
    """One connection that is kept, and renewed when it breaks."""

    def __init__(self, port: int, told: Told) -> None:
        body = json.dumps({"rows": [{"size": 10, "rooms": 2}]}).encode()
        head = f"POST /endpoints/house/predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        self._request = f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        self._port, self._told = port, told
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self) -> None:
        """Ask once, and once more when the connection breaks."""
        begun = time.perf_counter()
        for attempt in range(2):
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    is_right = await self._exchange()
                break
            except FAULTS:
                self.close()
                self._told.retried += attempt == 0
        else:
            self._told.failed += 1
            return
        self._told.answered += 1
        self._told.wrong += not is_right
        self._told.times.append(time.perf_counter() - begun)

    def close(self) -> None:
        """Give the connection up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self) -> bool:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(self._request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r", 1)[0])
        answer = await reader.readexactly(length)
        if b"connection: close" in head:
            self.close()
        return head.startswith(b"http/1.1 200") and b"[23.0]" in answer


async def _calling(port: int, told: Told, callers: int, per_second: float, until: asyncio.Event) -> None:
    async def call(caller: Caller) -> None:
        while not until.is_set():
            begun = time.perf_counter()
            await caller.ask()
            await asyncio.sleep(max(0.0, callers / per_second - (time.perf_counter() - begun)))
        caller.close()

    await asyncio.gather(*(call(Caller(port, told)) for _ in range(callers)))


def _serving(plane: Plane) -> set[int]:
    """Return the ids of the processes that say that they answer."""
    with redis.Redis.from_url(plane.redis_url) as client:
        names = [name.decode() for name in client.smembers(snapshot.PROCESSES_KEY)]
        said = {int(name.rsplit("-", 2)[1]) for name in names if client.exists(snapshot.PROCESS_KEY + name)}
    return {pid for pid in said if psutil.pid_exists(pid)}


async def _under_load(plane: Plane, options: argparse.Namespace, fault) -> tuple[Told, list[float]]:
    told, until, back = Told(), asyncio.Event(), []
    calling = asyncio.create_task(_calling(plane.port, told, options.callers, options.per_second, until))
    await asyncio.sleep(options.every / 2)
    for _ in range(options.kills):
        before = _serving(plane)
        begun = time.perf_counter()
        fault(before)
        while len(_serving(plane) - before) < fault.renewed:
            await asyncio.sleep(0.05)
        back.append(time.perf_counter() - begun)
        await asyncio.sleep(max(0.0, options.every - back[-1]))
    until.set()
    await calling
    return told, back


def _say(what: str, told: Told, back: list[float]) -> bool:
    asked = told.answered + told.failed
    told.times.sort()
    p99 = told.times[int(len(told.times) * 0.99)] * 1000
    print(
        f"{what}: {asked:,} requests, at the first try {1 - told.retried / asked:.4%}, with one retry "
        f"{told.answered / asked:.4%} (target {TARGET:.1%}), wrong {told.wrong}\n"
        f"  p99 {p99:.0f} ms, slowest {told.times[-1] * 1000:.0f} ms; a new process answers after "
        f"{sorted(back)[len(back) // 2]:.1f} s, slowest {max(back):.1f} s (target {BACK_TARGET_SECONDS:g})"
    )
    return told.answered / asked >= TARGET and not told.wrong and max(back) <= BACK_TARGET_SECONDS


class Kill:
    """Ends one process outright."""

    renewed = 1

    def __call__(self, serving: set[int]) -> None:
        """Kill one of these."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(sorted(serving)), signal.SIGKILL)


class Renew:
    """Has all processes replaced, one after the other."""

    def __init__(self, supervisor: int, processes: int) -> None:
        self.supervisor, self.renewed = supervisor, processes

    def __call__(self, _: set[int]) -> None:
        """Tell the supervisor."""
        os.kill(self.supervisor, signal.SIGHUP)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two kills")
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--per-second", type=float, default=400.0)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    print(describe_machine())
    with (
        tempfile.TemporaryDirectory() as name,
        RedisServer(Path(name)) as server,
        Plane(Path(name), server.url) as plane,
    ):
        plane.serve(package=line())
        plane.start(LEPTON_SERVE_PROCESSES=str(options.processes))
        wait_for("all processes", lambda: len(_serving(plane)) == options.processes)
        is_met = _say("killed", *asyncio.run(_under_load(plane, options, Kill())))
        options.kills, options.every = 2, 5.0
        renew = Renew(plane.process.pid, options.processes)
        is_met &= _say("renewed", *asyncio.run(_under_load(plane, options, renew)))
    return 0 if is_met else 1


if __name__ == "__main__":
    run_program(main)

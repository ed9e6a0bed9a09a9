"""Serving processes killed outright under load, then all of them renewed: how many callers notice.

Two processes share one listening socket under a supervisor that does nothing else; every few seconds one of them is
killed, with ``--supervisor`` the supervisor itself each third time, which is started again half a second later as
``manage.py up`` does it. A caller keeps its connection, asks again at once on a new one when it breaks, and gives up
after that. Prints how many requests were answered at the first try and with the one retry, how many failed, and how
long a new process took to come back; then the same for a renewal of all processes (SIGHUP). Exits 1 when a target is
missed or a process is left behind.
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
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import redis

from bench.machine import describe_machine
from bench.program import run_program
from leptonweb.supervise.supervision import FIRST_DELAY_SECONDS
from tasks import serving_interface
from tests.serving.packages import line
from tests.serving.plane import KEY, Plane, RedisServer, wait_for

TARGET = 0.999
BACK_TARGET_SECONDS = 5.0
ANSWER_SECONDS = 5.0
FAULTS = (OSError, asyncio.IncompleteReadError, TimeoutError)


@dataclass
class Outcomes:
    """Outcomes of the requests of all callers."""

    answered: int = 0
    retried: int = 0
    failed: int = 0
    wrong: int = 0
    why: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)


class Caller:
    """One connection that is kept, and renewed when it breaks."""

    def __init__(self, port: int, outcomes: Outcomes) -> None:
        body = json.dumps({"rows": [{"size": 10, "rooms": 2}]}).encode()
        head = f"POST /endpoints/house/predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        self._request = f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        self._port, self._outcomes = port, outcomes
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self) -> None:
        """Ask once, and once more when the connection breaks."""
        begun = time.perf_counter()
        for attempt in range(2):
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    is_right = await self._exchange()
                break
            except FAULTS as fault:
                self.close()
                self._outcomes.retried += attempt == 0
                last = type(fault).__name__
        else:
            self._outcomes.failed += 1
            self._outcomes.why[last] += 1
            return
        self._outcomes.answered += 1
        self._outcomes.wrong += not is_right
        self._outcomes.times.append(time.perf_counter() - begun)

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


async def _calling(port: int, outcomes: Outcomes, callers: int, per_second: float, until: asyncio.Event) -> None:
    async def call(caller: Caller) -> None:
        while not until.is_set():
            begun = time.perf_counter()
            await caller.ask()
            await asyncio.sleep(max(0.0, callers / per_second - (time.perf_counter() - begun)))
        caller.close()

    await asyncio.gather(*(call(Caller(port, outcomes)) for _ in range(callers)))


def _serving(plane: Plane) -> set[int]:
    """Return the ids of the processes that say that they answer."""
    with redis.Redis.from_url(plane.redis_url) as client:
        names = [name.decode() for name in client.smembers(serving_interface.PROCESSES_KEY)]
        said = {int(name.rsplit("-", 2)[1]) for name in names if client.exists(serving_interface.PROCESS_KEY + name)}
    return said & {process.pid for process in plane.processes()}


async def _under_load(
    plane: Plane, options: argparse.Namespace, faults: Sequence[Fault]
) -> tuple[Outcomes, dict[str, list[float]]]:
    """Return what callers saw, and by fault the seconds until all new processes answered."""
    outcomes, until, back = Outcomes(), asyncio.Event(), defaultdict(list)
    calling = asyncio.create_task(_calling(plane.port, outcomes, options.callers, options.per_second, until))
    await asyncio.sleep(options.every / 2)
    for number in range(options.kills):
        while len(_serving(plane)) > options.processes:  # those of a former supervisor are about to leave
            await asyncio.sleep(0.05)
        fault, before, begun = faults[number % len(faults)], _serving(plane), time.perf_counter()
        await fault.happen(before)
        while len(_serving(plane) - before) < fault.renewed:
            await asyncio.sleep(0.05)
        took = time.perf_counter() - begun
        back[fault.name].append(took)
        await asyncio.sleep(max(0.0, options.every - took))
    until.set()
    await calling
    return outcomes, back


def _say(what: str, outcomes: Outcomes, back: dict[str, list[float]]) -> bool:
    total = outcomes.answered + outcomes.failed
    outcomes.times.sort()
    p99 = outcomes.times[int(len(outcomes.times) * 0.99)] * 1000
    print(
        f"{what}: {total:,} requests, {outcomes.retried} retried, {outcomes.failed} failed after a retry; answered at "
        f"the first try {1 - outcomes.retried / total:.4%}, with one retry {outcomes.answered / total:.4%} "
        f"(target {TARGET:.1%}), wrong {outcomes.wrong}\n  p99 {p99:.0f} ms, slowest {outcomes.times[-1] * 1000:.0f} ms"
    )
    if outcomes.why:
        print("  failed by " + ", ".join(f"{name} {count}" for name, count in outcomes.why.most_common()))
    for name, took in back.items():
        took.sort()
        print(
            f"  {name}, {len(took)} times: new processes answer after {took[len(took) // 2]:.1f} s, "
            f"slowest {took[-1]:.1f} s (target {BACK_TARGET_SECONDS:g})"
        )
    slowest = max(took[-1] for took in back.values())
    return outcomes.answered / total >= TARGET and not outcomes.wrong and slowest <= BACK_TARGET_SECONDS


class Fault(Protocol):
    """Something that happens to the plane. ``renewed``: processes that come anew by it."""

    name: str
    renewed: int

    async def happen(self, serving: set[int]) -> None:
        """Do it to these."""


class Kill:
    """Ends one process outright."""

    name, renewed = "a process killed", 1

    async def happen(self, serving: set[int]) -> None:
        """Kill one of these."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(sorted(serving)), signal.SIGKILL)


class KillSupervisor:
    """Ends the process above the others outright and starts another."""

    name = "the supervisor killed"

    def __init__(self, plane: Plane, processes: int) -> None:
        self.plane, self.renewed = plane, processes

    async def happen(self, _: set[int]) -> None:
        """Kill it, and start the next one as soon as it would be."""
        self.plane.process.kill()
        self.plane.process.wait()
        await asyncio.sleep(FIRST_DELAY_SECONDS)
        await asyncio.to_thread(self.plane.start, LEPTON_SERVE_PROCESSES=str(self.renewed))


class Renew:
    """Has all processes replaced, one after the other."""

    name = "all renewed"

    def __init__(self, plane: Plane, processes: int) -> None:
        self.plane, self.renewed = plane, processes

    async def happen(self, _: set[int]) -> None:
        """Tell the supervisor."""
        os.kill(self.plane.process.pid, signal.SIGHUP)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long processes are killed")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two kills")
    parser.add_argument("--supervisor", action="store_true", help="kill the supervisor too, each third time")
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--per-second", type=float, default=400.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1, help="which process is killed")
    options = parser.parse_args()
    options.kills = max(1, round(options.minutes * 60 / options.every))
    return options


def main() -> int:
    options = _options()
    random.seed(options.seed)
    print(describe_machine())
    with (
        tempfile.TemporaryDirectory() as name,
        RedisServer(Path(name)) as server,
        Plane(Path(name), server.url) as plane,
    ):
        plane.serve(package=line())
        plane.start(LEPTON_SERVE_PROCESSES=str(options.processes))
        wait_for("all processes", lambda: len(_serving(plane)) == options.processes)
        faults = [Kill(), Kill(), KillSupervisor(plane, options.processes)] if options.supervisor else [Kill()]
        is_met = _say("killed", *asyncio.run(_under_load(plane, options, faults)))
        options.kills, options.every = 2, 5.0
        renew = Renew(plane, options.processes)
        is_met &= _say("renewed", *asyncio.run(_under_load(plane, options, [renew])))
        plane.stop()
        with contextlib.suppress(AssertionError):
            wait_for("the end of all", lambda: plane.processes() == [], 5)  # Python's own helper ends a moment later
        left = plane.processes()
        print(f"left behind: {len(left)} processes")
    return 0 if is_met and not left else 1


if __name__ == "__main__":
    run_program(main)

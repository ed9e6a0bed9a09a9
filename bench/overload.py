"""More load than an endpoint can take: good answers a second, how fast the rest is refused, and recovery.

Open loop: requests are sent when they are due, whether or not earlier ones were answered, from one to ten times what
the endpoint can do alone, in two cases: a batch of 100 rows (67 kB), and one row with its explanation (0.7 kB), which
computes long though it is small. The load comes from a process of its own, whose share of the processor is told beside
the server's: where both together have all there is, the clock says less than the processor's time. A refusal's time is
taken from the moment it was sent.

Good answers are counted by the clock and by the processor time that the server was given: other programs and the load
generator take from the first, and only the second says on a busy machine whether refusing eats up the answering.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from bench.endpoint.models import complete_rows, our_package
from bench.machine import describe_machine
from bench.program import run_program
from tests.serving.plane import KEY, ROOT, Plane, RedisServer

STEPS = (1, 2, 5, 10)
CASES: dict[str, dict[str, Any]] = {
    "100 rows": {"rows": 100},
    "1 row with its explanation": {"rows": 1, "explain": True},
}
CONNECTIONS = 400
LEAD_SECONDS = 2.0
GOODPUT_TARGET = 0.9
REFUSAL_TARGET_MS = 10.0
RECOVERY_TARGET_SECONDS = 10.0


class Caller(asyncio.Protocol):
    """One connection with at most one request on its way."""

    def __init__(self, free: deque[Caller], good: list[float], refused: list[float]) -> None:
        self.free, self.good, self.refused = free, good, refused
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready."""
        self.transport = transport
        self.free.append(self)

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self.sent = time.perf_counter()
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Take the time of a whole answer."""
        self.buffer += data
        head, _, body = self.buffer.partition(b"\r\n\r\n")
        at = head.lower().find(b"content-length:")
        if at < 0 or len(body) < int(head[at + 15 :].split(b"\r", 1)[0]):
            return
        into = self.good if head.startswith(b"HTTP/1.1 200") else self.refused
        into.append(time.perf_counter() - self.sent)
        self.buffer = b""
        self.free.append(self)


async def offer(
    port: int, request: bytes, server: psutil.Process, *, per_second: float, seconds: float
) -> dict[str, float]:
    """Send so many requests a second and return what came back."""
    loop = asyncio.get_running_loop()
    free: deque[Caller] = deque()
    good: list[float] = []
    refused: list[float] = []
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Caller(free, good, refused), "127.0.0.1", port)
    # What is let in first stands in a row first: count once the row has its length.
    await _send(free, request, per_second, LEAD_SECONDS)
    good.clear()
    refused.clear()
    before, started, own = _cpu_seconds(server), time.perf_counter(), time.process_time()
    sent, unsent = await _send(free, request, per_second, seconds)
    took, used = time.perf_counter() - started, _cpu_seconds(server) - before
    own = time.process_time() - own
    return {
        "offered": (sent + unsent) / took,
        "sent": sent / took,
        "good": len(good) / took,
        "good_p99_ms": _percentile(good, 0.99),
        "refused": len(refused) / took,
        "refused_p50_ms": _percentile(refused, 0.5),
        "refused_p99_ms": _percentile(refused, 0.99),
        "cpu_share": used / took,
        "load_share": own / took,
        "good_per_cpu": len(good) / max(used, 1e-9),
    }


async def _send(free: deque[Caller], request: bytes, per_second: float, seconds: float) -> tuple[int, int]:
    """Send when it is due; return how many were sent, and how many could not be for want of a free connection."""
    started, sent, unsent = time.perf_counter(), 0, 0
    while (now := time.perf_counter() - started) < seconds:
        while sent + unsent < now * per_second:
            if free:
                free.popleft().ask(request)
                sent += 1
            else:
                unsent += 1  # every connection waits: the caller cannot even ask
        await asyncio.sleep(0.001)
    return sent, unsent


def _cpu_seconds(server: psutil.Process) -> float:
    processes = [server, *server.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in processes)


def _percentile(times: list[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)] * 1000 if times else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", default="forest")
    parser.add_argument("--case", choices=CASES, help="one case; both without it")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--offer", nargs=5, metavar=("PORT", "BODY", "PID", "PER_SECOND", "SECONDS"))
    options = parser.parse_args()
    if options.offer:
        port, body, pid, per_second, seconds = options.offer
        content, server = Path(body).read_bytes(), psutil.Process(int(pid))
        said = asyncio.run(offer(int(port), content, server, per_second=float(per_second), seconds=float(seconds)))
        print(json.dumps(said))
        return 0
    print(describe_machine())
    with tempfile.TemporaryDirectory() as name, RedisServer(Path(name)) as redis, Plane(Path(name), redis.url) as plane:
        plane.serve(package=our_package(options.kind))
        plane.start().wait_for_release(1)
        met = True
        for case in [options.case] if options.case else CASES:
            request = Path(name) / "request"
            request.write_bytes(_request(**CASES[case]))
            print(f"\n{options.kind}, {case} a request ({request.stat().st_size / 1000:.1f} kB)")
            met = _steps(Endpoint(plane.port, request, psutil.Process(plane.process.pid)), options) and met
    return 0 if met else 1


def _request(rows: int, **asked: Any) -> bytes:
    body = json.dumps({"rows": complete_rows(rows), **asked}).encode()
    head = f"POST /endpoints/house/predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass(frozen=True)
class Endpoint:
    """What is asked: where, with what, and whose processor time counts."""

    port: int
    request: Path
    process: psutil.Process

    def offered(self, per_second: float, seconds: float) -> dict[str, float]:
        """Return what came of so many requests a second."""
        words = [str(self.port), str(self.request), str(self.process.pid), str(per_second), str(seconds)]
        done = subprocess.run(
            [sys.executable, "-m", "bench.overload", "--offer", *words],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        said: dict[str, float] = json.loads(done.stdout)
        return said


def _steps(endpoint: Endpoint, options: argparse.Namespace) -> bool:
    """Print the steps; return whether every target was met."""
    endpoint.offered(50, 1)
    capacity = _capacity(endpoint)
    print(f"{capacity:,.0f} requests/s alone\n")
    print(
        "  load   offered/s   good/s   of peak   CPU   load's CPU   good a CPU second   of peak   good p99 ms"
        "   refused/s   refused p50 ms   p99 ms"
    )
    found: dict[int, list[dict[str, float]]] = {step: [] for step in STEPS}
    for _ in range(options.rounds):  # in turns: what the machine does beside this meets every step alike
        for step in STEPS:
            found[step].append(endpoint.offered(capacity * step, options.seconds))
    middle = {
        step: {name: statistics.median(one[name] for one in said) for name in said[0]} for step, said in found.items()
    }
    peak = max(said["good"] for said in middle.values())
    cpu_peak = max(said["good_per_cpu"] for said in middle.values())
    for step, said in middle.items():
        print(
            f"  {step:>3}x {said['offered']:>11,.0f} {said['good']:>8,.0f} {said['good'] / peak:>9.0%} "
            f"{said['cpu_share']:>5.0%} {said['load_share']:>12.0%} {said['good_per_cpu']:>19,.0f} "
            f"{said['good_per_cpu'] / cpu_peak:>9.0%} {said['good_p99_ms']:>13.0f} {said['refused']:>11,.0f} "
            f"{said['refused_p50_ms']:>16.1f} {said['refused_p99_ms']:>8.1f}"
        )
    recovery = _recovery(endpoint, capacity / 2)
    print(f"  after 10x, at half the capacity: all answered within {recovery:.1f} s")
    worst = min(said["good"] for step, said in middle.items() if step > 1) / peak
    slowest = max(said["refused_p50_ms"] for said in middle.values())
    return worst >= GOODPUT_TARGET and slowest < REFUSAL_TARGET_MS and recovery < RECOVERY_TARGET_SECONDS


def _capacity(endpoint: Endpoint) -> float:
    """Return how many requests a second are answered when more than that are offered."""
    return max(endpoint.offered(rate, 2)["good"] for rate in (300, 1200))


def _recovery(endpoint: Endpoint, per_second: float) -> float:
    """Return after how many seconds at a load it can bear nothing is refused any more."""
    started = time.perf_counter()
    while True:
        said = endpoint.offered(per_second, 1)
        if not said["refused"] or time.perf_counter() - started > 2 * RECOVERY_TARGET_SECONDS:
            return time.perf_counter() - started


if __name__ == "__main__":
    run_program(main)

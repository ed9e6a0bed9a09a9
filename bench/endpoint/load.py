"""The load generator: a process of its own with raw sockets. Prints one JSON line.

``python -m bench.endpoint.load PORT PATH BODIES CONNECTIONS SECONDS [KEY]``: every connection sends its next request
as soon as the last response is complete.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import sys
import time
from pathlib import Path


class Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, requests: itertools.cycle[bytes], until: float, done: asyncio.Future[None]) -> None:
        self.requests, self.until, self.done = requests, until, done
        self.times: list[float] = []
        self.wrong = 0
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self.transport = transport
        self.send_next()

    def send_next(self) -> None:
        """Send the next request."""
        self.started = time.perf_counter()
        self.transport.write(next(self.requests))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Record the latency of a complete response, then send the next request."""
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        at = head.index(b"content-length:") + 15
        length = int(head[at : head.find(b"\r", at) if head.find(b"\r", at) > 0 else len(head)])
        if len(self.buffer) < end + 4 + length:
            return
        now = time.perf_counter()
        self.times.append(now - self.started)
        self.wrong += not self.buffer.startswith(b"HTTP/1.1 200")
        self.buffer = b""
        if now < self.until:
            self.send_next()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        """Mark this client as done."""
        if not self.done.done():
            self.done.set_result(None)


async def run(port: int, requests: list[bytes], connections: int, seconds: float) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    started, used = time.perf_counter(), time.process_time()
    callers, ends = [], []
    for at in range(connections):
        ends.append(loop.create_future())
        order = itertools.cycle(requests[at % len(requests) :] + requests[: at % len(requests)])
        caller = Caller(order, started + seconds, ends[-1])
        callers.append(caller)
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port)
    await asyncio.gather(*ends)
    took = time.perf_counter() - started
    times = sorted(itertools.chain.from_iterable(caller.times for caller in callers))
    return {
        "requests": len(times),
        "wrong": sum(caller.wrong for caller in callers),
        "per_second": len(times) / took,
        "p50_ms": statistics.median(times) * 1000,
        "p99_ms": times[int(len(times) * 0.99)] * 1000,
        "generator_share": (time.process_time() - used) / took,
    }


def main() -> None:
    import uvloop

    port, path, bodies, connections, seconds, *key = sys.argv[1:]
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {key[0]}\r\n" if key else ""
    requests = [
        f"{head}Content-Length: {len(json.dumps(body))}\r\n\r\n{json.dumps(body)}".encode()
        for body in json.loads(Path(bodies).read_text())
    ]
    print(json.dumps(uvloop.run(run(int(port), requests, int(connections), float(seconds)))))


if __name__ == "__main__":
    main()

"""A thousand endpoints in one serving process: memory per loaded model, and the first answer of one that slept."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from bench.endpoint.models import our_package
from bench.machine import describe_machine
from bench.program import run_program
from tests.serving.packages import line
from tests.serving.plane import Plane, RedisServer, wait_for

ROW = {"size": 10, "rooms": 2}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoints", type=int, default=1000)
    parser.add_argument("--room", type=int, default=100)
    parser.add_argument("--kind", default="forest", help="of the model whose memory is measured")
    parser.add_argument("--models", type=int, default=20)
    options = parser.parse_args()
    print(describe_machine())
    _memory("a line", line, options.models)
    _memory(
        f"{options.kind} of 100 trees, 32 columns" if options.kind == "forest" else options.kind,
        lambda: our_package(options.kind),
        options.models,
    )
    return _many(options.endpoints, options.room)


def _memory(called: str, make, models: int) -> None:
    with tempfile.TemporaryDirectory() as name, RedisServer(Path(name)) as redis, Plane(Path(name), redis.url) as plane:
        address = plane.store.put(make()).digest
        plane.serve("first", address=address)
        plane.start()
        plane.wait_for_release(1, "first")
        process = psutil.Process(plane.process.pid)
        before = process.memory_info().rss
        for number in range(models):
            plane.endpoints[f"more-{number}"] = {**plane.endpoints["first"], "slug": f"more-{number}"}
        plane.publish()
        plane.wait_for_release(1, f"more-{models - 1}")
        each = (process.memory_info().rss - before) / models / 2**20
        stored = sum(path.stat().st_size for path in plane.store.local_path(address, "program.json").parent.iterdir())
        print(f"{called}: {each:.2f} MiB a loaded model ({stored / 2**20:.2f} MiB on the disk)")


def _many(endpoints: int, room: int) -> int:
    with tempfile.TemporaryDirectory() as name, RedisServer(Path(name)) as redis, Plane(Path(name), redis.url) as plane:
        address = plane.store.put(line()).digest
        plane.serve("e0", address=address)
        for number in range(endpoints):
            plane.endpoints[f"e{number}"] = {**plane.endpoints["e0"], "slug": f"e{number}"}
        plane.publish()
        begun = time.perf_counter()
        plane.start(LEPTON_SERVE_MAX_MODELS=str(room))
        wait_for("readiness", lambda: plane.get("/health/ready") == 200, seconds=120)
        ready = time.perf_counter() - begun
        process = psutil.Process(plane.process.pid)
        resident = process.memory_info().rss / 2**20
        cold, warm, wrong = [], [], 0
        for number in range(endpoints - 1, max(0, endpoints - 301), -1):
            for times in (cold, warm):
                begun = time.perf_counter()
                status, _ = plane.predict([ROW], slug=f"e{number}")
                times.append(time.perf_counter() - begun)
                wrong += status != 200
        after = process.memory_info().rss / 2**20
    last = sorted(cold)[int(len(cold) * 0.99)] * 1000
    print(
        f"{endpoints} endpoints, room for {room} models: ready in {ready:.1f} s, {resident:.0f} MiB; "
        f"after {len(cold)} first calls {after:.0f} MiB, wrong {wrong}\n"
        f"  first answer after sleeping: p50 {statistics.median(cold) * 1000:.1f} ms, "
        f"p99 {last:.1f} ms; the next: p50 {statistics.median(warm) * 1000:.1f} ms"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    run_program(main)

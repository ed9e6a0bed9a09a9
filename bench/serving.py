"""One-row latency and throughput of our endpoint beside the floor and beside FastAPI with a scikit-learn pipeline.

30 numeric and 2 categorical raw columns; impute, scale, one-hot; JSON over HTTP; one process each, in the same minutes;
the load comes from a process of its own, whose share of a core is said. Ours checks the key, validates every value and
counts every answer; the others do none of it. The floor is the least that any answer by the same server costs: parse,
one call of ONNX Runtime on a fixed matrix, send. Prints medians over the rounds and ratios; exits 1 when a target is
missed.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from bench.endpoint.models import KINDS, complete_rows, our_package, peer_pipeline
from bench.machine import describe_machine
from bench.program import run_program
from leptonweb.supervise.ports import free_port
from tests.serving.plane import KEY, ROOT, Plane, RedisServer, wait_for

CONNECTIONS = (1, 16, 64)
BATCH = 1000
RATIO_TARGET = 30.0
FLOOR_TARGET = 0.5
P50_TARGET_MS = 0.4


@dataclass(frozen=True)
class Server:
    """Something that answers. ``process``: whose memory is shown."""

    name: str
    port: int
    path: str
    key: str
    process: psutil.Process

    def load(self, bodies: Path, connections: int, seconds: float) -> dict[str, float]:
        """Return what the load generator saw."""
        words = [str(self.port), self.path, str(bodies), str(connections), str(seconds), *([self.key] * bool(self.key))]
        before = sum(self.process.cpu_times()[:2])
        done = subprocess.run(
            [sys.executable, "-m", "bench.endpoint.load", *words], capture_output=True, text=True, check=True, cwd=ROOT
        )
        said: dict[str, float] = json.loads(done.stdout)
        said["cpu_ms"] = (sum(self.process.cpu_times()[:2]) - before) / said["requests"] * 1000
        assert not said["wrong"], f"{self.name} answered {said['wrong']} requests with an error"
        return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    print(describe_machine())
    rows = complete_rows(BATCH)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one, many = folder / "one.json", folder / "many.json"
        one.write_text(json.dumps([{"rows": [row]} for row in rows[:64]]))
        many.write_text(json.dumps([{"rows": rows}]))
        results = [_measure(kind, folder, one, many, options) for kind in KINDS]
    return 0 if all(results) else 1


def _measure(kind: str, folder: Path, one: Path, many: Path, options: argparse.Namespace) -> bool:
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    batch: dict[str, list[float]] = {}
    with _ours(kind, folder / kind) as ours, _floor(kind, folder) as floor, _peer(kind, folder) as peer:
        servers = (ours, floor, peer)
        for server in servers:
            server.load(one, 1, 0.5)
        for _ in range(options.rounds):
            for connections in CONNECTIONS:
                for server in servers:
                    said = server.load(one, connections, options.seconds)
                    found.setdefault((server.name, connections), []).append(said)
            for server in servers:
                batch.setdefault(server.name, []).append(server.load(many, 1, options.seconds / 2)["p50_ms"])
        memory = {server.name: server.process.memory_info().rss / 2**20 for server in servers}
    return _say(kind, found, batch, memory)


def _say(
    kind: str,
    found: dict[tuple[str, int], list[dict[str, float]]],
    batch: dict[str, list[float]],
    memory: dict[str, float],
) -> bool:
    print(f"\n{kind}: one row")
    print("  server          connections   p50 ms   p99 ms   requests/s   CPU ms each   load generator")
    middle = {
        place: {name: statistics.median(one[name] for one in said) for name in said[0]} for place, said in found.items()
    }
    for (server, connections), said in middle.items():
        print(
            f"  {server:<18} {connections:>8} {said['p50_ms']:>8.3f} {said['p99_ms']:>8.2f} "
            f"{said['per_second']:>12,.0f} {said['cpu_ms']:>13.3f} {said['generator_share']:>13.0%}"
        )
    is_met = True
    for connections in CONNECTIONS:
        for other, target in (("FastAPI", RATIO_TARGET), ("floor", FLOOR_TARGET)):
            each = [
                ours["per_second"] / theirs["per_second"]
                for ours, theirs in zip(found["ours", connections], found[other, connections], strict=True)
            ]
            ratio = statistics.median(each)
            is_met &= ratio >= target
            rounds = ", ".join(f"{one:.2f}" for one in each)
            # What a busy machine does to the clock it does not do to the processor time.
            by_work = middle[other, connections]["cpu_ms"] / middle["ours", connections]["cpu_ms"]
            print(
                f"  at {connections}: {ratio:.2f} times the {other}'s throughput (rounds {rounds}; target {target:g}), "
                f"{by_work:.2f} times by processor time"
            )
    p50 = middle["ours", 1]["p50_ms"]
    is_met &= p50 <= P50_TARGET_MS
    print(f"  p50 at 1 connection: {p50:.3f} ms (target {P50_TARGET_MS:g})")
    for server, times in batch.items():
        print(f"  {BATCH} rows, {server}: {statistics.median(times):.1f} ms; resident {memory[server]:.0f} MiB")
    return is_met


@contextmanager
def _ours(kind: str, folder: Path) -> Iterator[Server]:
    folder.mkdir()
    with RedisServer(folder) as redis, Plane(folder, redis.url) as plane:
        plane.serve(package=our_package(kind))
        plane.start(LEPTON_SERVE_PROCESSES="1").wait_for_release(1)
        yield Server("ours", plane.port, "/endpoints/house/predict", KEY, psutil.Process(plane.process.pid))


@contextmanager
def _floor(kind: str, folder: Path) -> Iterator[Server]:
    made = our_package(kind)
    path = folder / f"{kind}.onnx"
    path.write_bytes(made.files[made.program["estimator"]["files"][0]])
    options = ["--factory", "--loop", "uvloop", "--http", "httptools", "--no-server-header", "--no-date-header"]
    with _uvicorn("floor", "bench.endpoint.floor:create", {"FLOOR_MODEL": str(path)}, *options) as server:
        yield server


@contextmanager
def _peer(kind: str, folder: Path) -> Iterator[Server]:
    path = folder / f"{kind}.pickle"
    path.write_bytes(pickle.dumps(peer_pipeline(kind)))
    with _uvicorn("FastAPI", "bench.endpoint.peer:app", {"PEER_PIPELINE": str(path)}) as server:
        yield server


@contextmanager
def _uvicorn(name: str, application: str, variables: dict[str, str], *options: str) -> Iterator[Server]:
    port = free_port()
    command = ["-m", "uvicorn", application, "--port", str(port), "--log-level", "warning", "--no-access-log", *options]
    process = subprocess.Popen([sys.executable, *command], env={**os.environ, **variables}, cwd=ROOT)
    try:
        wait_for(f"the {name}", lambda: _answers(port), seconds=60)
        yield Server(name, port, "/predict", "", psutil.Process(process.pid))
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    run_program(main)

"""The servers of the serving benchmark: ours, the floor, FastAPI. Each is a process with request bodies of its own."""

from __future__ import annotations

import http.client
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.endpoint.models import our_package, peer_pipeline
from leptonweb.supervise.ports import free_port
from tests.serving.plane import KEY, ROOT, Plane, RedisServer, wait_for

Row = dict[str, Any]
OURS, FLOOR, FASTAPI = "ours", "floor", "FastAPI"
START_SECONDS = 300
TRIES = 5


def as_rows(rows: list[Row]) -> dict[str, Any]:
    """Return the request body of our server."""
    return {"rows": rows}


@dataclass(frozen=True)
class Server:
    """A server under load. ``process``: its CPU time and memory are measured with those of its children."""

    name: str
    port: int
    path: str
    process: psutil.Process
    key: str = ""
    form: Callable[[list[Row]], dict[str, Any]] = as_rows
    bodies: dict[str, Path] = field(default_factory=dict)

    def write_bodies(self, folder: Path, rows: list[Row]) -> None:
        """Write what the load generator sends: ``one`` row at a time, 64 different ones, and ``many`` at once."""
        bodies_of = {"one": [self.form([row]) for row in rows[:64]], "many": [self.form(rows)]}
        for name, bodies in bodies_of.items():
            self.bodies[name] = folder / f"{self.name}-{name}.json"
            self.bodies[name].write_text(json.dumps(bodies))

    def load(self, bodies: str, connections: int, seconds: float) -> dict[str, float]:
        """Return the result of the load generator; repeated when a busy machine had requests refused for overload."""
        for _ in range(TRIES):
            before = self._processor_seconds()
            result = self._generate(bodies, connections, seconds)
            if not result["wrong"]:
                return result | {"cpu_ms": (self._processor_seconds() - before) / result["requests"] * 1000}
            print(
                f"  {self.name} answered {result['wrong']} of {result['requests']} requests with an error", flush=True
            )
        raise RuntimeError(f"{self.name} does not answer every request at {connections} connections.")

    def _generate(self, bodies: str, connections: int, seconds: float) -> dict[str, float]:
        words = [str(self.port), self.path, str(self.bodies[bodies]), str(connections), str(seconds)]
        done = subprocess.run(
            [sys.executable, "-m", "bench.endpoint.load", *words, *([self.key] * bool(self.key))],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        result: dict[str, float] = json.loads(done.stdout)
        return result

    def resident_mebibytes(self) -> float:
        """Return the resident memory of its processes."""
        return sum(process.memory_info().rss for process in self._processes()) / 2**20

    def _processor_seconds(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self._processes())

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def ours(kind: str, folder: Path) -> Iterator[Server]:
    home = folder / OURS
    home.mkdir()
    with RedisServer(home) as redis, Plane(home, redis.url) as plane:
        plane.serve(package=our_package(kind))
        plane.start(LEPTON_SERVE_PROCESSES="1").wait_for_release(1)
        process = psutil.Process(plane.process.pid)
        yield Server(OURS, plane.port, "/endpoints/house/predict", process, KEY)


@contextmanager
def floor(kind: str, folder: Path) -> Iterator[Server]:
    package = our_package(kind)
    path = folder / "floor.onnx"
    path.write_bytes(package.files[package.program["estimator"]["files"][0]])
    options = ["--factory", "--loop", "uvloop", "--http", "httptools", "--no-server-header", "--no-date-header"]
    with _uvicorn(FLOOR, "bench.endpoint.floor:create", {"FLOOR_MODEL": str(path)}, *options) as server:
        yield server


@contextmanager
def fastapi(kind: str, folder: Path) -> Iterator[Server]:
    path = folder / "fastapi.pickle"
    path.write_bytes(pickle.dumps(peer_pipeline(kind)))
    with _uvicorn(FASTAPI, "bench.endpoint.peer:app", {"PEER_PIPELINE": str(path)}) as server:
        yield server


@contextmanager
def _uvicorn(name: str, application: str, variables: dict[str, str], *options: str) -> Iterator[Server]:
    port = free_port()
    command = ["-m", "uvicorn", application, "--port", str(port), "--log-level", "warning", "--no-access-log", *options]
    process = subprocess.Popen([sys.executable, *command], env={**os.environ, **variables}, cwd=ROOT)
    try:
        wait_for(f"the {name}", lambda: is_ready(port, "/health/live"), START_SECONDS)
        yield Server(name, port, "/predict", psutil.Process(process.pid))
    finally:
        process.kill()
        process.wait()


def is_ready(port: int, path: str) -> bool:
    """Return whether the server reports to be ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()

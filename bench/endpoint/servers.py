"""What answers in the serving measurement: ours, the floor, FastAPI. Each is a process with its own bodies."""

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
    """Return the body that ours takes."""
    return {"rows": rows}


@dataclass(frozen=True)
class Server:
    """Something that answers. ``process``: its work and memory are counted with those of its children."""

    name: str
    port: int
    path: str
    process: psutil.Process
    key: str = ""
    form: Callable[[list[Row]], dict[str, Any]] = as_rows
    bodies: dict[str, Path] = field(default_factory=dict)

    def write_bodies(self, folder: Path, rows: list[Row]) -> None:
        """Write what the load generator sends: ``one`` row at a time, 64 different ones, and ``many`` at once."""
        given = {"one": [self.form([row]) for row in rows[:64]], "many": [self.form(rows)]}
        for name, bodies in given.items():
            self.bodies[name] = folder / f"{self.name}-{name}.json"
            self.bodies[name].write_text(json.dumps(bodies))

    def load(self, bodies: str, connections: int, seconds: float) -> dict[str, float]:
        """Return what the load generator saw; once more, when on a busy machine requests were refused for waiting."""
        for _ in range(TRIES):
            before = self._processor_seconds()
            said = self._generate(bodies, connections, seconds)
            if not said["wrong"]:
                return said | {"cpu_ms": (self._processor_seconds() - before) / said["requests"] * 1000}
            print(f"  {self.name} answered {said['wrong']} of {said['requests']} requests with an error", flush=True)
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
        said: dict[str, float] = json.loads(done.stdout)
        return said

    def resident_mebibytes(self) -> float:
        """Return what it holds in memory now."""
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
    made = our_package(kind)
    path = folder / "floor.onnx"
    path.write_bytes(made.files[made.program["estimator"]["files"][0]])
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
    """Return whether a server says so itself."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()

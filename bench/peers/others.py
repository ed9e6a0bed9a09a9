"""Prefect, Dask and Ray, each in a throw-away environment outside of the repository."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.peers.environments import python_of, run, why_not
from tests.worker.stack import free_port

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """Another system. ``promise``: what becomes of a run when its processes die."""

    name: str
    program: str
    packages: tuple[str, ...]
    promise: str


PEERS = (
    Peer(
        "Prefect",
        "prefect_flow.py",
        ("prefect==3.8.8", "fastapi==0.139.0"),
        "task states kept by a server; a run that died is reported, and started again by whoever sees it",
    ),
    Peer("Dask", "dask_graph.py", ("dask==2026.8.0", "distributed==2026.8.0"), "not durable: gone with the scheduler"),
    Peer("Ray", "ray_graph.py", ("ray==2.60.0",), "not durable: gone with the driver"),
)


def measure(peer: Peer, repeats: int, environments: Path) -> dict[str, list[float]] | str:
    """Return the seconds of each run by shape, or a sentence why there are none."""
    with tempfile.TemporaryDirectory(prefix="lepton-peer-") as home, ExitStack() as around:
        surroundings = {
            **os.environ,
            "HOME": home,
            "PREFECT_HOME": home,
            "PREFECT_LOGGING_LEVEL": "ERROR",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        try:
            python = python_of(peer.name, peer.packages, environments)
            if peer.name == "Prefect":
                surroundings["PREFECT_API_URL"] = around.enter_context(_prefect_server(python, surroundings))
            done = run([str(python), str(HERE / peer.program), str(repeats)], surroundings)
        except (subprocess.SubprocessError, OSError) as error:
            return f"{peer.name} was left out: {why_not(error)}"
    seconds: dict[str, list[float]] = json.loads(done.splitlines()[-1])
    return seconds


@contextmanager
def _prefect_server(python: Path, environment: dict[str, str]) -> Iterator[str]:
    port = free_port()
    command = [str(python), "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    try:
        _wait_for(f"http://127.0.0.1:{port}/api/health", server)
        yield f"http://127.0.0.1:{port}/api"
    finally:
        server.terminate()
        server.wait(timeout=60)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError as error:
            if server.poll() is not None or time.monotonic() > until:
                raise OSError("its server does not answer") from error
            time.sleep(0.2)

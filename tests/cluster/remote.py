"""An S3-compatible store, and a machine that shares nothing with this one but a cable."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.worker.stack import free_port, wait_until

HERE, THERE = "10.213.7.1", "10.213.7.2"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def object_store(folder: Path, address: str = "127.0.0.1") -> Iterator[dict[str, str]]:
    """Lend the variables that name a bucket in a store of our own."""
    pytest.importorskip("moto", reason="needs moto[server]")
    pytest.importorskip("s3fs", reason="needs s3fs (requirements-s3.txt)")
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "s3.log").open("ab") as log:
        command = [sys.executable, "-m", "moto.server", "-H", "0.0.0.0", "-p", str(port)]
        server = subprocess.Popen(command, stdout=log, stderr=log)
    url = f"http://{address}:{port}"
    try:
        wait_until(lambda: _answers(url), "the store answers", 60)
        request = urllib.request.Request(f"{url}/results", method="PUT")
        urllib.request.urlopen(request, timeout=10).close()
        yield {**KEYS, "AWS_ENDPOINT_URL": url, "LEPTON_ARTIFACTS_URL": "s3://results/kept"}
    finally:
        server.kill()
        server.wait()


@contextmanager
def another_host() -> Iterator[list[str]]:
    """Lend the beginning of a command that runs the rest in a network of its own, with a cable to this one."""
    if os.geteuid() != 0:
        pytest.skip("only root may make a network of its own")
    name = f"lepton-{uuid.uuid4().hex[:6]}"
    ours, theirs = f"l{name[-6:]}a", f"l{name[-6:]}b"
    commands = [
        f"ip netns add {name}",
        f"ip link add {ours} type veth peer name {theirs} netns {name}",
        f"ip addr add {HERE}/24 dev {ours}",
        f"ip link set {ours} up",
        f"ip -n {name} addr add {THERE}/24 dev {theirs}",
        f"ip -n {name} link set {theirs} up",
        f"ip -n {name} link set lo up",
    ]
    try:
        for command in commands:
            try:
                subprocess.run(command.split(), check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError) as error:
                pytest.skip(f"no network of its own can be made here: {error}")
        yield ["ip", "netns", "exec", name, "unshare", "--uts", "sh", "-c", 'hostname far-away && exec "$@"', "far"]
    finally:
        with suppress(OSError):
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


@contextmanager
def relayed(host: str, port: int) -> Iterator[int]:
    """Lend a port of ours, open to the other machine, through which a server of this one is reached."""
    listening = socket.create_server((HERE, 0))
    threading.Thread(target=_relay, args=(listening, (host, port)), daemon=True).start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        listening.close()


def _relay(listening: socket.socket, server: tuple[str, int]) -> None:
    with suppress(OSError):
        while True:
            near, _ = listening.accept()
            far = socket.create_connection(server)
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(1 << 16):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)


def _answers(url: str) -> bool:
    with suppress(OSError):
        urllib.request.urlopen(url, timeout=2).close()
        return True
    return False

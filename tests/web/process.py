"""A web process of its own for a test, and raw connections to it."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from leptonweb.supervise.ports import free_port
from tests.stack import ROOT, clean_environment, wait_for


@dataclass
class Web:
    """A running web process."""

    folder: Path
    process: subprocess.Popen[bytes]
    port: int
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def start(cls, folder: Path, *, limits: dict[str, Any] | None = None, stand_in: bool = False, **variables: str):
        """Start one and return when it answers. ``limits``: changed ones."""
        environment = clean_environment(
            folder, LEPTON_SECRET_KEY="s" * 40, LEPTON_ARTIFACT_KEY="a" * 40, LEPTON_LOG_FORMAT="json", **variables
        )
        folder.mkdir(parents=True, exist_ok=True)
        if not stand_in:
            migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
            subprocess.run(migrate, env=environment, cwd=ROOT, check=True)
        port = free_port()
        command = [sys.executable, "-m", "tests.web.stand_in", str(port), json.dumps(limits or {})]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, str(folder)] if stand_in else command, env=environment, cwd=ROOT, stderr=log
            )
        web = cls(folder, process, port, variables)
        wait_for("the web process", web.answers)
        return web

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return (self.folder / "log").read_text()

    def answers(self) -> bool:
        """Return whether it takes connections."""
        assert self.process.poll() is None, self.log
        try:
            self.connect().close()
        except OSError:
            return False
        return True

    def connect(self, sent: bytes = b"", *, source: str = "127.0.0.1", receive_bytes: int = 0) -> socket.socket:
        """Return a connection on which some bytes were sent. ``source``: the address it comes from."""
        connection = socket.socket()
        if receive_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.settimeout(30)
        connection.bind((source, 0))
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(sent)
        return connection

    def open_socket(self, path: str, *, receive_bytes: int = 0, headers: bytes = b"") -> socket.socket:
        """Return a websocket whose handshake was answered."""
        key = base64.b64encode(os.urandom(16))
        head = b"GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" % path.encode()
        head += b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n%s\r\n" % (key, headers)
        connection = self.connect(head, receive_bytes=receive_bytes)
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            received = connection.recv(1)
            if not received:  # closed in order; where it was reset, recv raises by itself
                raise ConnectionError(f"closed after {answer!r}")
            answer += received
        assert b" 101 " in answer, answer
        return connection

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def resident_bytes(self) -> int:
        """Return its resident memory."""
        return psutil.Process(self.process.pid).memory_info().rss


@dataclass
class Sent:
    """How sending a body went."""

    status: int
    seconds: float
    bytes: int
    answer: bytes
    most_resident: int


def send_body(web: Web, head: str, *, size: int, is_chunked: bool = False) -> Sent:
    """Send a body as fast as it is taken, until it is away or answered; watch the memory of the process.

    Args:
        head: Request line and headers but for the length, each line with its end.
    """
    length = "Transfer-Encoding: chunked\r\n" if is_chunked else f"Content-Length: {size}\r\n"
    piece = b"\0" * 65_536
    framed = b"%x\r\n%s\r\n" % (len(piece), piece) if is_chunked else piece
    connection = web.connect()
    began, sent, most = time.perf_counter(), 0, web.resident_bytes()
    answered_at = 0.0
    answer = b""
    with connection:
        connection.sendall((head + length + "\r\n").encode())
        connection.setblocking(False)
        while sent < size and not answer:
            answer = _received(connection)
            sent += _sent(connection, framed)
            if sent % (16 * len(framed)) < len(framed):
                most = max(most, web.resident_bytes())
        connection.setblocking(True)
        if is_chunked and not answer:
            connection.sendall(b"0\r\n\r\n")
        while not answer.endswith(b"}") and (more := connection.recv(65_536)):
            answer += more
        answered_at = time.perf_counter()
    status = int(answer.split(b" ", 2)[1])
    return Sent(status, answered_at - began, sent, answer.partition(b"\r\n\r\n")[2], max(most, web.resident_bytes()))


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except BlockingIOError:
        return b""


def _sent(connection: socket.socket, piece: bytes) -> int:
    """Send one whole piece if the other side takes any of it, and return its size."""
    try:
        taken = connection.send(piece)
    except (BlockingIOError, BrokenPipeError, ConnectionResetError):
        return 0
    connection.setblocking(True)
    connection.sendall(piece[taken:])
    connection.setblocking(False)
    return len(piece)

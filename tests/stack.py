"""The whole of LeptonWeb on ports and in a folder of its own, for tests and measurements."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import psutil

from leptonweb.supervise.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
USERNAME, PASSWORD = "alice", "a long enough pass phrase"
START_SECONDS = 120
STOP_SECONDS = 40
POLL_SECONDS = 0.05


def wait_for(what: str, condition: Callable[[], Any], *, timeout_seconds: float = 60) -> Any:
    """Return the first true value of ``condition``; fail with ``what`` when it takes too long."""
    deadline = time.monotonic() + timeout_seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not come about within {timeout_seconds:g} s"
        time.sleep(POLL_SECONDS)
    return value


def clean_environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return an environment for ``manage.py up`` in which nothing of this test run or machine is left."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LEPTON_", "DJANGO_", "PYTEST_")) and name not in {"DATABASE_URL", "REDIS_URL"}
    }
    # An empty name keeps a developer's own file `.env` out.
    own = {"LEPTON_DATA_DIR": str(folder), "LEPTON_ENV_FILE": "", "PYTHONUNBUFFERED": "1"}
    return kept | own | variables


def stack_environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return an environment with free ports and an administrator."""
    own = {
        "LEPTON_PORT": str(free_port()),
        "LEPTON_SERVE_PORT": str(free_port()),
        "LEPTON_ADMIN_USERNAME": USERNAME,
        "LEPTON_ADMIN_PASSWORD": PASSWORD,
    }
    return clean_environment(folder, **(own | variables))


@dataclass
class Stack:
    """A running ``manage.py up``."""

    environment: Mapping[str, str]
    process: subprocess.Popen[str] = field(init=False)
    lines: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The page, without a slash at the end."""
        return f"http://127.0.0.1:{self.environment['LEPTON_PORT']}"

    @property
    def text(self) -> str:
        """Everything it printed so far."""
        return "\n".join(self.lines)

    def __enter__(self) -> Stack:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Stack:
        """Start it and return when it says that it is ready."""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.wait_for_line("LeptonWeb is ready at")
        except BaseException:
            self.stop()
            raise
        return self

    def wait_for_line(self, words: str, *, timeout_seconds: float = START_SECONDS) -> str:
        """Return the first line with ``words``; fail at once when ``up`` ends."""

        def found() -> str | None:
            line = next((line for line in list(self.lines) if words in line), None)
            assert line or self.process.poll() is None, f"up ended before it said “{words}”:\n{self.text}"
            return line

        try:
            return str(wait_for(f"“{words}”", found, timeout_seconds=timeout_seconds))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text}") from error

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to end as Ctrl-C does, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for process in [*self.processes(), self.process]:
                process.kill()
            raise

    def processes(self) -> list[psutil.Process]:
        """Return every process below the supervisor."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, words: str) -> psutil.Process:
        """Return the child of the supervisor whose command line has ``words``."""
        for process in psutil.Process(self.process.pid).children():
            # One that just died has no command line any more.
            with contextlib.suppress(psutil.NoSuchProcess):
                if words in " ".join(process.cmdline()):
                    return process
        raise LookupError(f"no child with “{words}”:\n{self.text}")

    def api(self, token: str = "") -> Api:
        """Return a client of the page's interface."""
        return Api(self.address + "/api/v1", token)

    def browser(self) -> Api:
        """Return a client that was given the page's cookies, as a browser is."""
        with urlopen(self.address + "/api/v1/session/") as response:
            given = SimpleCookie("; ".join(response.headers.get_all("Set-Cookie") or []))
        return Api(self.address + "/api/v1", cookies={name: morsel.value for name, morsel in given.items()})

    def signed_in(self) -> Api:
        """Return a client with a token of the administrator."""
        token = self.api().post("/auth/token/", {"username": USERNAME, "password": PASSWORD, "name": "tests"})["token"]
        return self.api(token)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(re.sub(r"\x1b\[[0-9;]*m", "", line.rstrip("\n")))


class Refused(AssertionError):
    """An answer of 400 or above."""

    def __init__(self, call: str, status: int, body: Any) -> None:
        super().__init__(f"{call} answered {status}: {json.dumps(body)[:2000]}")
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Api:
    """Calls with JSON or bytes, over one connection each; nothing but the standard library."""

    base: str
    token: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Any:
        """Return the decoded answer."""
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        """Send JSON and return the decoded answer."""
        return self.call("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        """Send JSON, or bytes as they are, and return the decoded answer."""
        return self.call("PUT", path, body)

    def delete(self, path: str) -> Any:
        """Delete and return the decoded answer."""
        return self.call("DELETE", path)

    def upload(self, path: str, name: str, content: bytes) -> Any:
        """Send a file as a browser's form does."""
        boundary = uuid.uuid4().hex
        head = '--{0}\r\nContent-Disposition: form-data; name="{1}"{2}\r\n\r\n'
        body = (
            head.format(boundary, "name", "").encode()
            + name.encode()
            + b"\r\n"
            + head.format(boundary, "file", f'; filename="{name}"\r\nContent-Type: text/csv').encode()
            + content
            + f"\r\n--{boundary}--\r\n".encode()
        )
        return self.call("POST", path, body, content_type=f"multipart/form-data; boundary={boundary}")

    def call(self, method: str, path: str, body: Any = None, *, content_type: str = "", request_id: str = "") -> Any:
        """Make one call; raise :class:`Refused` for an answer of 400 or above."""
        url = urlsplit(path if path.startswith("http") else self.base + path)
        headers = {"Accept": "application/json"} | ({"X-Request-ID": request_id} if request_id else {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            headers["X-CSRFToken"] = self.cookies.get("csrftoken", "")
        data: bytes | None = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers["Content-Type"] = content_type or (
                "application/octet-stream" if isinstance(body, bytes) else "application/json"
            )
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=120)
        try:
            connection.request(method, url.path + (f"?{url.query}" if url.query else ""), data, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        try:
            answer = json.loads(text) if text else None
        except ValueError:
            answer = text
        if response.status >= 400:
            raise Refused(f"{method} {path}", response.status, answer)
        return answer

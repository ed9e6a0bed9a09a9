"""An installation that is kept alive as ``manage.py up`` does it: two workers, two reconcilers, Redis, web."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psutil

from tests.chaos.faultfile import FILE
from tests.worker.stack import ROOT, Stack, wait_until

WORKERS = ("worker-1", "worker-2")
RECONCILERS = ("reconciler-1", "reconciler-2")
SECONDS_UNTIL_RESTART = 1.0
ARTIFACT_MEBIBYTES = 96


class Installation(Stack):
    """Processes that come back when they die. ``database_url``: a PostgreSQL server, or empty for SQLite."""

    def __init__(self, folder: Path, *, seed: int, database_url: str = "") -> None:
        super().__init__(folder, packages="chaos=tests.chaos.plugin")
        self._server = database_url
        self._database = f"chaos_{uuid.uuid4().hex[:12]}"
        self._generations: dict[str, int] = {}
        self._closing = threading.Event()
        self._keeper: threading.Thread | None = None
        self._keeping = threading.Lock()
        self.has_own_disk = False
        self.environment |= {
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "LEPTON_CHAOS_SEED": str(seed),
            "LEPTON_ARTIFACTS_URL": str(folder / "artifacts"),
        }
        if database_url:
            self.environment["DATABASE_URL"] = self.database_address

    @property
    def database_address(self) -> str:
        """The address of this installation's PostgreSQL database."""
        return f"{self._server.rpartition('/')[0]}/{self._database}"

    @property
    def is_postgresql(self) -> bool:
        """Whether the database is PostgreSQL."""
        return bool(self._server)

    def start_all(self) -> None:
        """Start everything and keep it running."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._mount_artifacts()
        if self._server:
            self.on_server(f"CREATE DATABASE {self._database}")
        self.start_redis()
        self.prepare()
        for name in ("web", *WORKERS, *RECONCILERS):
            self.begin(name)
        wait_until(self.is_up, "the web process answers", about=self.said)
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()

    def begin(self, name: str) -> None:
        """Start one of the parts by its name."""
        if name.startswith("worker"):
            self.start_worker(name)
        elif name.startswith("reconciler"):
            self.start(name, "manage.py", "reconcile")
        else:
            self.start_web()

    def kill(self, name: str) -> int:
        """Kill a part; the keeper brings it back. Return the process id it had."""
        with self._keeping:
            process = self.processes[name]
            process.kill()
            return process.pid

    def sabotage(self, **shares: float) -> None:
        """Switch faults inside the processes on; without arguments, off."""
        draft = self.folder / f".{FILE}-{threading.get_ident()}"
        draft.write_text(json.dumps(shares))
        draft.rename(self.folder / FILE)

    def engines(self) -> list[psutil.Process]:
        """Return the engine processes of all workers."""
        found = []
        for name in WORKERS:
            try:
                found += self.children_of(name)
            except (psutil.Error, KeyError):
                continue
        return found

    def own_processes(self) -> list[psutil.Process]:
        """Return every process of this installation, whoever started it."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("LEPTON_DATA_DIR") == str(self.folder) and process.pid != os.getpid():
                    found.append(process)
            except psutil.Error:
                continue
        return [process for process in found if process.status() != psutil.STATUS_ZOMBIE]

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return what the database says, asked without any of the product's code."""
        if self._server:
            import psycopg

            with psycopg.connect(self.database_address, autocommit=True) as connection:
                return connection.execute(statement.replace("?", "%s"), values).fetchall()
        connection = sqlite3.connect(f"file:{self.folder}/leptonweb.sqlite3?mode=ro", uri=True, timeout=60)
        try:
            return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def on_server(self, statement: str) -> None:
        """Say something to the PostgreSQL server, outside of this installation's database."""
        import psycopg

        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(statement)

    def stop_keeping(self) -> None:
        """Let what ends stay ended."""
        self._closing.set()
        if self._keeper is not None:
            self._keeper.join()

    def end_gently(self) -> None:
        """End all parts as ``up`` does, Redis last."""
        self.stop_keeping()
        names = [name for name in self.processes if name != "redis"]
        for name in names:
            self.processes[name].send_signal(signal.SIGTERM)
        for name in names:
            try:
                self.processes[name].wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.processes[name].kill()
        self.stop("redis")
        for name in names:
            del self.processes[name]

    def close(self) -> None:
        """End everything and leave nothing."""
        self.stop_keeping()
        super().close()
        for process in self.own_processes():
            process.kill()
        if self._server:
            self.on_server(f"DROP DATABASE IF EXISTS {self._database} WITH (FORCE)")
        if self.has_own_disk:
            subprocess.run(["umount", "-l", str(self.folder / "artifacts")], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _mount_artifacts(self) -> None:
        place = self.folder / "artifacts"
        place.mkdir()
        size = f"size={ARTIFACT_MEBIBYTES}m"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", size, "chaos", str(place)], check=False, capture_output=True
        )
        self.has_own_disk = done.returncode == 0

    def _keep(self) -> None:
        while not self._closing.wait(0.1):
            with self._keeping:
                dead = [name for name, process in self.processes.items() if process.poll() is not None]
                dead = [name for name in dead if name != "redis"]
            if dead:
                time.sleep(SECONDS_UNTIL_RESTART)
            for name in dead:
                with self._keeping:
                    if not self._closing.is_set():
                        self.begin(name)

    def _start(self, name: str, command: list[str]) -> None:
        generation = self._generations[name] = self._generations.get(name, 0) + 1
        environment = {**self.environment, "LEPTON_CHAOS_ROLE": f"{name}.{generation}"}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

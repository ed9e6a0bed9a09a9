"""Faults, one after the other or many at once, by a seed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from tests.chaos.installation import RECONCILERS, WORKERS, Installation

FILLING = ".filling"


@dataclass(frozen=True)
class Struck:
    """One fault. ``held``: node rows that the struck worker was running, as (row, run, node, attempt)."""

    fault: str
    at: float
    seconds: float = 0.0
    held: tuple[tuple[int, str, str, int], ...] = ()


@dataclass
class Nemesis:
    """Knows every fault. ``longest_pause``: seconds of SIGSTOP at most."""

    installation: Installation
    chance: random.Random
    longest_pause: float = 40.0
    struck: list[Struck] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._healing: list[threading.Thread] = []
        self._shares: Counter[str] = Counter()
        self._redis = threading.Lock()
        self.faults: dict[str, Callable[[], None]] = {
            "engine killed": self.kill_engine,
            "worker killed": self.kill_worker,
            "reconciler killed": self.kill_reconciler,
            "web killed": self.kill_web,
            "worker paused": self.pause_worker,
            "engine paused": self.pause_engine,
            "reconciler paused": self.pause_reconciler,
            "Redis killed": self.kill_redis,
            "Redis emptied": self.empty_redis,
            "database cut off": self.cut_database,
            "disk full": self.fill_disk,
            "messages lost": self.lose_messages,
            "messages repeated and late": self.repeat_messages,
            "commits that lie": self.lie_about_commits,
            "commits that fail": self.fail_commits,
        }
        if not self.installation.has_own_disk:
            del self.faults["disk full"]

    def strike(self, fault: str) -> None:
        """Let one fault happen now; what has a duration ends by itself."""
        self.faults[fault]()

    def start(self, *, least: float, most: float) -> threading.Thread:
        """Let faults happen at random, with ``least`` to ``most`` seconds between them."""

        def go_on() -> None:
            while self.faults and not self._over.wait(self.chance.uniform(least, most)):
                fault = self.chance.choice(list(self.faults))
                try:
                    self.strike(fault)
                except Exception as error:  # noqa: BLE001 - what is to be struck may just be gone; the next one follows
                    self.failed.append(f"{fault}: {error!r}")

        thread = threading.Thread(target=go_on, name="nemesis", daemon=True)
        thread.start()
        self._healing.append(thread)
        return thread

    def stop(self) -> None:
        """Let no more happen, and wait until everything that was done is undone."""
        self._over.set()
        self.wait_until_healed()
        self.installation.sabotage()

    def wait_until_healed(self) -> None:
        """Wait until what has a duration is over."""
        while self._healing:
            self._healing.pop().join()

    def counts(self) -> Counter[str]:
        """Return how often each fault happened."""
        return Counter(struck.fault for struck in self.struck)

    # -- processes ----------------------------------------------------------------------------------------------

    def kill_engine(self) -> None:
        """SIGKILL of one engine process."""
        engines = self.installation.engines()
        if engines:
            with contextlib.suppress(psutil.Error):
                self.chance.choice(engines).kill()
                self._note("engine killed")

    def kill_worker(self) -> None:
        """SIGKILL of one worker; its engines die with it."""
        name = self.chance.choice(WORKERS)
        held = self._held_by(name)
        self.installation.kill(name)
        self._note("worker killed", held=held)

    def kill_reconciler(self) -> None:
        """SIGKILL of one reconciler."""
        self.installation.kill(self.chance.choice(RECONCILERS))
        self._note("reconciler killed")

    def kill_web(self) -> None:
        """SIGKILL of the web process."""
        self.installation.kill("web")
        self._note("web killed")

    def pause_worker(self) -> None:
        """SIGSTOP and later SIGCONT of one worker; its engines go on."""
        name = self.chance.choice(WORKERS)
        self._pause("worker paused", self.installation.processes[name].pid, self._held_by(name))

    def pause_reconciler(self) -> None:
        """SIGSTOP and later SIGCONT of one reconciler."""
        name = self.chance.choice(RECONCILERS)
        self._pause("reconciler paused", self.installation.processes[name].pid)

    def pause_engine(self) -> None:
        """SIGSTOP and later SIGCONT of one engine process."""
        engines = self.installation.engines()
        if engines:
            self._pause("engine paused", self.chance.choice(engines).pid)

    # -- Redis --------------------------------------------------------------------------------------------------

    def kill_redis(self) -> None:
        """SIGKILL; a while later it is back, empty."""
        seconds = self.chance.uniform(0.5, min(6.0, self.longest_pause))

        def work() -> None:
            with self._redis:
                self.installation.stop("redis")
                time.sleep(seconds)
                self.installation.start_redis()

        self._note("Redis killed", seconds)
        self._in_background(work)

    def empty_redis(self) -> None:
        """FLUSHALL."""
        import redis

        with contextlib.suppress(redis.RedisError):
            redis.Redis(port=self.installation.redis_port, socket_timeout=2).flushall()
            self._note("Redis emptied")

    # -- database and disk --------------------------------------------------------------------------------------

    def cut_database(self) -> None:
        """PostgreSQL: every connection is ended by the server. SQLite: somebody else holds the only write lock."""
        if self.installation.is_postgresql:
            name = self.installation.database_address.rpartition("/")[2]
            self.installation.on_server(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            self._note("database cut off")
            return
        seconds = self.chance.uniform(2.0, min(24.0, self.longest_pause))
        self._note("database cut off", seconds)
        self._in_background(lambda: self._hold_lock(seconds))

    def fill_disk(self) -> None:
        """Not a byte more goes into the store of artifacts, for a while."""
        seconds = self.chance.uniform(2.0, min(10.0, self.longest_pause))
        path = self.installation.folder / "artifacts" / FILLING

        def work() -> None:
            with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
                while True:
                    file.write(b"\0" * 65536)
            self._over.wait(seconds)
            path.unlink(missing_ok=True)

        self._note("disk full", seconds)
        self._in_background(work)

    # -- inside the processes -----------------------------------------------------------------------------------

    def lose_messages(self) -> None:
        """Half of the messages to workers never arrive."""
        self._for_a_while("messages lost", message_drops=0.5)

    def repeat_messages(self) -> None:
        """Most messages come three times, some up to five seconds late."""
        self._for_a_while("messages repeated and late", message_repeats=0.7, message_delays=0.4, delay_seconds=5.0)

    def lie_about_commits(self) -> None:
        """One in ten commits happens but is reported as failed."""
        self._for_a_while("commits that lie", commit_lies=0.1)

    def fail_commits(self) -> None:
        """One in ten commits fails."""
        self._for_a_while("commits that fail", commit_fails=0.1)

    # -- how ----------------------------------------------------------------------------------------------------

    def _for_a_while(self, fault: str, **shares: float) -> None:
        seconds = self.chance.uniform(3.0, min(12.0, self.longest_pause))

        def work() -> None:
            self._shares.update(shares)
            self.installation.sabotage(**self._shares)
            self._over.wait(seconds)
            self._shares.subtract(shares)
            self.installation.sabotage(**{kind: share for kind, share in self._shares.items() if share > 0.001})

        self._note(fault, seconds)
        self._in_background(work)

    def _pause(self, fault: str, pid: int, held: tuple[tuple[int, str, str, int], ...] = ()) -> None:
        seconds = self.chance.uniform(min(5.0, self.longest_pause / 2), self.longest_pause)

        def work() -> None:
            self._over.wait(seconds)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            self._note(fault, seconds, held)
            self._in_background(work)

    def _hold_lock(self, seconds: float) -> None:
        connection = sqlite3.connect(self.installation.folder / "leptonweb.sqlite3", timeout=30, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._over.wait(seconds)
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            pass  # another fault was there first
        finally:
            connection.close()

    def _held_by(self, name: str) -> tuple[tuple[int, str, str, int], ...]:
        pid = self.installation.processes[name].pid
        asked = "SELECT id, run_id, node, attempt FROM runs_noderun WHERE state = 'running' AND owner LIKE ?"
        try:
            rows = self.installation.rows(asked, (f"%:{pid}:%",))
        except Exception:  # noqa: BLE001 - another fault has the database just now
            return ()
        return tuple((row, str(run), node, attempt) for row, run, node, attempt in rows)

    def _in_background(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self._healing.append(thread)

    def _note(self, fault: str, seconds: float = 0.0, held: tuple[tuple[int, str, str, int], ...] = ()) -> None:
        self.struck.append(Struck(fault, time.time(), seconds, held))

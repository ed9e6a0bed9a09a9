"""Redis and the database: killed, emptied, full, locked."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import redis

if TYPE_CHECKING:
    from tests.chaos.nemesis import Nemesis

LEAST_MEMORY = 1
NO_LIMIT = 0


def faults(nemesis: Nemesis) -> dict[str, Callable[[], None]]:
    """Return what may happen to the servers."""
    alone = threading.Lock()
    found = {
        "Redis killed": lambda: _kill_redis(nemesis, alone),
        "Redis emptied": lambda: _empty_redis(nemesis),
        "Redis out of memory": lambda: _fill_redis(nemesis),
    }
    if not nemesis.installation.is_postgresql:
        return found | {"database locked": lambda: _lock_database(nemesis)}
    found["database connections ended"] = lambda: _end_connections(nemesis)
    if nemesis.installation.server is None:
        nemesis.impossible.append("The database server is not ours, so it is not killed; --postgresql own starts one.")
        return found
    return found | {"database server killed": lambda: _kill_server(nemesis)}


def _kill_redis(nemesis: Nemesis, alone: threading.Lock) -> None:
    """SIGKILL; a while later it is back, with what its file remembers or as empty as a new one."""
    seconds = nemesis.duration(0.5, 6.0)
    is_empty = nemesis.chance.random() < 0.5

    def work() -> None:
        with alone:
            nemesis.installation.stop("redis")
            nemesis.wait(seconds)
            nemesis.installation.start_redis(is_empty=is_empty)

    nemesis.note("Redis killed", seconds)
    nemesis.in_background(work)


def _empty_redis(nemesis: Nemesis) -> None:
    with contextlib.suppress(redis.RedisError):
        redis.Redis(port=nemesis.installation.redis_port, socket_timeout=2).flushall()
        nemesis.note("Redis emptied")


def _fill_redis(nemesis: Nemesis) -> None:
    """Every write is refused: Redis may use no more memory."""
    seconds = nemesis.duration(1.0, 8.0)

    def limit(amount: int) -> None:
        with contextlib.suppress(redis.RedisError):  # one that was killed meanwhile comes back without the limit
            redis.Redis(port=nemesis.installation.redis_port, socket_timeout=2).config_set("maxmemory", amount)

    limit(LEAST_MEMORY)
    nemesis.note("Redis out of memory", seconds)
    nemesis.heal_after(seconds, lambda: limit(NO_LIMIT))


def _lock_database(nemesis: Nemesis) -> None:
    """Somebody else holds the only write lock of SQLite."""
    seconds = nemesis.duration(2.0, 24.0)

    def hold() -> None:
        path = nemesis.installation.database_path
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            began = time.time()
            nemesis.wait(seconds)
            connection.execute("ROLLBACK")
            nemesis.lookout.note_outage(began, time.time())
        except sqlite3.OperationalError:
            pass  # another fault was there first
        finally:
            connection.close()

    nemesis.note("database locked", seconds, nemesis.held())
    nemesis.in_background(hold)


def _end_connections(nemesis: Nemesis) -> None:
    """The server ends every connection."""
    name = nemesis.installation.database_address.rpartition("/")[2]
    held = nemesis.held()
    nemesis.installation.on_server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    nemesis.note("database connections ended", held=held)


def _kill_server(nemesis: Nemesis) -> None:
    """The server ends as in a power cut, and is back after a while."""
    installation = nemesis.installation
    seconds = nemesis.duration(0.2, 6.0)
    held = nemesis.held()
    installation.is_server_held = True
    assert installation.server is not None
    installation.server.kill()
    nemesis.note("database server killed", seconds, held)
    began = time.time()

    def work() -> None:
        nemesis.wait(seconds)
        installation.is_server_held = False  # the keeper starts it
        while not _answers(nemesis):
            time.sleep(0.1)
        nemesis.lookout.note_outage(began, time.time())

    nemesis.in_background(work)


def _answers(nemesis: Nemesis) -> bool:
    try:
        nemesis.installation.on_server("SELECT 1")
    except Exception:  # noqa: BLE001 - not yet
        return False
    return True

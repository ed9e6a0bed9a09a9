"""A PostgreSQL server of our own on free ports, that may be killed and started as often as we like."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psutil

from tests.chaos.disks import SmallDisk
from tests.worker.stack import free_port

MEBIBYTES = 640
ACCOUNT = "postgres"
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "min_wal_size": "32MB",
    "max_wal_size": "96MB",
    "listen_addresses": "127.0.0.1",
}


class OwnServer:
    """A cluster in a folder of its own.

    Raises:
        LookupError: This machine has no PostgreSQL.
    """

    def __init__(self) -> None:
        self._programs = find_programs()
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="lepton-chaos-postgresql-"))
        self.disk = SmallDisk(self.folder / "disk", MEBIBYTES)

    @property
    def url(self) -> str:
        """The address of its first database."""
        return f"postgresql://{ACCOUNT}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Make the cluster and start it."""
        self.disk.mount()
        self._own(self.folder, self.disk.place)
        made = ["-D", str(self._data), "-U", ACCOUNT, "-A", "trust", "--wal-segsize=4", "-E", "UTF8"]
        self._run("initdb", *made, check=True)
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(f"port = {self.port}\nunix_socket_directories = '{self.folder}'\n")
            file.writelines(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
        self.rise()

    def kill(self) -> None:
        """End it as a power cut would: no checkpoint, no goodbye; it recovers from its log at the next start."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def rise(self) -> bool:
        """Start it if it is not there, and return whether it is now."""
        log = str(self.folder / "server.log")
        return self._run("pg_ctl", "-D", str(self._data), "-l", log, "-w", "-t", "60", "start") == 0

    @property
    def is_there(self) -> bool:
        """Whether the server runs."""
        try:
            number = int((self._data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return False
        return psutil.pid_exists(number)

    def close(self) -> None:
        """End it and leave nothing."""
        self.kill()
        self.disk.unmount()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.disk.place / "data"

    def _own(self, *folders: Path) -> None:
        if os.getuid() == 0:  # the server refuses to run as root
            for folder in folders:
                shutil.chown(folder, ACCOUNT, ACCOUNT)

    def _run(self, program: str, *arguments: str, check: bool = False) -> int:
        account = pwd.getpwnam(ACCOUNT) if os.getuid() == 0 else None
        done = subprocess.run(
            [self._programs / program, *arguments],
            check=check,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            start_new_session=True,
        )
        return done.returncode


def find_programs() -> Path:
    """Return the folder with ``initdb`` and ``pg_ctl``. Raises ``LookupError``."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    places += [Path(found).resolve().parent] if found else []
    for place in places:
        if (place / "initdb").is_file() and (place / "pg_ctl").is_file():
            return place
    raise LookupError("No PostgreSQL programs (initdb, pg_ctl) were found.")

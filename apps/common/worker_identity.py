"""Names of the processes that hold leases. A dead process of this machine is recognised before its lease expires."""

from __future__ import annotations

import os
import socket
import threading
from functools import lru_cache
from pathlib import Path

LONGEST_HOST_NAME = 60


def worker_id() -> str:
    """Return the name of this thread of this process, unlike that of any other at any time."""
    return f"{_process(os.getpid())}:{threading.get_ident()}"


def is_dead(owner: str) -> bool:
    """Return whether the process is known to have ended; ``False`` for one of another machine, or if in doubt."""
    try:
        host, pid, started, namespace, _ = owner.split(":")
    except ValueError:
        return False
    if not started or (host, namespace) != (_host(), _namespace()):
        return False
    return _started(int(pid)) != started


@lru_cache(maxsize=1)
def _process(pid: int) -> str:
    return f"{_host()}:{pid}:{_started(pid)}:{_namespace()}"


def _host() -> str:
    return socket.gethostname().replace(":", "-")[:LONGEST_HOST_NAME]


def _namespace() -> str:
    """Return which processes are seen from here: two containers may have one name and each a process 7."""
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when a process started, in ticks since the machine did; empty when that cannot be read.

    A process that ended and was not yet collected by its parent counts as not there.
    """
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if after_name[0] in "ZX" else after_name[19]

"""How many files, connections among them, a process may have open."""

from __future__ import annotations

import errno
import resource
from typing import Any

TOO_MANY = frozenset({errno.EMFILE, errno.ENFILE})
WANTED = 65_536


def raise_limit() -> int:
    """Allow as many open files as the system lets us, up to `WANTED`, and return how many; children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted: Any = min(hard, WANTED) if hard != resource.RLIM_INFINITY else WANTED
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return int(wanted)

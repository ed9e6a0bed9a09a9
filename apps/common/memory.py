"""How much memory there is, how much a family of processes uses, and whether the kernel had to kill for it."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

GIGABYTE = 2**30
CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
OWN_MEMORY = re.compile(r"^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB$", re.MULTILINE)


@cache
def machine_memory() -> int:
    """Return the bytes this machine, or the container we are in, may use; read once, every attempt asks for it."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in CGROUP_LIMITS:
        try:
            return min(whole, int(path.read_text()))
        except (OSError, ValueError):  # not there, or "max"
            continue
    return whole


def memory_of(pid: int) -> int:
    """Return the bytes that a process and all it started keep for themselves; mapped files do not count."""
    total, waiting = 0, [pid]
    while waiting:
        current = waiting.pop()
        total += _own_memory(current)
        waiting += _started_by(current)
    return total


def oom_kills() -> int:
    """Return how many processes this machine killed for want of memory since it started."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def format_bytes(size: float) -> str:
    """Return a size in gigabytes, as people say it and as the page counts: of 1,024 three times."""
    amount = size / GIGABYTE
    return f"{amount:.0f} GB" if amount >= 10 else f"{amount:.1f} GB"


def _own_memory(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return sum(int(found) for found in OWN_MEMORY.findall(status)) * 1024


def _started_by(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            found += [int(child) for child in path.read_text().split()]
    except OSError:
        pass
    return found

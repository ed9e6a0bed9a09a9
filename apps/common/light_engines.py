"""The light engine processes of the web: they answer what the page asks while a person waits.

There are two, so that one slow question does not hold up all others; the second starts when it is first needed.
"""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from apps.common.engine_process import EngineProcess

PROCESSES = 2


@cache
def idle() -> queue.LifoQueue[EngineProcess]:
    """The idle processes, the most recently used first."""
    processes: queue.LifoQueue[EngineProcess] = queue.LifoQueue()
    for _ in range(PROCESSES):
        processes.put(EngineProcess((sys.executable, "-m", "tasks.engine", "--light")))
    return processes


@contextmanager
def borrowed(timeout_seconds: float) -> Iterator[EngineProcess]:
    """Give one of them to be asked.

    Raises:
        queue.Empty: None came free in time.
    """
    process = idle().get(timeout=timeout_seconds)
    try:
        yield process
    finally:
        idle().put(process)

"""A worker whose supervisor was killed goes on serving until the workers of a new supervisor answer."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import wait

from tasks.inference.server.process import handover

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_CHECKS = 0.2
"""Between two checks for a new supervisor."""

STOP_SECONDS = 10
"""How long requests under way may take when a worker ends."""

SECONDS_TO_END = 2.0 * STOP_SECONDS
"""A worker that is alive this long after SIGTERM is stuck, and ends itself: it has no supervisor to kill it."""


def guard_against_orphaning(port: int, orphan_seconds: float) -> None:
    """Have this worker end when it is not needed any more after its supervisor was killed.

    The worker goes on answering on the shared socket, and follows changes of keys and releases as before, so clients
    notice nothing. It finishes the requests under way and ends as soon as the workers of a new supervisor answer; when
    none has started in time; or when the process that adopted it at its supervisor's death (the nearest subreaper)
    ends too, as nothing starts a new supervisor then.

    Args:
        port: Where the plane listens.
        orphan_seconds: How long the worker waits for a new supervisor. 0: it ends with its own.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if os.getppid() != parent.pid:
        sys.exit("The supervisor ended before this process began.")
    seconds = orphan_seconds if handover.IS_LINUX else 0.0
    arguments = (parent.sentinel, os.getppid(), seconds, port)
    # A thread, so that it also ends a worker whose event loop is stuck.
    threading.Thread(target=_end_in_time, args=arguments, name="orphan-guard", daemon=True).start()


def _end_in_time(sentinel: int, parent: int, seconds: float, port: int) -> None:
    wait([sentinel])
    if seconds:
        logger.warning("The supervisor ended. This worker serves on for a new one, for %g s at most.", seconds)
        _wait_until_replaced(parent, time.monotonic() + seconds, lambda: handover.has_successor(port))
        lock = _wait_for_exit_lock(port)  # noqa: F841 - held until this process is gone
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SECONDS_TO_END)
    os._exit(1)


def _wait_until_replaced(parent: int, until: float, has_successor: Callable[[], bool]) -> None:
    adopter = 0
    while time.monotonic() < until:
        now = os.getppid()
        if now != parent:  # until then the lock that is seen may be that of the ending supervisor
            adopter = adopter or now
            if now != adopter or has_successor():
                return
        time.sleep(SECONDS_BETWEEN_CHECKS)


def _wait_for_exit_lock(port: int) -> socket.socket | None:
    """Return the exit lock; ``None`` when other workers hold it for so long that this one ends together with them."""
    until = time.monotonic() + STOP_SECONDS
    while (lock := handover.exit_lock(port)) is None and time.monotonic() < until:
        time.sleep(SECONDS_BETWEEN_CHECKS)
    return lock

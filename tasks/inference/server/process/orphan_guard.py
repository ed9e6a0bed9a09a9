"""Serving on when the process that looked after this one is killed, until the next one's processes answer."""

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

SECONDS_BETWEEN_LOOKS = 0.2
"""Between two looks for an heir."""

STOP_SECONDS = 10
"""How long requests under way may take when a process ends."""

SECONDS_TO_END = 2.0 * STOP_SECONDS
"""Who was told to end and still lives after this is stuck, and nobody is there to kill it."""


def guard_against_orphaning(port: int, alone_seconds: float) -> None:
    """Have this worker end once nobody needs it any more, if its supervisor is killed.

    It goes on answering on the socket they shared, and follows changes of keys and releases as before, so callers
    notice nothing. It ends, requests under way first, as soon as a new supervisor's workers answer; when none comes
    in time; or when whoever took it in after its supervisor's death ends as well, as nothing will be restarted then.

    Args:
        port: Where the plane listens.
        alone_seconds: How long it waits for a new supervisor. 0: it ends with its own.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if os.getppid() != parent.pid:
        sys.exit("The supervisor ended before this process began.")
    seconds = alone_seconds if handover.IS_LINUX else 0.0
    arguments = (parent.sentinel, os.getppid(), seconds, port)
    # A thread: it is there for a process whose event loop is stuck, too.
    threading.Thread(target=_end_in_time, args=arguments, name="orphan-guard", daemon=True).start()


def _end_in_time(sentinel: int, parent: int, seconds: float, port: int) -> None:
    wait([sentinel])
    if seconds:
        logger.warning("The supervisor ended. This process serves on until a new one's do, for %g s at most.", seconds)
        _wait_until_needless(parent, time.monotonic() + seconds, lambda: handover.has_successor(port))
        turn = _wait_for_turn(port)  # noqa: F841 - held until this process is gone
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SECONDS_TO_END)
    os._exit(1)


def _wait_until_needless(parent: int, until: float, has_successor: Callable[[], bool]) -> None:
    adopter = 0
    while time.monotonic() < until:
        now = os.getppid()
        if now != parent:  # before that the dying one's own claim may still be there
            adopter = adopter or now
            if now != adopter or has_successor():
                return
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _wait_for_turn(port: int) -> socket.socket | None:
    """Return what was taken with the turn; ``None`` when the others take so long that this one leaves beside them."""
    until = time.monotonic() + STOP_SECONDS
    while (turn := handover.exit_lock(port)) is None and time.monotonic() < until:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return turn

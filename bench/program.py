"""Runs a measurement as a program: whatever it started is ended with it, on SIGTERM and Ctrl-C too."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

import psutil

MARK = "MEASUREMENT"
"""Variable that everything a measurement starts has in its environment, with the measurement's own value."""
ENDING_SECONDS = 10.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_program(main: Callable[[], int]) -> NoReturn:
    """Run ``main`` and exit with what it returns, or with 128 and the signal that ended it.

    Its own ``finally`` blocks run first; what they leave, or do not reach when a second signal comes, is killed.
    """
    mark, seen = uuid.uuid4().hex, set[psutil.Process]()
    os.environ[MARK] = mark

    def end(number: int, _frame: FrameType | None) -> None:
        seen.update(
            psutil.Process().children(recursive=True)
        )  # once their parents are gone nobody knows whose they are
        raise SystemExit(128 + number)

    for number in _SIGNALS:
        signal.signal(number, end)
    try:
        code = main()
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        _kill(mark, seen)
    sys.exit(code)


def _kill(mark: str, seen: set[psutil.Process]) -> None:
    """Kill what is left, again until nothing is: a supervisor may start something while it is killed."""
    until = time.monotonic() + ENDING_SECONDS
    while (left := _left(mark, seen)) and time.monotonic() < until:
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=1)


def _left(mark: str, seen: set[psutil.Process]) -> list[psutil.Process]:
    found = {*seen, *psutil.Process().children(recursive=True), *filter(lambda one: _has(one, mark), _others())}
    return [process for process in found if _is_running(process)]


def _is_running(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _others() -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if process.pid != os.getpid()]


def _has(process: psutil.Process, mark: str) -> bool:
    try:
        return bool(process.environ().get(MARK) == mark)
    except (psutil.Error, OSError):  # gone, or somebody else's
        return False

"""What a search sets for a fit: when it has to end, and for how many rounds it goes; and a process that can be ended.

Fits that look at their context between rounds stop by themselves. Those that stay inside a library for their whole
length run in a process of their own, which is killed when the time is over or the run is cancelled.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import pickle
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tasks.contract.context import RunContext
from tasks.contract.errors import Cancelled

_PR_SET_PDEATHSIG = 1
_CHECK_SECONDS = 0.1
"""Seconds between two looks at whether the run was cancelled."""
_READ_BYTES = 1 << 20

T = TypeVar("T")


class OutOfTime(Exception):  # noqa: N818 - an agreed end, not a fault
    """Raised inside a candidate's fit when the time for the search is over."""


@dataclass(frozen=True)
class FitLimits:
    """What a search sets for one fit.

    Attributes:
        deadline: Seconds of ``clock`` at which it has to end.
        rounds: Rounds or epochs to learn for, on all training rows; the learner finds out itself when ``None``.
        clock: Gives seconds that never go back.
        found: Rounds that learners found best; they append to it.
        chooses_threshold: Whether a learner that is to choose a threshold does; not for a measure without one.
    """

    deadline: float = math.inf
    rounds: int | None = None
    clock: Callable[[], float] = time.monotonic
    found: list[int] = field(default_factory=list)
    chooses_threshold: bool = True


def limits_of(context: RunContext) -> FitLimits:
    """Return what a search set for the fit with this context; without a search nothing is limited."""
    limits = getattr(context, "limits", None)
    return limits if isinstance(limits, FitLimits) else FitLimits()


def fit_in_process(fit: Callable[[], T], limits: FitLimits, context: RunContext) -> T:
    """Return what ``fit`` returns in a forked process, which is killed at the deadline.

    A fork sees all data and copies none. It must use neither a GPU nor threads of OpenMP: those of the parent do not
    exist in it, and it would wait for them until the deadline.

    Raises:
        OutOfTime: The deadline passed.
        Cancelled: The run was cancelled.
        Exception: What ``fit`` raised.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(fit, writing)
    os.close(writing)
    try:
        answer = _read(reading, limits, context)
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if not answer:
        raise MemoryError(f"The process of the fit was ended by signal {os.WTERMSIG(status)}.")
    made, error = pickle.loads(answer)  # noqa: S301 - of our own child
    if error is not None:
        raise error
    result: T = made
    return result


def _read(pipe: int, limits: FitLimits, context: RunContext) -> bytes:
    parts: list[bytes] = []
    while True:
        if context.cancelled():
            raise Cancelled
        left = limits.deadline - limits.clock()
        if left <= 0:
            raise OutOfTime
        if not select.select([pipe], [], [], min(left, _CHECK_SECONDS))[0]:
            continue
        part = os.read(pipe, _READ_BYTES)
        if not part:
            return b"".join(parts)
        parts.append(part)


def _answer(fit: Callable[[], Any], pipe: int) -> None:
    """Write the pickled result or error of the fit to the pipe and end this process."""
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        try:
            answer = pickle.dumps((fit(), None), protocol=5)
        except Exception as error:  # noqa: BLE001 - the parent raises it
            answer = _pickled_error(error)
        with os.fdopen(pipe, "wb") as file:
            file.write(answer)
    finally:
        os._exit(0)


def _pickled_error(error: Exception) -> bytes:
    try:
        made = pickle.dumps((None, error))
        pickle.loads(made)  # noqa: S301 - some errors can be written and not be read
    except Exception:  # noqa: BLE001 - its text says enough
        return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))
    return made

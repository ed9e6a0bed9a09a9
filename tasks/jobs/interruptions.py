"""Which failures of a request were not caused by the work itself and are retried: the same for nodes and files."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any

from apps.common.engine_process import EngineProcessDied, EngineProcessError, EngineProcessOutOfMemory
from apps.common.json_values import sanitized_text
from tasks.graph.messages import Message

SHORTAGES = frozenset({errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE})
LONGEST_SUMMARY = 300


def is_interruption(error: EngineProcessError) -> bool:
    """Return whether the engine process ended for a reason outside the work: killed, crashed, its lease lost.

    One that reached its limit of memory, the deadline of its request or the most that is read of an answer would end
    the same way again.
    """
    return isinstance(error, EngineProcessDied) and not isinstance(error, EngineProcessOutOfMemory)


def is_storage_error(error: Mapping[str, Any]) -> bool:
    """Return whether an error that the engine process answered is about the store: it is full or unavailable."""
    return bool(error["kind"] == "storage")


def is_shortage(error: Exception) -> bool:
    """Return whether the machine lacked memory, processes or open files just then."""
    if isinstance(error, OSError):
        return error.errno in SHORTAGES
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "start new thread" in str(error))


def describe_exception(error: Exception) -> Message:
    """Return a sentence about an exception of the worker itself."""
    summary = sanitized_text(f"{type(error).__name__}: {error}".strip().splitlines()[0][:LONGEST_SUMMARY])
    if is_shortage(error):
        return Message("worker.shortage", "The machine lacked memory, processes or files ({error}).", error=summary)
    return Message("worker.bug", "The worker stopped with an unexpected error ({error}).", error=summary)

"""Which failures of a request were not caused by the work itself and are retried: the same for nodes and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.common.engine_process import EngineProcessDied, EngineProcessError, EngineProcessOutOfMemory


def is_interruption(error: EngineProcessError) -> bool:
    """Return whether the engine process ended for a reason outside the work: killed, crashed, its lease lost.

    One that reached its limit of memory, the deadline of its request or the most that is read of an answer would end
    the same way again.
    """
    return isinstance(error, EngineProcessDied) and not isinstance(error, EngineProcessOutOfMemory)


def is_storage_error(error: Mapping[str, Any]) -> bool:
    """Return whether an error that the engine process answered is about the store: it is full or unavailable."""
    return bool(error["kind"] == "storage")

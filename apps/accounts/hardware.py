"""Whether GPUs are known here. The compute application knows and registers how to tell."""

from __future__ import annotations

from collections.abc import Callable

_tell: list[Callable[[], bool]] = []


def register_gpu_check(check: Callable[[], bool]) -> None:
    """Let ``check`` answer from now on."""
    _tell[:] = [check]


def has_gpu() -> bool:
    """Return whether a worker with a GPU has reported itself."""
    return any(check() for check in _tell)

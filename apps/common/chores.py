"""What the reconciler does beside mending runs: applications above it register their chores when they load."""

from __future__ import annotations

from collections.abc import Callable

from apps.common.repair_guard import RepairGuard

Chore = Callable[[], object]

_chores: list[Chore] = []


def chore(work: Chore) -> None:
    """Have the reconciler call this every few seconds. It must be quick, and harmless when done twice at once."""
    _chores.append(work)


def do_chores(guard: RepairGuard) -> None:
    """Do every chore once; one that raises stops none of the others."""
    for work in _chores:
        guard.attempt(getattr(work, "__qualname__", repr(work)), work)

"""What the reconciler does beside mending runs: applications above it register their chores when they load."""

from __future__ import annotations

from collections.abc import Callable

Chore = Callable[[], object]

_chores: list[Chore] = []


def chore(work: Chore) -> None:
    """Have the reconciler call this every few seconds. It must be quick, and harmless when done twice at once."""
    _chores.append(work)


def do_chores() -> None:
    """Do every chore once."""
    for work in _chores:
        work()

"""What happens when people delete something that stored artifacts belonged to: applications above say so on loading."""

from __future__ import annotations

from collections.abc import Callable

_followers: list[Callable[[], object]] = []


def follow(work: Callable[[], object]) -> None:
    """Have this called within every transaction that deletes something that named artifacts."""
    if work not in _followers:
        _followers.append(work)


def tell() -> None:
    """Say that something is being deleted; to be called in that transaction."""
    for work in _followers:
        work()

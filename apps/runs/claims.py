"""What a worker holds of a run, how an attempt ended, and how that is written while the database is away at times."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from apps.common.database_retry import Change, retry_on_disconnect
from apps.compute.models import Gpu
from apps.runs.fusion import Follower
from apps.runs.models import NodeRun

T = TypeVar("T")


@dataclass(frozen=True)
class Claim:
    """A node that this worker holds, and what its attempt needs to know of the run.

    ``inputs``: port to address; ``followers``: nodes to run behind it in one go, which nobody holds yet; ``gpu``: held
    by this attempt.
    """

    node: NodeRun
    run_id: uuid.UUID
    seed: int
    datasets: Mapping[str, str]
    inputs: Mapping[str, str]
    followers: tuple[Follower, ...] = ()
    gpu: Gpu | None = None

    def next(self) -> Claim:
        """Return the claim of the node behind this one."""
        return replace(self, node=self.followers[0].node, followers=self.followers[1:])


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended.

    ``state``: done, failed, crashed or cancelled, or queued when the node is to be requeued; ``pause``: not before this
    is over, and without counting as a lost attempt; ``events``: what the engine process reported and is not yet
    written, the ends of nodes among it; ``began_at``, ``ended_at``: by the clock of the engine process;
    ``has_checkpoint``: a checkpoint was stored that nobody needs any more.
    """

    state: NodeRun.State
    outputs: Mapping[str, Any]
    headline: str = ""
    error: Mapping[str, Any] | None = None
    pause: timedelta | None = None
    events: Sequence[Mapping[str, Any]] = ()
    began_at: float = 0.0
    ended_at: float = 0.0
    has_checkpoint: bool = False


@dataclass
class LastEvent:
    """The last event that a try of a change wrote: found again when the try was committed without an answer."""

    seq: int = 0
    body: str = ""


def write_durably(claim: Claim, change: Change[T]) -> T:
    """Return what a change to a claim returns, retried while the database is away.

    An attempt may have taken hours: its result is not given up because the database was away for a moment.

    Args:
        change: Called with whether it is a retry; the try before may have been committed all the same. Before a retry
            ``attempt`` and ``state`` of the nodes in memory are as they were before the first try.
    """
    states = [(node, node.attempt, node.state) for node in (claim.node, *(other.node for other in claim.followers))]

    def attempt(*, is_retry: bool) -> T:
        for node, number, state in states if is_retry else ():
            node.attempt, node.state = number, state
        return change(is_retry=is_retry)

    return retry_on_disconnect(attempt)

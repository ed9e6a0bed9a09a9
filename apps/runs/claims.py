"""Claims of workers on nodes, outcomes of attempts, and writes that are retried until the database is back."""

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
    """A node that this worker holds, and the data of the run that its attempt needs.

    ``inputs``: port to digest; ``followers``: nodes to run after it in the same request, not claimed yet; ``gpu``: held
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

    ``state``: done, failed, crashed or cancelled, or queued when the node is to be requeued; ``pause``: time until it
    may start again, without counting as a lost attempt; ``events``: events of the engine process that are not written
    yet, including the ends of nodes; ``began_at``, ``ended_at``: by the clock of the engine process;
    ``has_checkpoint``: a checkpoint was stored, which can be removed now; ``peak_bytes``: the most memory that the
    engine process kept for itself, 0 where it is not known.
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
    peak_bytes: int = 0


@dataclass
class LastEvent:
    """The last event that a transaction wrote. Found in the database, it proves that the transaction was committed."""

    seq: int = 0
    body: str = ""


def write_durably(claim: Claim, change: Change[T]) -> T:
    """Return what a change to a claim returns, retried while the database is unavailable.

    An attempt may have taken hours: its result must not be lost to a short interruption of the database.

    Args:
        change: Called with whether it is a retry; the try before may have been committed nevertheless. Before a retry
            ``attempt`` and ``state`` of the nodes in memory are as they were before the first try.
    """
    states = [(node, node.attempt, node.state) for node in (claim.node, *(other.node for other in claim.followers))]

    def attempt(*, is_retry: bool) -> T:
        for node, number, state in states if is_retry else ():
            node.attempt, node.state = number, state
        return change(is_retry=is_retry)

    return retry_on_disconnect(attempt)

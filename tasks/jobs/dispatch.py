"""Who runs next. A finished node counts down its successors in its own transaction; nobody waits for a layer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from apps.common import clock
from apps.common.leases import holder_name
from apps.compute.models import Gpu
from apps.live.events import NodeLog
from apps.runs import node_events, notify_workers, sql, transitions
from apps.runs.models import NodeRun, Run, RunEvent
from apps.runs.run_transaction import RunTransaction, run_transaction
from tasks.graph.messages import Message, from_json, message_json
from tasks.jobs import gpus
from tasks.jobs.fusion import Follower, followers_of

ENDED = "ended"


@dataclass(frozen=True)
class Claim:
    """A node that this worker holds, and what its attempt needs to know of the run.

    ``followers``: nodes to run behind it in one go; nobody holds them yet. ``gpu``: lent to this attempt.
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

    def snapshot_state(self) -> list[tuple[NodeRun, int, str]]:
        """Return each node with its attempt and state, for `reset_after_rollback`."""
        return [(node, node.attempt, node.state) for node in (self.node, *(other.node for other in self.followers))]


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended.

    ``state``: done, failed, crashed or cancelled, or queued when the attempt is to be put back; ``pause``: not before
    this is over, and without counting as one of the few losses; ``events``: what the process reported before and is
    not yet written, the ends of nodes among it; ``began_at``, ``ended_at``: by the clock of the engine process;
    ``has_checkpoint``: something was kept on the way that nobody needs any more.
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


def reset_after_rollback(standing: Iterable[tuple[NodeRun, int, str]]) -> None:
    """Undo in memory what a change did that was rolled back, so that another try finds the nodes as they are."""
    for node, attempt, state in standing:
        node.attempt, node.state = attempt, state


def take(run_id: uuid.UUID | str, *, queue: str, owner: str, is_retry: bool = False) -> Claim | None:
    """Take a node of the run that is ready, or ``None`` when there is none for this queue.

    Args:
        is_retry: The same was tried before and may have happened.
    """
    free = gpus.free_memory(queue)
    try:
        with run_transaction(run_id) as change:
            if is_retry and (held := _already_claimed(change, owner)):
                return held
            return _take(change, _wanted(sql.first_claimable(change.run, queue), queue), owner=owner, free=free)
    except Run.DoesNotExist:
        return None


def finish(claim: Claim, outcome: Outcome, *, owner: str, goes_on: bool = True, is_retry: bool = False) -> Claim | None:
    """Write how an attempt ended and take the next node, all in one transaction.

    The worker goes on with a node that it made ready, without a message; others are called for the rest.

    Args:
        goes_on: Whether this worker takes another node of the run.
        is_retry: The same was tried before and may have happened; then the node that was taken is returned.

    Returns:
        The next node, or ``None`` when nothing is left for this worker. A stale attempt changes nothing.
    """
    queue = claim.node.queue
    free = gpus.free_memory(queue)
    with run_transaction(claim.run_id) as change:
        if is_retry and (held := _already_claimed(change, owner, beside=claim.node)):
            return held
        last, ready = _end(change, claim, outcome, owner)
        following: Claim | None = None
        if goes_on:
            own = [node for node in ready if node.queue == queue]
            candidates = own or sql.first_claimable(change.run, queue)
            following = _take(change, _wanted(candidates, queue), owner=owner, free=free, before=last)
        rest = [node for node in ready if following is None or node.pk != following.node.pk]
        transitions.enqueue_ready(change, rest)
        notify_workers.notify(claim.run_id, rest, present=queue if goes_on else "")
        return following


@dataclass
class LastEvent:
    """What the last try of a change said last: number and text of the event; found again when the try happened."""

    seq: int = 0
    body: str = ""


def commit_progress(claim: Claim, told: Sequence[Mapping[str, Any]], *, owner: str, said: LastEvent) -> Claim | None:
    """Write what the engine process told of a chain: nodes that ended are done, the one behind them is held now.

    Args:
        said: The same one for every try of the same change.

    Returns:
        The claim of the node that is worked on, or ``None`` when it is not this worker's any more.
    """
    with run_transaction(claim.run_id) as change:
        if said.seq and RunEvent.objects.filter(run=claim.run_id, seq=said.seq, body=said.body).exists():
            return _moved(change, claim, owner) or claim
        current, events = _apply_events(change, claim, told)
        if current is None:
            return None
        if current.node is not claim.node and not transitions.claim(change, current.node, owner=owner):
            return None
        node_events.append_events(change, current.node, events)
        said.seq, said.body = change.last_event
        return current


def _moved(change: RunTransaction, claim: Claim, owner: str) -> Claim | None:
    """Return where a worker stands that does not know whether its last change happened; ``None`` if it did not."""
    held = {node.pk: node for node in sql.held_by(change.run, owner)}
    while claim.followers:
        claim = claim.next()
        if claim.node.pk in held:
            return replace(claim, node=held[claim.node.pk])
    return None


def _apply_events(
    change: RunTransaction, claim: Claim, told: Sequence[Mapping[str, Any]]
) -> tuple[Claim | None, list[Mapping[str, Any]]]:
    """End the nodes of a chain that ended; return the claim of the one behind them and what it said so far.

    ``None`` for the claim when an attempt is stale: then everything behind it is, too.
    """
    current, events = claim, []
    for event in told:
        if event["event"] != ENDED:
            events.append(event)
            continue
        # The first may have been given to another worker, and then nothing is said of it.
        say = node_events.append_events if current is claim else node_events.emit_events
        say(change, current.node, events)
        if not _apply_end(change, current.node, event, is_held=current is claim):
            return None, []
        current, events = current.next(), []
    return current, events


def _apply_end(change: RunTransaction, node: NodeRun, ended: Mapping[str, Any], *, is_held: bool) -> bool:
    if is_held:
        made = {"outputs": ended["outputs"], "headline": from_json(ended["headline"])}
        return transitions.succeed(change, node, **made, is_followed=True) is not None
    return _complete_fused(change, node, ended, is_followed=True) is not None


def _complete_fused(
    change: RunTransaction, node: NodeRun, ended: Mapping[str, Any], *, is_followed: bool
) -> list[NodeRun] | None:
    return transitions.complete_fused(
        change,
        node,
        outputs=ended["outputs"],
        headline=from_json(ended["headline"]),
        times=(clock.from_local_timestamp(ended["began"]), clock.from_local_timestamp(ended["ended"])),
        is_followed=is_followed,
    )


def _end(change: RunTransaction, claim: Claim, outcome: Outcome, owner: str) -> tuple[NodeRun | None, list[NodeRun]]:
    """Return the node that ended and those that became ready."""
    current, events = _apply_events(change, claim, outcome.events)
    if current is None:
        return None, []
    node = current.node
    if current is not claim and outcome.state == NodeRun.State.DONE:
        node_events.emit_events(change, node, events)
        ended = {
            "outputs": outcome.outputs,
            "headline": message_json(outcome.headline),
            "began": outcome.began_at,
            "ended": outcome.ended_at,
        }
        ready = _complete_fused(change, node, ended, is_followed=False)
        return (None, []) if ready is None else (node, ready)
    if current is not claim and not transitions.claim(change, node, owner=owner):
        return None, []
    if events:
        node_events.append_events(change, node, events)
    return node, _end_held(change, node, outcome)


def _end_held(change: RunTransaction, node: NodeRun, outcome: Outcome) -> list[NodeRun]:
    if outcome.state == NodeRun.State.DONE:
        return transitions.succeed(change, node, outputs=outcome.outputs, headline=outcome.headline) or []
    if outcome.state == NodeRun.State.QUEUED:
        reason = from_json(outcome.error) if outcome.error else Message("worker.stopped", "The worker stopped.")
        counts = bool(outcome.error) and outcome.pause is None
        transitions.requeue(change, node, reason=reason, counts=counts, pause=outcome.pause)
        return []
    transitions.fail(change, node, outcome.state, outcome.error, headline=outcome.headline)
    return []


def _already_claimed(change: RunTransaction, owner: str, *, beside: NodeRun | None = None) -> Claim | None:
    """Return what the caller holds already, without knowing it."""
    for node in sql.held_by(change.run, owner):
        if beside is None or (node.pk, node.attempt) != (beside.pk, beside.attempt):
            gpu = Gpu.objects.filter(holder=holder_name(node, node.attempt)).first() if node.uses_gpu else None
            node.device = gpu.name if gpu else transitions.CPU
            return _claim(change.run, node, gpu=gpu)
    return None


def _wanted(candidates: Iterable[NodeRun], queue: str) -> list[NodeRun]:
    return [node for node in candidates if node.queue == queue]


def _take(
    change: RunTransaction,
    candidates: Iterable[NodeRun],
    *,
    owner: str,
    free: Mapping[str, int],
    before: NodeRun | None = None,
) -> Claim | None:
    for node in candidates:
        try:
            gpu = gpus.acquire_for(node, free)
        except gpus.NoGpuAvailable:
            continue
        node.device = gpu.name if gpu else transitions.CPU
        if transitions.claim(change, node, owner=owner):
            if node.uses_gpu and gpu is None:
                change.emit(NodeLog, node=node.node, lines=[gpus.NO_GPU])
            return _claim(change.run, node, gpu=gpu, before=before)
    return None


def _claim(run: Run, node: NodeRun, *, gpu: Gpu | None, before: NodeRun | None = None) -> Claim:
    inputs = _addresses(run, node, before)
    return Claim(node, run.pk, run.seed, run.datasets, inputs, followers_of(run, node), gpu)


def _addresses(run: Run, node: NodeRun, before: NodeRun | None) -> dict[str, str]:
    """Return port to address. ``before``: a node whose outputs are at hand."""
    outputs = {before.node: before.outputs} if before else {}
    names = {source for source, _ in node.inputs.values()} - outputs.keys()
    outputs.update(sql.outputs_of(run, list(names)))
    # An output may be absent: a node need not give what its successor takes as optional.
    return {
        port: outputs[source][name]["address"]
        for port, (source, name) in node.inputs.items()
        if name in outputs.get(source, {})
    }

"""Scheduling of nodes: which one becomes ready, in which queue, who is notified, and who claims it.

A node is started by the Celery message that `notify_workers` sends for it. A message may be lost: then the reconciler
sends it again (`renotify`), and `tasks.jobs.poller` finds the node without any.
A worker that finishes a node claims the next one in the same transaction and needs no message; neither does another
thread of it that found nothing a moment ago (`waiting_threads`).

The path of a node that is done, from the engine's answer to the next claim: ``tasks.jobs.execute.work`` calls `finish`
through `apps.runs.claims.write_durably`; `finish` locks the run, writes the result under the fence, counts down the
dependencies of its successors, claims one that is ready, notifies other workers of the rest, and commits the events
with all that.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from apps.common import clock
from apps.common.jobs import Queue
from apps.common.leases import holder_name
from apps.compute.models import Gpu
from apps.compute.services import NO_GPUS, LocalGpus, NoGpuAvailable, acquire_or_wait
from apps.live.events import NodeLog
from apps.runs import node_events, notify_workers, sql, transitions
from apps.runs.claims import Claim, LastEvent, Outcome
from apps.runs.fusion import followers_of
from apps.runs.models import UNFINISHED, NodeRun, Run, RunEvent
from apps.runs.run_transaction import RunTransaction, run_transaction
from tasks.graph.messages import Message, from_json, parts_of

ENDED = "ended"
CPU = "cpu"
NO_GPU = Message("run.no_gpu", "No GPU with enough free memory is there: this runs on the CPU, which takes longer.")
FIRST_RENOTIFY = timedelta(seconds=5)
LONGEST_RENOTIFY = timedelta(seconds=60)


def claim_next(
    run_id: uuid.UUID | str, *, queue: str, owner: str, gpus: LocalGpus = NO_GPUS, is_retry: bool = False
) -> Claim | None:
    """Claim a node of the run that is ready, or return ``None`` when there is none for this queue.

    Args:
        gpus: Those of this machine, with their current free memory.
        is_retry: An earlier try may have been committed.
    """
    try:
        with run_transaction(run_id) as change:
            if is_retry and (claimed := _already_claimed(change, owner)):
                return claimed
            return _claim_first(change, queue, owner=owner, gpus=gpus)
    except Run.DoesNotExist:
        return None


def finish(
    claim: Claim,
    outcome: Outcome,
    *,
    owner: str,
    gpus: LocalGpus = NO_GPUS,
    goes_on: bool = True,
    is_retry: bool = False,
) -> Claim | None:
    """Write how an attempt ended and claim the next node, all in one transaction.

    Args:
        gpus: Those of this machine, with their current free memory.
        goes_on: Whether this worker claims another node of the run.
        is_retry: An earlier try may have been committed; then the node that it claimed is returned.

    Returns:
        The next node, or ``None`` when nothing is left for this worker. A stale attempt changes nothing.
    """
    queue = claim.node.queue
    with run_transaction(claim.run_id) as change:
        if is_retry and (claimed := _already_claimed(change, owner, besides=claim.node)):
            return claimed

        # Complete the nodes of a fused chain that ended before the last one; ``events`` are then those of the last.
        last, events = _complete_chain(change, claim, outcome.events) if outcome.events else (claim, [])
        is_done = outcome.state == NodeRun.State.DONE
        if last is not None and last is not claim and not is_done and not _claim(change, last.node, owner=owner):
            last = None  # a fused node that failed is claimed first, so that it has an attempt that can end

        done: NodeRun | None = None
        ready: list[NodeRun] = []
        if last is not None:
            node = last.node
            # The fence of a fused node is that its predecessor was completed above, in this transaction.
            is_held = node.state == NodeRun.State.RUNNING
            if events:
                (node_events.append_events if is_held else node_events.emit_events)(change, node, events)
            if is_done:
                node.peak_bytes = outcome.peak_bytes or None
                made_ready = _complete(
                    change, node, outcome.outputs, outcome.headline, outcome.began_at, outcome.ended_at
                )
                done, ready = (node, made_ready) if made_ready is not None else (None, [])
            elif outcome.state == NodeRun.State.QUEUED:
                _requeue(change, node, outcome)
            else:
                transitions.fail(change, node, outcome.state, outcome.error, headline=outcome.headline)

        following: Claim | None = None
        if goes_on:
            own = [node for node in ready if node.queue == queue]
            following = _claim_first(change, queue, own, owner=owner, gpus=gpus, before=done)
        rest = [node for node in ready if following is None or node.pk != following.node.pk]
        for node in rest:
            change.emit_node_status(node)
        notify_workers.notify(claim.run_id, rest, present=queue if goes_on else "")
        return following


def commit_progress(
    claim: Claim, events: Sequence[Mapping[str, Any]], *, owner: str, last_event: LastEvent, is_retry: bool = False
) -> Claim | None:
    """Write events of a fused chain: complete the nodes that ended and claim the one that runs now.

    Args:
        last_event: The same one for every try of the same change.
        is_retry: An earlier try may have been committed.

    Returns:
        The claim of the node that runs now, or ``None`` when this worker has lost it.
    """
    with run_transaction(claim.run_id) as change:
        seq, body = last_event.seq, last_event.body
        if is_retry and RunEvent.objects.filter(run=claim.run_id, seq=seq, body=body).exists():
            return _committed_progress(change, claim, owner)
        current, rest = _complete_chain(change, claim, events)
        if current is None:
            return None
        if current.node is not claim.node and not _claim(change, current.node, owner=owner):
            return None
        node_events.append_events(change, current.node, rest)
        last_event.seq, last_event.body = change.last_event
        return current


def _committed_progress(change: RunTransaction, claim: Claim, owner: str) -> Claim:
    """Return the last claim of an earlier try that was committed although its answer was lost."""
    held = {node.pk: node for node in sql.held_by(change.cursor, change.run, owner)}
    current = claim
    while current.followers:
        current = current.next()
        if current.node.pk in held:
            return replace(current, node=held[current.node.pk])
    return claim


def _complete_chain(
    change: RunTransaction, claim: Claim, events: Sequence[Mapping[str, Any]]
) -> tuple[Claim | None, list[Mapping[str, Any]]]:
    """Complete the nodes of a fused chain that ended; return the claim of the next one and its events so far.

    ``None`` for the claim when the attempt is stale, which makes the rest of the chain stale too.
    """
    current, reported = claim, list[Mapping[str, Any]]()
    for event in events:
        if event["event"] != ENDED:
            reported.append(event)
            continue
        # Only the first node was claimed and may have been claimed again by another worker: its events are fenced.
        write = node_events.append_events if current is claim else node_events.emit_events
        write(change, current.node, reported)
        end = (event["outputs"], from_json(event["headline"]), event["began"], event["ended"])
        current.node.peak_bytes = event.get("peak_bytes") or None
        if _complete(change, current.node, *end, is_followed=True) is None:
            return None, []
        current, reported = current.next(), []
    return current, reported


def _complete(
    change: RunTransaction,
    node: NodeRun,
    outputs: Mapping[str, Any],
    headline: str,
    began_at: float,
    ended_at: float,
    *,
    is_followed: bool = False,
) -> list[NodeRun] | None:
    """Write the result of a node: a claimed one, or one that ran fused after another and was never claimed.

    Args:
        began_at, ended_at: By the clock of this machine; used for fused nodes.
        is_followed: Its only successor runs in the same attempt, and the caller completes it.

    Returns:
        The nodes that became ready: the caller claims them or emits their state.
        ``None`` when the attempt is stale, and nothing was changed.
    """
    node.outputs, node.headline, node.headline_parts = dict(outputs), headline[:300], parts_of(headline)
    if node.state == NodeRun.State.RUNNING:
        node.finished_at = clock.now()
        is_written = sql.complete(change.cursor, node)
    else:
        node.started_at, node.finished_at = map(clock.from_local_timestamp, (began_at, ended_at))
        node.device = CPU
        is_written = not change.run.cancel_requested_at and sql.complete_fused(change.cursor, node)
        node.attempt += 1 if is_written else 0
    if not is_written:
        return None
    node.state = NodeRun.State.DONE
    change.emit_node_status(node)
    change.set(remaining=change.run.remaining - 1)
    if is_followed:
        return []
    ready = sql.decrement_dependencies(change.cursor, change.run, node.successors)
    transitions.finish_run_if_over(change)
    return ready


def _requeue(change: RunTransaction, node: NodeRun, outcome: Outcome) -> None:
    reason = from_json(outcome.error) if outcome.error else Message("worker.stopped", "The worker stopped.")
    counts = bool(outcome.error) and outcome.pause is None
    transitions.requeue(change, node, reason=reason, counts=counts, pause=outcome.pause)


def _claim_first(
    change: RunTransaction,
    queue: str,
    own: Sequence[NodeRun] = (),
    *,
    owner: str,
    gpus: LocalGpus,
    before: NodeRun | None = None,
) -> Claim | None:
    """Claim a node of the run that is ready and may start here.

    Args:
        own: Nodes that the caller has just made ready; if there are any, one of them is claimed.
        before: A node whose outputs are in memory.
    """
    run = change.run
    if run.cancel_requested_at or run.state not in UNFINISHED:
        return None
    if queue != Queue.GPU:
        # One statement selects and claims: every node of this queue may start here.
        node = sql.claim_first(change.cursor, run, queue, own, owner=owner, started_at=clock.now(), device=CPU)
        if node is None:
            return None
        _announce_claim(change, node)
        return _claimed(change, node, None, before)
    for node in sql.first_claimable(change.cursor, run, queue, own):
        gpu: Gpu | None = None
        if node.uses_gpu:
            try:
                gpu = acquire_or_wait(gpus, holder=holder_name(node, node.attempt + 1))
            except NoGpuAvailable:
                continue
        node.device = gpu.name if gpu else CPU
        if _claim(change, node, owner=owner):
            return _claimed(change, node, gpu, before)
    return None


def _claimed(change: RunTransaction, node: NodeRun, gpu: Gpu | None, before: NodeRun | None = None) -> Claim:
    run = change.run
    if node.uses_gpu and gpu is None:
        change.emit(NodeLog, node=node.node, lines=[NO_GPU], parts=[parts_of(NO_GPU)])
    inputs = _input_digests(change, node, before)
    return Claim(node, run.pk, run.seed, run.datasets, inputs, followers_of(change, node), gpu)


def _claim(change: RunTransaction, node: NodeRun, *, owner: str) -> bool:
    """Claim a node that is ready; ``False`` when it was claimed already, or the run was cancelled.

    The lease begins now by the database's clock, before the first heartbeat.
    """
    run = change.run
    if run.cancel_requested_at or run.state not in UNFINISHED:
        return False
    node.device = node.device or CPU
    node.started_at = clock.now()
    if not sql.claim(change.cursor, node, owner=owner):
        return False
    node.state, node.attempt = NodeRun.State.RUNNING, node.attempt + 1
    node.finished_at, node.error = None, None
    _announce_claim(change, node)
    return True


def _announce_claim(change: RunTransaction, node: NodeRun) -> None:
    if change.run.state == Run.State.QUEUED:
        if change.run.started_at is None:
            change.set(started_at=node.started_at)
        change.set_state(Run.State.RUNNING)
    change.emit_node_status(node)


def _already_claimed(change: RunTransaction, owner: str, *, besides: NodeRun | None = None) -> Claim | None:
    """Return what an earlier try claimed, if it was committed although its answer was lost."""
    run = change.run
    for node in sql.held_by(change.cursor, run, owner):
        if besides is None or (node.pk, node.attempt) != (besides.pk, besides.attempt):
            gpu = Gpu.objects.filter(holder=holder_name(node, node.attempt)).first() if node.uses_gpu else None
            node.device = gpu.name if gpu else CPU
            inputs = _input_digests(change, node, None)
            return Claim(node, run.pk, run.seed, run.datasets, inputs, followers_of(change, node), gpu)
    return None


def _input_digests(change: RunTransaction, node: NodeRun, before: NodeRun | None) -> dict[str, str]:
    """Return port to digest. An output may be absent if its successor takes it as optional."""
    outputs = {before.node: before.outputs} if before else {}
    names = {source for source, _ in node.inputs.values()} - outputs.keys()
    outputs.update(sql.outputs_of(change.cursor, change.run, list(names)))
    return {
        port: outputs[source][name]["address"]
        for port, (source, name) in node.inputs.items()
        if name in outputs.get(source, {})
    }


def set_unmet_dependencies(node: NodeRun, count: int) -> None:
    """Set the number of unmet dependencies in memory; with 0 the node is ready."""
    node.unmet_dependencies = count
    node.state = NodeRun.State.PENDING if count else NodeRun.State.QUEUED


def start_ready(change: RunTransaction, ready: Sequence[NodeRun]) -> None:
    """Emit and notify the ready nodes of a run that starts or resumes; without any, the run is over."""
    for node in ready:
        change.emit_node_status(node)
    notify_workers.notify(change.run.pk, ready)
    transitions.finish_run_if_over(change)


def requeue_lost(node: NodeRun, *, reason: str) -> bool:
    """Requeue a node whose worker was lost; ``False`` when the worker finished it or renewed its lease meanwhile.

    Args:
        node: The row as read when its lease had expired.
    """
    with run_transaction(node.run_id) as change:
        held = NodeRun.objects.held_as(node.pk, node.attempt).first()
        if held is None or held.lease_until != node.lease_until:
            return False
        is_requeued = transitions.requeue(change, held, reason=reason)
        if held.state == NodeRun.State.QUEUED:
            notify_workers.notify(held.run_id, [held])
        return is_requeued


def unblock(run_id: uuid.UUID) -> int:
    """Make nodes without unmet dependencies ready, in a run where none is ready or running; return how many."""
    with run_transaction(run_id) as change:
        nodes = list(NodeRun.objects.filter(run=run_id))
        if any(node.state in (NodeRun.State.QUEUED, NodeRun.State.RUNNING) for node in nodes):
            return 0
        done = {node.node for node in nodes if node.state == NodeRun.State.DONE}
        pending = [node for node in nodes if node.state == NodeRun.State.PENDING]
        for node in pending:
            node.unmet_dependencies = len({source for source, _ in node.inputs.values()} - done)
        ready = [node for node in pending if not node.unmet_dependencies]
        for node in ready:
            node.state = NodeRun.State.QUEUED
            change.emit_node_status(node)
        NodeRun.objects.bulk_update(pending, ["unmet_dependencies", "state"])
        notify_workers.notify(run_id, ready)
        return len(ready)


def runs_to_renotify() -> Sequence[Run]:
    """Return the runs with nodes that are ready and whose workers are due to be notified again."""
    may_start = Q(nodes__not_before=None) | Q(nodes__not_before__lte=Now())
    waiting = Run.objects.filter(may_start, state__in=UNFINISHED, nodes__state=NodeRun.State.QUEUED)
    due = waiting.filter(Q(next_notification_at=None) | Q(next_notification_at__lte=Now())).distinct()
    return list(due.only("pk", "created_at", "next_notification_at"))


def renotify(run: Run) -> bool:
    """Notify workers again of ready nodes, with growing pauses: the message may have been lost with Redis."""
    pause, last = FIRST_RENOTIFY, run.next_notification_at
    if last is not None:
        pause = min(max((last - run.created_at) / 2, FIRST_RENOTIFY), LONGEST_RENOTIFY)
    is_mine = Run.objects.filter(pk=run.pk, next_notification_at=last).update(next_notification_at=Now() + pause)
    if not is_mine or last is None:  # the first time only the date of the next notification is set
        return False
    notify_workers.notify(run.pk, NodeRun.objects.filter(run=run, state=NodeRun.State.QUEUED).only("queue"))
    return True

"""How nodes and runs end other than well, and how a node goes back into the queue: updates fenced by the attempt."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from apps.common import clock
from apps.common.json_values import sanitized_text
from apps.common.leases import MAX_LOST_ATTEMPTS
from apps.common.verdicts import verdict_in
from apps.runs.models import ENDED, NodeRun, Run
from apps.runs.run_transaction import RunTransaction
from tasks.catalogue import catalogue
from tasks.graph.messages import Message, Term, from_json, message_json, parts_of

logger = logging.getLogger("leptonweb.work")

MAX_ATTEMPTS = 1000
BACK_OFF = (timedelta(0), timedelta(seconds=2), timedelta(seconds=10))
OPEN = (NodeRun.State.PENDING, NodeRun.State.QUEUED)


def fail(
    change: RunTransaction, node: NodeRun, state: NodeRun.State, error: Mapping[str, Any] | None, *, headline: str = ""
) -> bool:
    """End an attempt badly and skip everything that needs its result; ``False`` when the attempt is stale."""
    fields = {"error": dict(error) if error else None, "headline": headline[:300], "headline_parts": parts_of(headline)}
    fields = sanitized_text(fields)  # for the event too
    if not _end(node, state, fields):
        return False
    change.emit_node_status(node)
    change.set(remaining=change.run.remaining - 1)
    _skip_descendants(change, node)
    finish_run_if_over(change)
    return True


def requeue(
    change: RunTransaction, node: NodeRun, *, reason: str, counts: bool = True, pause: timedelta | None = None
) -> bool:
    """Make a node ready again whose worker was lost, or crash it when that happened too often.

    Args:
        reason: Why, a sentence; shown when it is given up.
        counts: Whether this is one of the few losses allowed; a worker that hands work back does not count.
        pause: Not to be tried sooner; the reason is shown meanwhile.

    Returns:
        ``False`` when the attempt is stale, and nothing was changed.
    """
    if change.run.cancel_requested_at:  # nobody takes it again, so nobody would end it
        return fail(change, node, NodeRun.State.CANCELLED, None)
    lost = node.lost_attempts + (1 if counts else 0)
    if lost >= MAX_LOST_ATTEMPTS or node.attempt >= MAX_ATTEMPTS:
        message = Message(
            "worker.given_up",
            "{reason} This happened {count} times, so the node was not tried again.",
            reason=reason,
            # Both the claim and the requeue raise ``attempt``; tries that were handed back count here.
            count=max(lost, node.attempt // 2),
        )
        return fail(change, node, NodeRun.State.CRASHED, message_json(message))
    wait = pause or BACK_OFF[min(lost, len(BACK_OFF) - 1)]
    error = sanitized_text(message_json(reason)) if pause else None
    if not NodeRun.objects.requeue(node, lost_attempts=lost, pause=wait, error=error):
        return False
    _set(node, {"state": NodeRun.State.QUEUED, "attempt": node.attempt + 1, "lost_attempts": lost, "error": error})
    change.set(next_notification_at=Now() + wait)  # by the reconciler, if no worker came before
    change.emit_node_status(node)
    return True


def cancel_open(change: RunTransaction) -> None:
    """Cancel every node that no worker holds; the run is over when none is held."""
    nodes = list(NodeRun.objects.filter(run=change.run, state__in=OPEN))
    _end_open(change, nodes, NodeRun.State.CANCELLED)
    finish_run_if_over(change)


def abort(change: RunTransaction, message: str) -> bool:
    """Fail what runs, or what would run next, and skip the rest; return whether there was anything."""
    running = list(NodeRun.objects.filter(run=change.run, state=NodeRun.State.RUNNING))
    opened = list(NodeRun.objects.filter(run=change.run, state__in=OPEN))
    error = message_json(message)
    if not running and opened:
        opened[0].error = error
        NodeRun.objects.filter(pk=opened[0].pk).update(error=error)
        _end_open(change, [opened.pop(0)], NodeRun.State.FAILED)
    _end_open(change, opened, NodeRun.State.SKIPPED)
    for node in running:
        fail(change, node, NodeRun.State.FAILED, error)
    finish_run_if_over(change)
    return bool(running or opened)


def finish_run_if_over(change: RunTransaction) -> None:
    """End the run when all its nodes have."""
    if change.run.remaining or change.run.state not in (Run.State.QUEUED, Run.State.RUNNING):
        return
    states = set(NodeRun.objects.filter(run=change.run).values_list("state", flat=True))
    nodes = NodeRun.objects.filter(run=change.run)
    best = nodes.with_headline().values_list("headline", "headline_parts").first()
    verdict = verdict_in(nodes.that_scored().values_list("outputs", flat=True).first())
    change.set(finished_at=clock.now(), next_notification_at=None)
    state = _end_state(states, is_cancelled=change.run.cancel_requested_at is not None)
    message = _end_message(change.run, state)
    headline = message if state == Run.State.FAILED else Message.from_parts(*best) if best else ""
    change.set_state(state, message, headline=headline, verdict=verdict)
    logger.info("run %s is over: %s", change.run.pk, state, extra={"request_id": change.run.request_id})


END_MESSAGES = {
    Run.State.FAILED: Message("run.failed", "Some nodes failed; the nodes that need their results were skipped."),
    Run.State.CRASHED: Message(
        "run.crashed", "A worker or its machine failed, not the graph. Resume continues from where the run stopped."
    ),
    Run.State.CANCELLED: Message("run.cancelled", "Cancelled."),
}


def _end_message(run: Run, state: Run.State) -> str:
    """Return what the run says at its end: of a failed one, the first node that failed and its reason."""
    failed = NodeRun.objects.filter(run=run, state=NodeRun.State.FAILED).order_by("position").first()
    if state != Run.State.FAILED or failed is None or not (failed.error or {}).get("message"):
        return END_MESSAGES.get(state, "")
    kind = catalogue().find(failed.type)
    title = Term(f"node:{failed.type}", failed.title) if kind and kind.title == failed.title else failed.title
    return Message("run.failed_at", "{node}: {reason}", node=title, reason=from_json(failed.error))


def _end_state(states: set[str], *, is_cancelled: bool) -> Run.State:
    if NodeRun.State.FAILED in states:
        return Run.State.FAILED
    if NodeRun.State.CRASHED in states:
        return Run.State.CRASHED
    if is_cancelled and NodeRun.State.CANCELLED in states:
        return Run.State.CANCELLED
    return Run.State.DONE


def _end(node: NodeRun, state: NodeRun.State, fields: dict[str, Any]) -> bool:
    fields = {**fields, "finished_at": clock.now(), "device": node.device, "state": state}
    if not NodeRun.objects.finish(node, **fields):
        return False
    _set(node, fields)
    return True


def _set(node: NodeRun, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(node, name, value)


def _skip_descendants(change: RunTransaction, node: NodeRun) -> None:
    if not node.successors:
        return
    open_nodes = {other.node: other for other in NodeRun.objects.filter(run=change.run, state__in=OPEN)}
    reached: dict[str, NodeRun] = {}
    frontier = list(node.successors)
    while frontier:
        name = frontier.pop()
        if name in open_nodes and name not in reached:
            reached[name] = open_nodes[name]
            frontier.extend(open_nodes[name].successors)
    _end_open(change, sorted(reached.values(), key=lambda other: other.position), NodeRun.State.SKIPPED)


def _end_open(change: RunTransaction, nodes: Iterable[NodeRun], state: NodeRun.State) -> None:
    nodes = list(nodes)
    if not nodes:
        return
    ended = clock.now()
    keys = [node.pk for node in nodes]
    NodeRun.objects.filter(pk__in=keys, state__in=OPEN).update(state=state, finished_at=ended)
    for node in nodes:
        _set(node, {"state": state, "finished_at": ended})
        change.emit_node_status(node)
    change.set(remaining=change.run.remaining - len(nodes))


def count_open(nodes: Iterable[NodeRun]) -> int:
    """Return how many of these nodes have not come to an end."""
    return sum(node.state not in ENDED for node in nodes)

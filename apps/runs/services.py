"""Commands on runs: start, cancel, resume."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from apps.common import clock
from apps.common.actors import Actor
from apps.common.errors import ApplicationError
from apps.common.request_ids import current_request_id
from apps.datasets.models import Dataset
from apps.graphs.documents import read_stored
from apps.graphs.models import Graph
from apps.live.events import RunStatus
from apps.runs import planning, scheduling, sql, transitions
from apps.runs.models import NodeRun, Run
from apps.runs.run_transaction import RunTransaction, run_transaction
from tasks.graph.messages import Message, parts_of

MAX_PLANS = 5
RESET = (
    "unmet_dependencies",
    "state",
    "error",
    "lost_attempts",
    "progress",
    "not_before",
    "headline",
    "headline_parts",
    "outputs",
    "finished_at",
    "evicted_at",
    "is_cached",
)


def start(
    *,
    graph: Graph,
    user: Actor | None,
    document: Mapping[str, Any] | None = None,
    to: str = "",
    start: str = "",
    idempotency_key: str = "",
) -> Run:
    """Start a run of a document of this graph; with the idempotency key of an earlier call, return its run.

    Args:
        document: ``None`` for the draft as it is stored.
        to: Run only this node and its ancestors.
        start: Run this node and its descendants again.

    Raises:
        ApplicationError: ``graph_invalid``; 409 ``unreadable`` for a stored draft that cannot be read.
    """
    if idempotency_key:
        known = Run.objects.filter(graph=graph, idempotency_key=idempotency_key).first()
        if known is not None:
            return known
    if document is None:
        document = graph.draft.document
        read_stored(document)  # refuses it as stored: the caller sent nothing that could be mended
    plan = partial(planning.prepare, graph, document, to=to, start=start)
    prepared = plan()
    run = Run(
        workspace_id=graph.workspace_id,
        graph=graph,
        document=dict(document),
        datasets=dict(prepared.datasets),
        to=to,
        seed=prepared.document.seed,
        idempotency_key=idempotency_key or None,
        created_by_id=user.pk if user else None,
        request_id=current_request_id(),
    )
    try:
        _create_replanning(run, prepared, plan)
    except IntegrityError:
        if not idempotency_key:
            raise
        return Run.objects.get(graph=graph, idempotency_key=idempotency_key)
    return run


def _create_replanning(run: Run, prepared: planning.PreparedRun, prepare: Callable[[], planning.PreparedRun]) -> None:
    """Create a run; plan again when a result that it was to reuse has been evicted meanwhile."""
    for _ in range(MAX_PLANS):
        try:
            return _create(run, prepared)
        except ResultsEvicted:
            prepared = prepare()
    message = Message("run.results_removed", "Results are being removed to free space. Try again in a moment.")
    raise ApplicationError("busy", message, 503)


class ResultsEvicted(Exception):  # noqa: N818 - reads as the fact it reports
    """A result that was to be reused was removed after the plan was made."""


@transaction.atomic
def _create(run: Run, prepared: planning.PreparedRun) -> None:
    Graph.objects.select_for_update().only("pk").get(pk=run.graph_id)  # serialises the numbering of runs
    _lock_reused_results(prepared)
    run.number = (Run.objects.filter(graph=run.graph_id).aggregate(last=Max("number"))["last"] or 0) + 1
    rows = planning.node_rows(run, prepared)
    run.remaining = transitions.count_open(rows)
    run.save(force_insert=True)
    with connection.cursor() as cursor:
        sql.add_nodes(cursor, rows)
        change = RunTransaction(run, cursor)
        change.set_state(Run.State.QUEUED)
        for row in rows:
            if row.is_cached:
                change.emit_node_status(row)
        scheduling.start_ready(change, [row for row in rows if row.state == NodeRun.State.QUEUED])
        change.close()


def _lock_reused_results(prepared: planning.PreparedRun) -> None:
    reused = {prepared.results[step.fingerprint].pk for step in prepared.plan.steps if step.is_reused}
    available = NodeRun.objects.select_for_update().filter(pk__in=reused, evicted_at=None).order_by("pk")
    if reused and len(available.values_list("pk")) != len(reused):
        raise ResultsEvicted


def cancel(*, run: Run) -> None:
    """Cancel a run: no further node starts, and workers stop the running ones."""
    with run_transaction(run.pk) as change:
        if change.run.state not in (Run.State.QUEUED, Run.State.RUNNING) or change.run.cancel_requested_at:
            return
        change.set(cancel_requested_at=clock.now())
        message = Message("run.stopping", "Stopping …")
        change.emit(RunStatus, state=change.run.state, message=message, message_parts=parts_of(message))
        transitions.cancel_open(change)


def resume(*, run: Run) -> None:
    """Resume a run that did not end well: finished nodes stay done, all others run again.

    Raises:
        ApplicationError: ``conflict`` when it is still running, has nothing left to do, or its data set was deleted.
    """
    with run_transaction(run.pk) as change:
        nodes = list(NodeRun.objects.filter(run=run))
        again = _to_do(nodes)
        if change.run.state in (Run.State.QUEUED, Run.State.RUNNING) or not again:
            message = Message("run.not_resumable", "Only a run that stopped before its end can be resumed.")
            raise ApplicationError("conflict", message, 409)
        _refuse_without_data(change.run, again.values())
        for node in again.values():
            sources = {source for source, _ in node.inputs.values()}
            scheduling.set_unmet_dependencies(node, len(sources & again.keys()))
            node.error, node.lost_attempts, node.progress, node.not_before = None, 0, 0.0, None
            node.headline, node.headline_parts, node.outputs, node.finished_at = "", None, {}, None
            node.evicted_at, node.is_cached = None, False
        NodeRun.objects.bulk_update(again.values(), RESET)
        change.set(remaining=len(again), cancel_requested_at=None, started_at=None, finished_at=None)
        change.set(request_id=current_request_id())
        change.set_state(Run.State.QUEUED)
        for node in again.values():
            if node.state == NodeRun.State.PENDING:
                change.emit_node_status(node)
        scheduling.start_ready(change, [node for node in again.values() if node.state == NodeRun.State.QUEUED])


def _refuse_without_data(run: Run, again: Iterable[NodeRun]) -> None:
    """Raise when a node would read a data set that was deleted, whose table may be removed at any time."""
    read = {str(value) for node in again for value in node.params.values()} & run.datasets.keys()
    if Dataset.objects.filter(pk__in=read).count() < len(read):
        message = Message(
            "run.dataset_deleted",
            "The data set that this run reads was deleted. Choose another one in the graph, then press Run.",
        )
        raise ApplicationError("conflict", message, 409)


def _to_do(nodes: list[NodeRun]) -> dict[str, NodeRun]:
    """Return the nodes to run again: those not done, and ancestors that they need whose result was evicted."""
    by_name = {node.node: node for node in nodes}
    again = {node.node: node for node in nodes if node.state != NodeRun.State.DONE}
    frontier = list(again.values())
    while frontier:
        for source, _ in frontier.pop().inputs.values():
            before = by_name[source]
            if before.evicted_at and source not in again:
                again[source] = before
                frontier.append(before)
    return again

"""Repairs expired leases, lost messages, cancellations that a worker ignores, and runs that are stuck.

Any number of reconcilers may run: each repair checks again under the lock of the row before it changes anything.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone

from apps.common import repair_guard
from apps.common.clock import ClockJumpDetector, database_now
from apps.common.leases import FAR_FUTURE, LEASE_SECONDS
from apps.common.worker_identity import is_dead
from apps.datasets import ingestion
from apps.datasets.models import DatasetVersion
from apps.runs import gpu_fallback, scheduling, storage_usage, transitions
from apps.runs.models import ENDED, UNFINISHED, CleanupRequest, MaintenanceRun, NodeRun, Run
from apps.runs.run_transaction import run_transaction
from tasks.graph.messages import Message

CANCEL_DEADLINE = timedelta(seconds=8)
# After the clock was set or the machine slept, every live worker renews its leases within this time.
SECONDS_TO_SETTLE = 10.0

FAILURES = "repair-failures"

_clock = ClockJumpDetector(database_now, SECONDS_TO_SETTLE)


def reconcile() -> int:
    """Repair everything that is broken now and return how many rows were."""
    return sum(repair_guard.tasks.attempt(repair.__name__, repair) for repair in REPAIRS)


def record_failures() -> None:
    """Add the repairs that raised since the last call to the total that ``/metrics`` shows."""
    count = repair_guard.rows.take_count() + repair_guard.tasks.take_count()
    if not count:
        return
    with transaction.atomic():
        MaintenanceRun.objects.get_or_create(pk=FAILURES, defaults={"due_at": timezone.now()})
        row = MaintenanceRun.objects.select_for_update().get(pk=FAILURES)
        row.facts = {"total": row.facts.get("total", 0) + count}
        row.save(update_fields=["facts"])


def clamp_future_timestamps() -> int:
    """Set timestamps that lie too far in the future to now: the clock was set back after they were written."""
    far = Now() + FAR_FUTURE
    unfinished = Run.objects.unfinished()
    changed = 0
    for name in ("next_notification_at", "cancel_requested_at"):
        late = unfinished.filter(**{f"{name}__gt": far})
        if late.exists():  # queried first: an UPDATE would take SQLite's only write lock for nothing
            # With a timedelta SQLite writes six decimals, as Django does: `scheduling.renotify` compares for equality.
            changed += late.update(**{name: Now() + timedelta(0)})
    return changed + sum(int(model.objects.clamp_future_timestamps()) for model in REQUEUE_LOST)


def expire_leases() -> int:
    """Requeue every row, of any model, whose worker is dead or did not renew its lease."""
    leases_count = not _clock.jumped_recently()
    requeued = 0
    for model, requeue_lost in REQUEUE_LOST.items():
        for row in model.objects.expired(leases_count=leases_count):
            run = f"run {row.run_id}: " if isinstance(row, NodeRun) else ""
            requeued += repair_guard.rows.attempt(
                f"{run}requeue {model._meta.label} {row.pk}", partial(requeue_lost, row)
            )
    return requeued


def _requeue_lost_node(node: NodeRun) -> bool:
    return scheduling.requeue_lost(node, reason=_reason(node))


def _reason(node: NodeRun) -> str:
    if is_dead(node.owner):
        return Message("worker.ended", "The process of the worker ended while it ran the node.")
    return Message(
        "worker.no_heartbeat",
        "The worker stopped answering: no heartbeat for {seconds} seconds.",
        seconds=LEASE_SECONDS,
    )


# Every table whose rows workers hold, with what happens to a row whose worker was lost.
REQUEUE_LOST: dict[type[Any], Callable[[Any], bool]] = {
    NodeRun: _requeue_lost_node,
    DatasetVersion: partial(ingestion.requeue_ingest, lost=True),
    CleanupRequest: storage_usage.requeue,
}


def end_cancelled() -> int:
    """Cancel nodes whose worker ignores the cancellation, alive or not: its later writes are fenced off."""
    late = NodeRun.objects.filter(
        state=NodeRun.State.RUNNING, run__cancel_requested_at__lt=Now() - CANCEL_DEADLINE
    ).values_list("pk", "run_id")
    return sum(
        repair_guard.rows.attempt(f"run {run_id}: cancel node run {key}", partial(_cancel, run_id, key))
        for key, run_id in late
    )


def _cancel(run_id: uuid.UUID, key: int) -> bool:
    with run_transaction(run_id) as change:
        node = NodeRun.objects.filter(pk=key, state=NodeRun.State.RUNNING).first()
        if node is None or not change.run.cancel_requested_at:
            return False
        late = Message(
            "worker.ignored_cancel",
            "Its worker did not stop within {seconds} seconds; its result is not accepted.",
            seconds=CANCEL_DEADLINE.seconds,
        )
        return transitions.fail(change, node, NodeRun.State.CANCELLED, None, headline=late)


def end_overdue() -> int:
    """Stop runs that take longer than any run may; their workers notice that their leases are lost and stop too.

    The time counts from the start of the first node; waiting for a worker does not count.
    """
    seconds = settings.LEPTON_RUN_DEADLINE_SECONDS
    if not seconds:
        return 0
    late = Run.objects.unfinished().filter(started_at__lt=Now() - timedelta(seconds=seconds))
    return sum(
        repair_guard.rows.attempt(f"run {key}: end at the deadline", partial(_end_overdue, key, seconds))
        for key in late.values_list("pk", flat=True)
    )


def _end_overdue(run_id: uuid.UUID, seconds: int) -> bool:
    with run_transaction(run_id) as change:
        if change.run.state != Run.State.RUNNING:
            return False
        message = Message(
            "run.overdue",
            "Stopped: the run took more than {seconds:,} seconds, the longest a run may take here.",
            seconds=seconds,
        )
        return transitions.abort(change, message)


def end_finished() -> int:
    """End unfinished runs whose nodes have all ended. None should exist; this is a safety net."""
    open_nodes = NodeRun.objects.filter(run=OuterRef("pk")).exclude(state__in=ENDED)
    stuck = Run.objects.filter(~Exists(open_nodes), state__in=UNFINISHED)
    return sum(
        repair_guard.rows.attempt(f"run {key}: end, all nodes ended", partial(_end_finished, key))
        for key in stuck.values_list("pk", flat=True)
    )


def _end_finished(run_id: uuid.UUID) -> bool:
    with run_transaction(run_id) as change:
        change.set(remaining=0)
        transitions.finish_run_if_over(change)
    return True


def unblock_stalled_runs() -> int:
    """Make pending nodes without unmet dependencies ready, in runs where nothing moves. A safety net too."""
    moving = NodeRun.objects.filter(run=OuterRef("pk"), state__in=(NodeRun.State.QUEUED, NodeRun.State.RUNNING))
    waiting = NodeRun.objects.filter(run=OuterRef("pk"), state=NodeRun.State.PENDING)
    stalled = Run.objects.filter(~Exists(moving), Exists(waiting), state__in=UNFINISHED)
    return sum(
        repair_guard.rows.attempt(f"run {key}: unblock", partial(scheduling.unblock, key))
        for key in stalled.values_list("pk", flat=True)
    )


def move_to_cpu() -> int:
    """Let nodes run on the CPU that were planned for a GPU when no machine with one is left."""
    return sum(
        repair_guard.rows.attempt(f"run {key}: move to the CPU", partial(gpu_fallback.move_to_cpu, key))
        for key in gpu_fallback.runs_without_gpu()
    )


def renotify() -> int:
    """Notify workers again of ready nodes and files that were not claimed: their messages may have been lost."""
    runs = sum(
        repair_guard.rows.attempt(f"run {run.pk}: notify workers again", partial(scheduling.renotify, run))
        for run in scheduling.runs_to_renotify()
    )
    return runs + sum(
        repair_guard.rows.attempt(
            f"data set version {version.pk}: notify workers again", partial(ingestion.renotify, version)
        )
        for version in DatasetVersion.objects.due_for_notification().only("pk")
    )


REPAIRS: tuple[Callable[[], int], ...] = (
    clamp_future_timestamps,
    expire_leases,
    end_cancelled,
    end_overdue,
    end_finished,
    unblock_stalled_runs,
    move_to_cpu,
    renotify,
)

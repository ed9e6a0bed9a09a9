"""Mends what broke: expired leases, bells that nobody heard, cancellations that nobody obeyed. Any number may run."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from apps.common.repair_guard import RepairGuard
from apps.compute.services import release_gpu, shorten_far_leases
from apps.runs import notify_workers, transitions
from apps.runs.clock import ClockJumpDetector
from apps.runs.models import ENDED, UNFINISHED, MaintenanceRun, NodeRun, Run
from apps.runs.run_transaction import run_transaction
from apps.runs.sql import database_now
from apps.runs.worker_identity import is_dead

CANCEL_DEADLINE = timedelta(seconds=8)
FIRST_BELL = timedelta(seconds=5)
LONGEST_BELL = timedelta(seconds=60)
# Nothing here waits for so long. What does was written before the clock was set back.
FAR = timedelta(minutes=2)
# After the clock was set, or the machine slept, each worker that lives renews its leases within this time.
SECONDS_TO_SETTLE = 10.0

FAILURES = "repair-failures"

_clock = ClockJumpDetector(database_now, SECONDS_TO_SETTLE)

# One row whose repair raises must not end the pass for the others, nor one kind of repair the other kinds.
rows = RepairGuard()
tasks = RepairGuard(first_pause_seconds=4.0, longest_pause_seconds=60.0)


def reconcile() -> int:
    """Mend everything that is broken now and return how much was."""
    repairs = (
        clamp_future_timestamps,
        expire_leases,
        end_cancelled,
        end_overdue,
        end_finished,
        unblock_stalled_runs,
        renotify,
    )
    return sum(tasks.attempt(repair.__name__, repair) for repair in repairs)


def record_failures() -> None:
    """Add the repairs that raised since the last call to the total that ``/metrics`` shows."""
    count = rows.take_count() + tasks.take_count()
    if not count:
        return
    with transaction.atomic():
        MaintenanceRun.objects.get_or_create(pk=FAILURES, defaults={"due_at": timezone.now()})
        upkeep = MaintenanceRun.objects.select_for_update().get(pk=FAILURES)
        upkeep.facts = {"total": upkeep.facts.get("total", 0) + count}
        upkeep.save(update_fields=["facts"])


def clamp_future_timestamps() -> int:
    """Bring nearer what is to happen later than anything is ever put off: the clock was set back meanwhile."""
    far = Now() + FAR
    late_nodes = NodeRun.objects.filter(state=NodeRun.State.QUEUED, not_before__gt=far)
    late_notifications = Run.objects.unfinished().filter(next_notification_at__gt=far)
    late_cancels = Run.objects.unfinished().filter(cancel_requested_at__gt=far)
    changed = 0
    for rows, name in (
        (late_nodes, "not_before"),
        (late_notifications, "next_notification_at"),
        (late_cancels, "cancel_requested_at"),
    ):
        if rows.exists():  # asked first: a look is no reason to take the only write lock
            changed += rows.update(**{name: Now()})
    return changed + shorten_far_leases()


def expire_leases() -> int:
    """Make nodes ready again whose worker did not renew its lease."""
    judged = not _clock.jumped_recently()
    lapsed = _lapsed(judged=judged).values_list("pk", "run_id")
    return sum(
        rows.attempt(f"run {run_id}: take back node run {key}", partial(_take_back, run_id, key, judged=judged))
        for key, run_id in lapsed
    )


def _lapsed(*, judged: bool) -> QuerySet[NodeRun]:
    """Return what nobody works on: the lease is over, or the process that has it is known to have ended.

    Args:
        judged: Whether leases count; just after the clock was set they say nothing.
    """
    running = NodeRun.objects.filter(state=NodeRun.State.RUNNING)
    owners = running.order_by().values_list("owner", flat=True).distinct()
    gone = Q(owner__in=[owner for owner in owners if is_dead(owner)])
    over = Q(lease_until__lt=Now()) | Q(lease_until__gt=Now() + FAR)
    return running.filter(gone | over if judged else gone)


def _take_back(run_id: uuid.UUID, key: int, *, judged: bool) -> bool:
    with run_transaction(run_id) as change:
        node = _lapsed(judged=judged).filter(pk=key).first()
        if node is None:
            return False
        if node.uses_gpu:
            release_gpu(holder=f"{node.pk}:{node.attempt}")
        if change.run.cancel_requested_at:
            return transitions.fail(change, node, NodeRun.State.CANCELLED, None)
        is_back = transitions.requeue(change, node, reason=_reason(node))
        if node.state == NodeRun.State.QUEUED:
            notify_workers.notify(run_id, [node])
        return is_back


def _reason(node: NodeRun) -> str:
    if is_dead(node.owner):
        return "The process of the worker ended in the middle."
    return f"The worker stopped answering: no heartbeat for {transitions.LEASE.seconds} seconds."


def end_cancelled() -> int:
    """Cancel nodes whose worker does not obey, alive or not: from then on it cannot write any more."""
    late = NodeRun.objects.filter(
        state=NodeRun.State.RUNNING, run__cancel_requested_at__lt=Now() - CANCEL_DEADLINE
    ).values_list("pk", "run_id")
    return sum(
        rows.attempt(f"run {run_id}: cancel node run {key}", partial(_cancel, run_id, key)) for key, run_id in late
    )


def _cancel(run_id: uuid.UUID, key: int) -> bool:
    with run_transaction(run_id) as change:
        node = NodeRun.objects.filter(pk=key, state=NodeRun.State.RUNNING).first()
        if node is None or not change.run.cancel_requested_at:
            return False
        late = f"Its worker did not obey within {CANCEL_DEADLINE.seconds} seconds and was shut out."
        return transitions.fail(change, node, NodeRun.State.CANCELLED, None, headline=late)


def end_overdue() -> int:
    """Stop runs that take longer than any run may; their workers see that they lost their nodes and stop too."""
    seconds = settings.LEPTON_RUN_DEADLINE_SECONDS
    if not seconds:
        return 0
    late = Run.objects.unfinished().filter(started_at__lt=Now() - timedelta(seconds=seconds))
    return sum(
        rows.attempt(f"run {key}: end at the deadline", partial(_end_overdue, key, seconds))
        for key in late.values_list("pk", flat=True)
    )


def _end_overdue(run_id: uuid.UUID, seconds: int) -> bool:
    with run_transaction(run_id) as change:
        if change.run.state != Run.State.RUNNING:
            return False
        message = f"Stopped: the run took more than {seconds:,} seconds, the longest a run may take here."
        return transitions.abort(change, message)


def end_finished() -> int:
    """End runs whose nodes have all ended: none should be found, and none may be left hanging."""
    going = NodeRun.objects.filter(run=OuterRef("pk")).exclude(state__in=ENDED)
    hanging = Run.objects.filter(~Exists(going), state__in=UNFINISHED)
    return sum(
        rows.attempt(f"run {key}: end, all nodes ended", partial(_end_finished, key))
        for key in hanging.values_list("pk", flat=True)
    )


def _end_finished(run_id: uuid.UUID) -> bool:
    with run_transaction(run_id) as change:
        change.set(remaining=0)
        transitions.finish_if_over(change)
    return True


def unblock_stalled_runs() -> int:
    """Make ready what waits for nothing in runs in which nobody works: none should be found, none may be left so."""
    moving = NodeRun.objects.filter(run=OuterRef("pk"), state__in=(NodeRun.State.QUEUED, NodeRun.State.RUNNING))
    waiting = NodeRun.objects.filter(run=OuterRef("pk"), state=NodeRun.State.PENDING)
    stalled = Run.objects.filter(~Exists(moving), Exists(waiting), state__in=UNFINISHED)
    return sum(rows.attempt(f"run {key}: unblock", partial(_wake, key)) for key in stalled.values_list("pk", flat=True))


def _wake(run_id: uuid.UUID) -> int:
    with run_transaction(run_id) as change:
        nodes = list(NodeRun.objects.filter(run=run_id))
        if any(node.state in (NodeRun.State.QUEUED, NodeRun.State.RUNNING) for node in nodes):
            return 0
        done = {node.node for node in nodes if node.state == NodeRun.State.DONE}
        ready = []
        for node in (node for node in nodes if node.state == NodeRun.State.PENDING):
            node.unmet_dependencies = len({source for source, _ in node.inputs.values()} - done)
            NodeRun.objects.filter(pk=node.pk).update(unmet_dependencies=node.unmet_dependencies)
            if not node.unmet_dependencies:
                ready.append(node)
        transitions.enqueue_ready(change, ready)
        notify_workers.notify(run_id, ready)
        return len(ready)


def renotify() -> int:
    """Call workers for nodes that are ready but were not taken: the bell may be lost with Redis. Ever more rarely."""
    may_start = Q(nodes__not_before=None) | Q(nodes__not_before__lte=Now())
    waiting = Run.objects.filter(may_start, state__in=UNFINISHED, nodes__state=NodeRun.State.QUEUED)
    due = waiting.filter(Q(next_notification_at=None) | Q(next_notification_at__lte=Now())).distinct()
    return sum(
        rows.attempt(f"run {run.pk}: call workers again", partial(_ring_again, run))
        for run in due.only("pk", "created_at", "next_notification_at")
    )


def _ring_again(run: Run) -> bool:
    is_new = run.next_notification_at is None
    taken = Run.objects.filter(pk=run.pk, next_notification_at=run.next_notification_at).update(
        next_notification_at=Now() + _pause(run)
    )
    if not taken or is_new:
        return False
    ready = NodeRun.objects.filter(run=run, state=NodeRun.State.QUEUED).only("queue")
    notify_workers.notify(run.pk, ready)
    return True


def _pause(run: Run) -> timedelta:
    if run.next_notification_at is None:
        return FIRST_BELL
    return min(max((run.next_notification_at - run.created_at) / 2, FIRST_BELL), LONGEST_BELL)

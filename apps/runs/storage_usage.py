"""Storage usage: what a worker last measured, which clean-ups there were, and requests for another one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, TextField
from django.db.models.functions import Cast, Now
from django.utils import timezone

from apps.accounts import audit
from apps.accounts.models import User
from apps.common.errors import ApplicationError
from apps.common.leases import MAX_LOST_ATTEMPTS
from apps.runs.models import UNFINISHED, CleanupRequest, MaintenanceRun, NodeRun
from tasks.graph.messages import Message, parts_of

EVICTION = "eviction"
GARBAGE_COLLECTION = "sweep"  # as in the database
GIGABYTE = 1024**3  # as the page counts
MAX_STORED_REQUESTS = 100
OPEN = (CleanupRequest.State.WAITING, CleanupRequest.State.WORKING)


def is_due(name: str, pause: timedelta) -> bool:
    """Return whether the caller is to do this work now; if so, set it due again after ``pause``."""
    run = MaintenanceRun.objects.filter(pk=name)
    if run.exists():  # read before writing: most calls find nothing due and need not wait for SQLite's write lock
        due = run.filter(due_at__lte=Now())
        return due.exists() and bool(due.update(due_at=Now() + pause))
    try:
        with transaction.atomic():
            MaintenanceRun.objects.create(name=name, due_at=timezone.now() + pause)
    except IntegrityError:
        return False
    return True


def collect_garbage_soon() -> None:
    """Make garbage collection and eviction due at once, when this transaction commits."""
    transaction.on_commit(
        lambda: MaintenanceRun.objects.filter(pk__in=(EVICTION, GARBAGE_COLLECTION)).update(due_at=Now())
    )


def abandon(address: str) -> bool:
    """Mark the node runs of finished runs that produced this artifact as evicted.

    Call it in a transaction, before the artifact is removed.

    Returns:
        ``False``, with nothing marked, when an unfinished run needs the artifact.
    """
    producers = NodeRun.objects.filter(evicted_at=None).annotate(text=Cast("outputs", TextField()))
    keys = list(producers.filter(text__contains=address).values_list("pk", flat=True))
    rows = NodeRun.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    if any(state in UNFINISHED for state in rows.values_list("run__state", flat=True)):
        return False
    # Another run may have reused it while this one waited for the locks.
    if producers.filter(text__contains=address).exclude(pk__in=keys).exists():
        return False
    NodeRun.objects.filter(pk__in=keys).update(evicted_at=Now())
    return True


def record_usage(facts: dict[str, Any]) -> None:
    """Store what a worker measured."""
    MaintenanceRun.objects.filter(pk=EVICTION).update(facts=facts)


def record_cleanup(*, reason: CleanupRequest.Reason, removed: int, freed_bytes: int) -> None:
    """Add a finished clean-up to the list, of which the newest ``MAX_STORED_REQUESTS`` are stored."""
    if not removed:
        return
    CleanupRequest.objects.create(reason=reason, removed=removed, freed_bytes=freed_bytes, ended_at=timezone.now())
    _delete_old()


def request_cleanup(*, user: User, unused_days: int | None) -> CleanupRequest:
    """Have the next worker that polls clean up, which is a matter of seconds.

    Args:
        user: The administrator who requests it.
        unused_days: Besides unreferenced artifacts, remove results of finished runs that no run used for so many days;
            ``None`` for none of them.

    Raises:
        ApplicationError: 409 while an earlier request is unfinished.
    """
    with transaction.atomic():
        MaintenanceRun.objects.get_or_create(pk=GARBAGE_COLLECTION, defaults={"due_at": timezone.now()})
        # Two requests at once are serialised by this row: the second one finds the first.
        MaintenanceRun.objects.select_for_update().get(pk=GARBAGE_COLLECTION)
        if CleanupRequest.objects.filter(state__in=OPEN).exists():
            message = Message(
                "space.being_freed", "Space is being freed just now. Wait until that is done, then ask again."
            )
            raise ApplicationError("busy", message, 409)
        audit.record(actor=user, action="space.freed", subject="results", unused_days=unused_days)
        return CleanupRequest.objects.create(
            reason=CleanupRequest.Reason.REQUESTED,
            state=CleanupRequest.State.WAITING,
            asked_by=user,
            unused_days=unused_days,
        )


def claim(*, owner: str) -> CleanupRequest | None:
    """Claim the oldest waiting request, or return ``None``."""
    waiting = CleanupRequest.objects.claimable().order_by("created_at").values_list("pk", flat=True).first()
    return CleanupRequest.objects.claim(waiting, owner=owner) if waiting else None


def record_progress(request: CleanupRequest, *, removed: int, freed_bytes: int) -> None:
    """Add what was removed to a request, unless its lease was lost to another attempt."""
    CleanupRequest.objects.held_as(request.pk, request.attempt).update(
        removed=F("removed") + removed, freed_bytes=F("freed_bytes") + freed_bytes
    )


def finish(request: CleanupRequest, *, message: str = "") -> bool:
    """End a request: as failed with ``message``, else as done. ``False`` when its lease was lost."""
    state = CleanupRequest.State.FAILED if message else CleanupRequest.State.DONE
    parts = parts_of(message)
    is_written = CleanupRequest.objects.finish(
        request, state=state, message=message, message_parts=parts, ended_at=Now()
    )
    _delete_old()
    return is_written


def requeue(request: CleanupRequest) -> bool:
    """Make a request claimable again whose worker was lost; it fails after ``MAX_LOST_ATTEMPTS`` of them."""
    lost_attempts = request.lost_attempts + 1
    if lost_attempts >= MAX_LOST_ATTEMPTS:
        message = Message(
            "space.worker_stopped", "The worker stopped {count} times while it freed space.", count=lost_attempts
        )
        return finish(request, message=message)
    return CleanupRequest.objects.requeue(request, lost_attempts=lost_attempts)


def current_usage() -> dict[str, Any]:
    """Return what a worker last measured, the limit, and the latest clean-ups, newest first."""
    facts = MaintenanceRun.objects.filter(pk=EVICTION).values_list("facts", flat=True).first() or {}
    return {
        "looked_at": facts.get("looked_at"),
        "bytes": facts.get("bytes", 0),
        "limit_bytes": settings.LEPTON_CACHE_GB * GIGABYTE,
        "used": {name: facts.get("used", {}).get(name, 0) for name in USES},
        "disk_free_bytes": facts.get("disk_free_bytes"),
        "clearings": CleanupRequest.objects.select_related("asked_by")[:MAX_LISTED_REQUESTS],
    }


USES = ("results", "datasets", "models", "uploads", "checkpoints")
MAX_LISTED_REQUESTS = 20


def _delete_old() -> None:
    newest = CleanupRequest.objects.values_list("pk", flat=True)[:MAX_STORED_REQUESTS]
    CleanupRequest.objects.exclude(pk__in=list(newest)).exclude(state__in=OPEN).delete()

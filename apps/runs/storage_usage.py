"""Space that stored results take: what was found last, what was freed, and asking for more."""

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
from tasks.graph.messages import Message

LOOK = "eviction"
GARBAGE_COLLECTION = "sweep"  # as in the database
GIGABYTE = 1024**3  # as the page counts
MOST_KEPT = 100
OPEN = (CleanupRequest.State.WAITING, CleanupRequest.State.WORKING)


def is_due(name: str, pause: timedelta) -> bool:
    """Return whether the caller is the one to do this work now; then it is due again after the pause."""
    there = MaintenanceRun.objects.filter(pk=name)
    if there.exists():  # asked first: a look is no reason to take the only write lock
        due = there.filter(due_at__lte=Now())
        return due.exists() and bool(due.update(due_at=Now() + pause))
    try:
        with transaction.atomic():
            MaintenanceRun.objects.create(name=name, due_at=timezone.now() + pause)
    except IntegrityError:
        return False
    return True


def collect_garbage_soon() -> None:
    """Have what nothing names any more removed by the next worker that looks, once this is committed."""
    transaction.on_commit(lambda: MaintenanceRun.objects.filter(pk__in=(LOOK, GARBAGE_COLLECTION)).update(due_at=Now()))


def abandon(address: str) -> bool:
    """Mark the nodes of finished runs that gave this artifact: it goes. ``False`` when a run under way needs it.

    To be called in a transaction.
    """
    gave = NodeRun.objects.filter(evicted_at=None).annotate(text=Cast("outputs", TextField()))
    keys = list(gave.filter(text__contains=address).values_list("pk", flat=True))
    rows = NodeRun.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    if any(state in UNFINISHED for state in rows.values_list("run__state", flat=True)):
        return False
    if gave.filter(text__contains=address).exclude(pk__in=keys).exists():  # reused while the rows were waited for
        return False
    NodeRun.objects.filter(pk__in=keys).update(evicted_at=Now())
    return True


def record_usage(facts: dict[str, Any]) -> None:
    """Keep what a worker found in the store."""
    MaintenanceRun.objects.filter(pk=LOOK).update(facts=facts)


def record_cleanup(*, reason: CleanupRequest.Reason, removed: int, freed_bytes: int) -> None:
    """Write down that space was freed; only so many of these lines are kept."""
    if not removed:
        return
    CleanupRequest.objects.create(reason=reason, removed=removed, freed_bytes=freed_bytes, ended_at=timezone.now())
    _delete_old()


def request_cleanup(*, user: User, unused_days: int | None) -> CleanupRequest:
    """Have space freed as soon as a worker looks, which takes seconds.

    Args:
        user: Who asks.
        unused_days: Besides what nothing names any more, results of finished runs that no run used for so many days;
            ``None`` for none of them.

    Raises:
        ApplicationError: 409, somebody asked already and it is not done.
    """
    with transaction.atomic():
        MaintenanceRun.objects.get_or_create(pk=GARBAGE_COLLECTION, defaults={"due_at": timezone.now()})
        MaintenanceRun.objects.select_for_update().get(
            pk=GARBAGE_COLLECTION
        )  # two who press at once are let through one by one
        if CleanupRequest.objects.filter(state__in=OPEN).exists():
            message = Message(
                "space.being_freed", "Space is being freed just now. Wait until that is done, then ask again."
            )
            raise ApplicationError("busy", message, 409)
        audit.record(actor=user, action="space.freed", subject="results", unused_days=unused_days)
        return CleanupRequest.objects.create(
            reason=CleanupRequest.Reason.ASKED,
            state=CleanupRequest.State.WAITING,
            asked_by=user,
            unused_days=unused_days,
        )


def claim(*, owner: str) -> CleanupRequest | None:
    """Return the oldest request that waits, now held by the caller."""
    waiting = CleanupRequest.objects.claimable().order_by("created_at").values_list("pk", flat=True).first()
    return CleanupRequest.objects.claim(waiting, owner=owner) if waiting else None


def record_progress(request: CleanupRequest, *, removed: int, freed_bytes: int) -> None:
    """Add what was removed to a request that is still held under this attempt."""
    CleanupRequest.objects.held_as(request.pk, request.attempt).update(
        removed=F("removed") + removed, freed_bytes=F("freed_bytes") + freed_bytes
    )


def finish(request: CleanupRequest, *, message: str = "") -> bool:
    """Write that a request is done, or a sentence that says why it could not be; ``False`` when its lease was lost."""
    state = CleanupRequest.State.FAILED if message else CleanupRequest.State.DONE
    is_written = CleanupRequest.objects.finish(request, state=state, message=message, ended_at=Now())
    _delete_old()
    return is_written


def requeue(request: CleanupRequest) -> bool:
    """Let another worker do a request whose worker was lost; one that lost three workers is given up."""
    lost_attempts = request.lost_attempts + 1
    if lost_attempts >= MAX_LOST_ATTEMPTS:
        return finish(request, message=f"The worker stopped {lost_attempts} times while it freed space.")
    return CleanupRequest.objects.requeue(request, lost_attempts=lost_attempts)


def current_usage() -> dict[str, Any]:
    """Return what a worker found when it last looked, the limit, and the times that space was freed, newest first."""
    facts = MaintenanceRun.objects.filter(pk=LOOK).values_list("facts", flat=True).first() or {}
    return {
        "looked_at": facts.get("looked_at"),
        "bytes": facts.get("bytes", 0),
        "limit_bytes": settings.LEPTON_CACHE_GB * GIGABYTE,
        "used": {name: facts.get("used", {}).get(name, 0) for name in USES},
        "disk_free_bytes": facts.get("disk_free_bytes"),
        "clearings": CleanupRequest.objects.select_related("asked_by")[:MOST_SHOWN],
    }


USES = ("results", "datasets", "models", "uploads", "checkpoints")
MOST_SHOWN = 20


def _delete_old() -> None:
    kept = CleanupRequest.objects.values_list("pk", flat=True)[:MOST_KEPT]
    CleanupRequest.objects.exclude(pk__in=list(kept)).exclude(state__in=OPEN).delete()

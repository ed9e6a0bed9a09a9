"""Reading the file of a data set's version: claimed by a worker under a lease and fenced by its attempt number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.common.jobs import Job, Queue, enqueue
from apps.common.leases import MAX_LOST_ATTEMPTS
from apps.datasets.models import Dataset, DatasetVersion
from tasks.graph.messages import Message, parts_of

Status = DatasetVersion.Status

RENOTIFY_AFTER = timedelta(seconds=60)
# After the first and second attempt that something outside the file interrupted: a store that is full or silent, a
# machine short of memory. Shorter than `leases.FAR_FUTURE`.
PAUSES = (timedelta(seconds=10), timedelta(seconds=60))


def notify(version_id: int) -> None:
    """Send the message that makes a worker read a version, once the present transaction is committed."""
    enqueue(Job.INGEST_DATASET, queue=Queue.CPU, version_id=version_id)


def begin_ingest(version_id: int | str, *, owner: str = "") -> DatasetVersion | None:
    """Claim a version for reading; ``None`` when another worker reads it or nothing is left to do."""
    return DatasetVersion.objects.claim(version_id, owner=owner)


def finish_ingest(version: DatasetVersion, result: Mapping[str, Any]) -> bool:
    """Write down what was read, and show it from now on if nothing newer is shown.

    Args:
        version: As `begin_ingest` returned it; a reader that lost its lease changes nothing.
        result: ``{address, rows, schema, profile}`` and optionally ``content_hash``.

    Returns:
        Whether it was still this reader's.
    """
    address = str(result["address"])
    with transaction.atomic():
        written = DatasetVersion.objects.finish(
            version,
            status=Status.READY,
            address=address,
            content_hash=str(result.get("content_hash") or address),
            rows=result["rows"],
            schema=result["schema"],
            profile=result["profile"],
            error_message="",
            error_parts=None,
            error_line=None,
        )
        if written:
            older = Q(current=None) | Q(current__number__lt=version.number)
            Dataset.objects.filter(older, pk=version.dataset_id).update(current=version)
    return written


def fail_ingest(version: DatasetVersion, message: str, line: int | None = None) -> bool:
    """Write down why a file cannot be read; ``line``: where, from 1. ``False`` when the lease was lost."""
    return DatasetVersion.objects.finish(
        version, status=Status.FAILED, error_message=message, error_parts=parts_of(message), error_line=line
    )


def requeue_ingest(version: DatasetVersion, *, lost: bool, reason: str = "") -> bool:
    """Let another worker read a version that is held; a file that stopped its reader three times is given up.

    Args:
        version: As it was claimed.
        lost: Whether the worker was lost over it; a worker that hands its work back was not.
        reason: What interrupted the reading, a sentence; it is then not read again at once. Shown when it is given up.
    """
    lost_attempts = version.lost_attempts + (1 if lost else 0)
    if lost_attempts >= MAX_LOST_ATTEMPTS:
        return fail_ingest(version, _given_up(lost_attempts, reason))
    pause = PAUSES[lost_attempts - 1] if reason else timedelta(0)
    # Shown while it waits, so that nobody has to guess why nothing happens.
    waiting = (
        Message(
            "reading.tried_again",
            "{reason} The file is read again in {seconds} seconds.",
            reason=_sentence(reason),
            seconds=pause.seconds,
        )
        if reason
        else None
    )
    with transaction.atomic():
        is_requeued = DatasetVersion.objects.requeue(
            version,
            lost_attempts=lost_attempts,
            pause=pause,
            next_notification_at=Now() + (pause or RENOTIFY_AFTER),
            error_message=waiting or "",
            error_parts=parts_of(waiting) if waiting else None,
            error_line=None,
        )
        if is_requeued and not pause:  # else the reconciler sends it when the pause is over
            notify(version.pk)
    return is_requeued


def _sentence(reason: str) -> str:
    """Return a reason that ends as a sentence does; what a store says of itself often does not."""
    return reason if isinstance(reason, Message) or reason.endswith((".", "。")) else f"{reason}."


def _given_up(count: int, reason: str) -> Message:
    if reason:
        return Message(
            "reading.interrupted",
            "{reason} This happened {count} times, so the file was not read again.",
            reason=_sentence(reason),
            count=count,
        )
    return Message(
        "reading.given_up",
        "Reading stopped {count} times without an answer, most likely because the file needs more memory than this "
        "machine has. Upload a smaller part of it.",
        count=count,
    )


def renotify(version: DatasetVersion) -> bool:
    """Send the message for a version again that waits for longer than a message takes: it may be lost with Redis."""
    waiting = DatasetVersion.objects.claimable().filter(pk=version.pk, next_notification_at__lte=Now())
    with transaction.atomic():
        is_due = bool(waiting.update(next_notification_at=Now() + RENOTIFY_AFTER))
        if is_due:
            notify(version.pk)
    return is_due

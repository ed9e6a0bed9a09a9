"""Leases: the right of one worker to work on one row for a time, and the fence that keeps a late worker from writing.

A row that workers process inherits `Leased` and has its state in the same row, so that state, attempt and lease change
in one UPDATE. A worker claims the row, which raises ``attempt``; renews the lease while it works; and writes its result
only while the row is still held under that attempt. The reconciler takes back rows whose lease has expired.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Self, TypeVar

from django.apps import apps
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.common.json_values import sanitized_text
from apps.common.worker_identity import is_dead

LEASE_SECONDS = 20
LEASE = timedelta(seconds=LEASE_SECONDS)
MAX_LOST_ATTEMPTS = 3
# Nothing is put off for so long. A later time was written before the database's clock was set back.
FAR_FUTURE = timedelta(minutes=2)

M_co = TypeVar("M_co", bound="Leased", covariant=True)


class LeasedQuerySet(models.QuerySet[M_co]):
    """Rows that workers claim. Every time is the database's."""

    def held(self) -> Self:
        """Return the rows that a worker holds."""
        return self.filter(**self.model.HELD)

    def held_as(self, pk: Any, attempt: int) -> Self:
        """Return the row if it is still held under this attempt: the fence before every write of a worker."""
        return self.held().filter(pk=pk, attempt=attempt)

    def claimable(self) -> Self:
        """Return the rows that wait for a worker and may be claimed now."""
        return self.filter(Q(not_before=None) | Q(not_before__lte=Now()), **self.model.CLAIMABLE)

    def claim(self, pk: Any, *, owner: str) -> M_co | None:
        """Give a row that waits to a worker and return it as it is now held; ``None`` when it does not wait."""
        taken = self.claimable().filter(pk=pk)
        held = {"owner": owner, "lease_until": Now() + LEASE, "not_before": None, **self.model.HELD}
        if not taken.update(attempt=F("attempt") + 1, **held):
            return None
        return self.get(pk=pk)

    def renew(self, attempts: Mapping[Any, int]) -> None:
        """Extend the leases of rows that are still held under these attempts, given by primary key."""
        fence = Q()
        for pk, attempt in attempts.items():
            fence |= Q(pk=pk, attempt=attempt)
        self.held().filter(fence).update(lease_until=Now() + LEASE)

    def expired(self, *, leases_count: bool) -> Self:
        """Return the held rows without a live worker: the lease expired, or the process that holds it has ended.

        Args:
            leases_count: ``False`` just after the clock was set, when leases say nothing.
        """
        held = self.held()
        owners = held.order_by().values_list("owner", flat=True).distinct()
        dead = Q(owner__in=[owner for owner in owners if is_dead(owner)])
        if not leases_count:
            return held.filter(dead)
        return held.filter(dead | Q(lease_until__lt=Now()) | Q(lease_until__gt=Now() + FAR_FUTURE))

    def requeue(self, row: Any, *, lost_attempts: int, pause: timedelta = timedelta(0), **fields: Any) -> bool:
        """Let a held row wait for a worker again; ``False`` when it is not held under the row's attempt any more.

        Args:
            row: The row as it was claimed.
            lost_attempts: Attempts that a worker or its machine lost, this one included.
            pause: Not to be claimed before this is over.
            fields: Further fields to write.
        """
        released = {"owner": "", "lease_until": None, "not_before": Now() + pause if pause else None}
        # The attempt is raised here too: whatever the worker that lost the row still sends is refused from now on.
        changes = {"attempt": row.attempt + 1, "lost_attempts": lost_attempts, **self.model.CLAIMABLE, **released}
        return bool(self.held_as(row.pk, row.attempt).update(**changes, **sanitized_text(fields)))

    def finish(self, row: Any, **fields: Any) -> bool:
        """Write the last state of a held row; ``False`` when it is not held under the row's attempt any more.

        Texts are sanitized: a reason may quote what was read, and a failure must be written down whatever it quotes.
        """
        return bool(self.held_as(row.pk, row.attempt).update(owner="", lease_until=None, **sanitized_text(fields)))

    def clamp_future_timestamps(self) -> int:
        """Bring ``not_before`` nearer where it lies further off than anything is ever put off."""
        late = self.filter(not_before__gt=Now() + FAR_FUTURE, **self.model.CLAIMABLE)
        # Queried first: an UPDATE would take SQLite's only write lock for nothing.
        return late.update(not_before=Now()) if late.exists() else 0


class Leased(models.Model):
    """A row that workers claim, hold under a lease and finish.

    Attributes:
        attempt: Grows with every claim; the fence: only the newest attempt may write.
        lost_attempts: Attempts that ended because a worker or its machine did.
        owner: `worker_id` of the thread that holds the row; empty when nobody does.
        lease_until: The claim lapses then, by the database's clock.
        not_before: Not to be claimed before, by the database's clock.
        CLAIMABLE: Fields of a row that waits for a worker.
        HELD: Fields of a row that a worker holds.
        CANCELLED_AT: Path to the field that says when the work was cancelled; empty when it cannot be.
    """

    CLAIMABLE: ClassVar[Mapping[str, Any]]
    HELD: ClassVar[Mapping[str, Any]]
    CANCELLED_AT: ClassVar[str] = ""

    attempt = models.PositiveIntegerField(default=0)
    lost_attempts = models.PositiveIntegerField(default=0)
    owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)

    class Meta:
        abstract = True


def holder_name(row: Leased, attempt: int) -> str:
    """Return the name under which an attempt at a row holds a resource: ``<kind>:<primary key>:<attempt>``."""
    return f"{row._meta.label_lower}:{row.pk}:{attempt}"


def is_held(holder: str) -> bool:
    """Return whether the attempt of this name still holds its row, and with it what it acquired."""
    try:
        kind, pk, attempt = holder.split(":")
        model = apps.get_model(kind)
    except (ValueError, LookupError):
        return False
    return issubclass(model, Leased) and model._default_manager.held_as(pk, int(attempt)).exists()  # type: ignore[attr-defined]

"""The audit trail: one line for everything that changes who may do what, or what the world can call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import AuditEntry, User, Workspace


def record(
    *, actor: User | None, action: str, subject: str = "", workspace: Workspace | None = None, **details: Any
) -> None:
    """Write one line. ``action``: ``<noun>.<what happened>``; ``details``: plain JSON values, never secrets."""
    AuditEntry.objects.create(actor=actor, action=action, subject=subject[:200], workspace=workspace, details=details)


def remove_old() -> int:
    """Remove the entries older than ``LEPTON_AUDIT_DAYS`` and return how many; 0 days keep everything."""
    if not settings.LEPTON_AUDIT_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.LEPTON_AUDIT_DAYS)
    # Once a day: each removal is an entry too.
    if not AuditEntry.objects.filter(created_at__lt=before - timedelta(days=1)).exists():
        return 0
    removed, _ = AuditEntry.objects.filter(created_at__lt=before).delete()
    record(actor=None, action="audit.old_removed", count=removed, days=settings.LEPTON_AUDIT_DAYS)
    return removed

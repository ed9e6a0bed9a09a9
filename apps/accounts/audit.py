"""The audit trail: one line for everything that changes who may do what, or what the world can call."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import AuditEntry, User, Workspace


def record(
    *, actor: User | None, action: str, subject: str = "", workspace: Workspace | None = None, **details: Any
) -> None:
    """Write one line. ``action``: ``<noun>.<what happened>``; ``details``: plain JSON values, never secrets."""
    AuditEntry.objects.create(actor=actor, action=action, subject=subject[:200], workspace=workspace, details=details)

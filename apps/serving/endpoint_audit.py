"""Lines of the audit trail about endpoints."""

from __future__ import annotations

from apps.accounts import audit
from apps.accounts.models import User
from apps.serving.models import Endpoint


def record(actor: User | None, action: str, endpoint: Endpoint, **details: object) -> None:
    """Write one line; ``actor``: ``None`` for what the reconciler does by itself."""
    audit.record(actor=actor, action=action, subject=endpoint.slug, workspace=endpoint.workspace, **details)

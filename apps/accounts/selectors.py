"""What the page must know when it opens."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import User, Workspace
from apps.accounts.services import needs_setup
from apps.common import hooks
from apps.common.roles import Role


def session_of(user: User | AnonymousUser) -> dict[str, Any]:
    """Return who is logged in, their workspaces (an administrator has all, as owner) and the limits."""
    return {
        "user": _person(user) if isinstance(user, User) else None,
        "needs_setup": needs_setup(),
        "workspaces": _seats(user) if isinstance(user, User) else [],
        "limits": {"upload_bytes": settings.UPLOAD_LIMIT_BYTES, "part_bytes": settings.UPLOAD_PART_BYTES},
        "has_gpu": any(hooks.has_gpu()),
        "version": settings.VERSION,
    }


def _person(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "username": user.username,
        "email": user.email,
        "is_administrator": user.is_superuser,
        "must_change_password": user.must_change_password,
    }


def _seats(user: User) -> list[dict[str, Any]]:
    memberships = user.memberships.select_related("workspace").order_by("created_at")
    seats: list[dict[str, Any]]
    seats = [{"id": m.workspace.pk, "name": m.workspace.name, "role": m.role} for m in memberships]
    if user.is_superuser:
        others = Workspace.objects.exclude(memberships__user=user)
        seats.extend({"id": w.pk, "name": w.name, "role": Role.OWNER.value} for w in others)
    return seats

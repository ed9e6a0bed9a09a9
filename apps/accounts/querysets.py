"""Sets of rows of accounts, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

from apps.common.actors import Actor
from apps.common.models import ScopedQuerySet

if TYPE_CHECKING:
    from apps.accounts.models import ApiToken, BrowserSession, Membership, User, Workspace  # noqa: F401 - named in bases


class WorkspaceQuerySet(ScopedQuerySet["Workspace"]):
    """Workspaces."""

    def visible_to(self, user: Actor) -> Self:
        """Return the person's workspaces, or all for an administrator."""
        if not user.is_authenticated:
            return self.none()
        return self if user.is_superuser else self.filter(memberships__user=user.pk)

    def first_of(self, user: User) -> Workspace | None:
        """Return the workspace the person joined first; for an administrator without one, the oldest."""
        joined = self.filter(memberships__user=user).order_by("memberships__created_at").first()
        return joined or self.first()


class MembershipQuerySet(ScopedQuerySet["Membership"]):
    """Memberships."""

    def owners(self) -> Self:
        """Return those who own their workspace."""
        return self.filter(role="owner")


class BrowserSessionQuerySet(models.QuerySet["BrowserSession", "BrowserSession"]):
    """Browsers that people are signed in with."""

    def of(self, user: Actor) -> Self:
        """Return the person's own ones."""
        return self.filter(user=user.pk)

    def elsewhere(self, session_key: str) -> Self:
        """Return all but the one with this stored key of a session."""
        return self.exclude(session_key=session_key)


class TokenQuerySet(models.QuerySet["ApiToken", "ApiToken"]):
    """Keys of programs."""

    def of(self, user: Actor) -> Self:
        """Return the person's own keys."""
        return self.filter(user=user.pk)

    def revocable_by(self, user: Actor) -> Self:
        """Return those that a person may revoke: their own, for an administrator those of everybody."""
        return self if user.is_superuser else self.of(user)

    def valid(self) -> Self:
        """Return those that have not expired, of active people."""
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now()), user__is_active=True)

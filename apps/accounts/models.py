"""People, workspaces, memberships, keys of programs, the one-time set-up link and what was done by whom."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from apps.accounts.querysets import (
    BrowserSessionQuerySet,
    MembershipQuerySet,
    TokenQuerySet,
    WorkspaceQuerySet,
)
from apps.common.artifact_fields import ArtifactJSONField
from apps.common.errors import not_found
from apps.common.models import Row, WorkspaceRow
from apps.common.roles import APPROVERS, SCOPES, Role


class User(AbstractUser):
    """A person. ``is_superuser`` is the site administrator.

    ``must_change_password``: the server made the password, so others have seen it; nothing else is done before it is
    changed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    must_change_password = models.BooleanField(default=False)

    def role_in(self, workspace_id: uuid.UUID) -> Role | None:
        """Return this person's role in a workspace, or ``None`` for a stranger."""
        if not self.is_active:
            return None
        found = self.memberships.filter(workspace_id=workspace_id).values_list("role", flat=True).first()
        return Role(found) if found else None

    def choose_workspace(self, wanted: str) -> Workspace:
        """Return the workspace with the id ``wanted``, or this person's first one when it is empty.

        Raises:
            ApplicationError: There is none that this person may see.
        """
        workspaces = Workspace.objects.visible_to(self)
        found = workspaces.filter(pk=_uuid(wanted)).first() if wanted else workspaces.first_of(self)
        if found is None:
            raise not_found("workspace")
        return found


class Workspace(Row):
    """What people share: data sets, graphs, runs and endpoints belong to one.

    Attributes:
        needs_approval: Whether only approved model versions are released.
        approvers: Lowest role whose approval counts: owner, or analyst for both.
        needs_another_person: Whether nobody's approval counts for a version they made themselves.
    """

    name = models.CharField(max_length=120)
    needs_approval = models.BooleanField(default=False)
    approvers = models.CharField(max_length=16, choices=[(role, role) for role in APPROVERS], default=Role.OWNER.value)
    needs_another_person = models.BooleanField(default=False)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]

    def __str__(self) -> str:
        return self.name


class Membership(WorkspaceRow):
    """A person's role in a workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in Role])

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "user"], name="one_role_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.workspace}"


def all_scopes() -> list[str]:
    """Return every scope: those of a token that names none."""
    return list(SCOPES)


class ApiToken(Row):
    """A program's key for its person. Only an HMAC of it is kept.

    ``expires_at``: when it ends by itself; ``None``: never. ``scopes``: what it may be used for, of ``roles.SCOPES``.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    scopes = models.JSONField(default=all_scopes)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.user}"


class BrowserSession(Row):
    """A browser in which a person is signed in.

    ``session_key``: the hash that ``session_store`` has the session under; ``device``: what the browser calls itself;
    ``address``: where the last visit came from.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=45, blank=True)
    last_seen_at = models.DateTimeField()

    objects = BrowserSessionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-last_seen_at"]

    def __str__(self) -> str:
        return f"{self.user} since {self.created_at:%Y-%m-%d %H:%M}"


class SetupToken(Row):
    """The one-time right to make the first administrator."""

    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"set-up link of {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_valid(self) -> bool:
        """True while it is neither used nor too old."""
        return self.used_at is None and self.expires_at > timezone.now()


class AuditEntry(Row):
    """Who did what. Written once, never changed."""

    workspace = models.ForeignKey(Workspace, null=True, on_delete=models.SET_NULL, related_name="+")
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    action = models.CharField(max_length=64)
    subject = models.CharField(max_length=200, blank=True)
    details = ArtifactJSONField(default=dict, path="address", keeps=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["-created_at"], name="audit_newest_first")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


def _uuid(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        raise not_found("workspace") from None

"""Base rows: an unguessable id, the time of making, the workspace, and who may see it."""

from __future__ import annotations

import uuid
from typing import Self, TypeVar

from django.db import models

from apps.common.actors import Actor

RowType = TypeVar("RowType", bound=models.Model)


class Row(models.Model):
    """A row with a random id and the time it was made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class ScopedQuerySet(models.QuerySet[RowType, RowType]):
    """Rows of a workspace. ``path_to_workspace``: the lookup from a row to its workspace."""

    path_to_workspace = "workspace"

    def visible_to(self, user: Actor) -> Self:
        """Return the rows this person may know of: those of their workspaces, or all for an administrator."""
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser:
            return self.all()
        return self.filter(**{f"{self.path_to_workspace}__memberships__user": user.pk})

    def in_workspace(self, workspace_id: uuid.UUID) -> Self:
        """Return the rows of one workspace."""
        return self.filter(**{self.path_to_workspace: workspace_id})


class WorkspaceRow(Row):
    """A row that belongs to a workspace."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True

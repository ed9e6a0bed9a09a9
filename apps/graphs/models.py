"""Graphs: a draft that saves itself and versions that never change."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from apps.common.models import Row, ScopedQuerySet, WorkspaceRow


class GraphQuerySet(ScopedQuerySet["Graph"]):
    """Graphs."""

    def with_drafts(self) -> Self:
        """Fetch each graph's draft along."""
        return self.select_related("draft")


class Graph(WorkspaceRow):
    """A named graph.

    What runs and endpoints know of it is written here by their services, so that lists need one query:
    ``last_run_*`` by ``services.note_run`` and ``published_version`` by ``services.note_published``.
    """

    name = models.CharField(max_length=200)
    updated_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    latest_version = models.PositiveIntegerField(null=True)
    published_version = models.PositiveIntegerField(null=True)
    last_run_id = models.UUIDField(null=True)
    last_run_number = models.PositiveIntegerField(null=True)
    last_run_state = models.CharField(max_length=16, blank=True)
    last_run_headline = models.JSONField(null=True)
    last_run_headline_parts = models.JSONField(null=True)
    last_run_verdict = models.JSONField(null=True)

    objects = GraphQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-updated_at"]

    def __str__(self) -> str:
        return self.name


class Draft(models.Model):
    """What is being drawn. ``revision`` grows with every save; a save that names an old one is a conflict."""

    graph = models.OneToOneField(Graph, on_delete=models.CASCADE, related_name="draft", primary_key=True)
    document = models.JSONField()
    revision = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"draft of {self.graph} r{self.revision}"


class GraphVersionQuerySet(ScopedQuerySet["GraphVersion"]):
    """Saved versions."""

    path_to_workspace = "graph__workspace"


class GraphVersion(Row):
    """A saved version. Never changed."""

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200, blank=True)
    document = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = GraphVersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["graph", "number"], name="graph_version_numbers_are_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.graph} v{self.number}"

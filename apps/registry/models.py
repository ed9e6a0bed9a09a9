"""Models that were published: what they are, where they came from, where they lie."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models

from apps.common.artifact_fields import ArtifactField, ArtifactJSONField
from apps.common.models import Row, ScopedQuerySet, WorkspaceRow


class RegisteredModelQuerySet(ScopedQuerySet["RegisteredModel"]):
    """Registered models."""

    def with_versions(self) -> Self:
        """Fetch each model's versions along, and who made them."""
        # Without the nodes they were made by, which are many and shown of one version at a time.
        versions = models.Prefetch("versions", ModelVersion.objects.defer("nodes"))
        more = (
            "versions__created_by",
            "versions__run",
            "versions__approved_by",
            "versions__refused_by",
            "versions__aliases",
        )
        return self.select_related("workspace").prefetch_related(versions, *more)


class RegisteredModel(WorkspaceRow):
    """What one Deploy node of a graph publishes, over all its versions. Survives its graph."""

    graph = models.ForeignKey("graphs.Graph", null=True, on_delete=models.SET_NULL, related_name="+")
    node = models.CharField(max_length=64)
    name = models.CharField(max_length=200)

    objects = RegisteredModelQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["graph", "node"], name="one_model_per_deploy_node"),
        ]

    def __str__(self) -> str:
        return self.name


class ModelVersion(Row):
    """One published model. Never changed but for its approval.

    Attributes:
        graph_version: Version of the graph it was made from.
        run: The run that made it.
        address: Where its package lies in the store.
        bytes: What its package takes on the disk.
        details: What the package says of itself: task, target, classes, metrics, learner, lineage.
        nodes: The nodes it was made by, as ``lineage.nodes_leading_to`` gives them.
        approved_at: When an owner said that it may answer where approval is asked for.
        refused_at: When somebody whose approval counts said that it may not; never both.
        refused_why: Their reason, for whoever made it.
    """

    model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    graph_version = models.PositiveIntegerField()
    run = models.ForeignKey("runs.Run", null=True, on_delete=models.SET_NULL, related_name="+")
    address = ArtifactField(max_length=64)
    bytes = models.PositiveBigIntegerField(default=0)
    details = ArtifactJSONField(default=dict, path="data.*", keeps=False)
    nodes: models.JSONField[Any] = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True)
    refused_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    refused_at = models.DateTimeField(null=True)
    refused_why = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["model", "number"], name="model_version_numbers_are_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.model} v{self.number}"


class CardText(Row):
    """A text of a version's card. Never changed: a newer one replaces it.

    ``text``: Markdown; empty where somebody took away what stood there.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="texts")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "number"], name="card_text_numbers_are_unique"),
        ]

    def __str__(self) -> str:
        return f"card of {self.version}, text {self.number}"


class Alias(models.Model):
    """A name for a version that moves, so that what asks for it need not know numbers.

    ``champion`` and ``challenger`` follow the endpoint; other names are people's own.
    """

    model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="aliases")
    name = models.SlugField(max_length=40)
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="aliases")

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["model", "name"], name="alias_names_are_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.model}"

"""Data sets, their versions and files on their way in."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.common.artifact_fields import ArtifactField
from apps.common.leases import Leased, LeasedQuerySet
from apps.common.models import ScopedQuerySet, WorkspaceRow

READING = ("dataset", "number", "status", "error_message", "error_parts", "error_line")


class DatasetQuerySet(ScopedQuerySet["Dataset"]):
    """Data sets."""

    def with_versions(self) -> Self:
        """Fetch each data set's versions and maker along."""
        return self.select_related("current", "created_by").prefetch_related(
            # Without what was counted of their columns, which is large.
            models.Prefetch("versions", DatasetVersion.objects.only(*READING))
        )


class Dataset(WorkspaceRow):
    """A named table. ``current``: the version that is shown and used; ``upload_id``: the upload it was made from."""

    name = models.CharField(max_length=200)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    current = models.OneToOneField("DatasetVersion", null=True, on_delete=models.SET_NULL, related_name="+")
    upload_id = models.UUIDField(null=True, unique=True, editable=False)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def shown(self) -> DatasetVersion | None:
        """The version that was asked for by its number; the current one unless one was."""
        chosen: DatasetVersion | None = getattr(self, "chosen", None)
        return chosen or self.current

    @property
    def newest(self) -> DatasetVersion | None:
        """The version that was asked for last; until it is read, the current one stays another."""
        return max(self.versions.all(), key=lambda version: version.number, default=None)


class VersionQuerySet(  # type: ignore[override]  # each base synthesises an `as_manager` of its own
    LeasedQuerySet["DatasetVersion"], ScopedQuerySet["DatasetVersion"]
):
    """Versions of data sets."""

    path_to_workspace = "dataset__workspace"

    def unfinished(self) -> Self:
        """Return those still to be read."""
        return self.filter(status__in=[DatasetVersion.Status.PENDING, DatasetVersion.Status.READING])

    def due_for_notification(self) -> Self:
        """Return those that wait and whose message is due to be sent again."""
        return self.claimable().filter(next_notification_at__lte=Now())


class DatasetVersion(Leased):
    """One reading of one file, held by the worker that reads it.

    ``path``: the name of the file in ``file_storage``. ``options``: what a person said about the file, as in
    ``tasks/ingest/options.py``; empty to find everything out from the file. ``next_notification_at``: when the message
    to workers is sent again while the version waits.
    """

    CLAIMABLE: ClassVar = {"status": "pending"}
    HELD: ClassVar = {"status": "reading"}

    class Status(models.TextChoices):
        """How far the reading is."""

        PENDING = "pending"
        READING = "reading"
        READY = "ready"
        FAILED = "failed"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    file_name = models.CharField(max_length=255)
    path = models.CharField(max_length=500, blank=True)
    bytes = models.BigIntegerField(default=0)
    next_notification_at = models.DateTimeField(null=True)
    address = ArtifactField(max_length=128, blank=True)
    content_hash = ArtifactField(max_length=128, blank=True, keeps=False)
    rows = models.BigIntegerField(null=True)
    schema = models.JSONField(default=dict)
    profile = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    error_message = models.TextField(blank=True)
    error_parts = models.JSONField(null=True)
    error_line = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["dataset", "number"], name="version_numbers_are_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset} v{self.number}"


class UploadQuerySet(ScopedQuerySet["Upload"]):
    """Uploads."""


class Upload(WorkspaceRow):
    """A file that arrives in parts. ``bytes``: the size announced; ``received``: numbers of the parts, from 0."""

    name = models.CharField(max_length=255)
    bytes = models.BigIntegerField()
    part_bytes = models.PositiveIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def parts(self) -> int:
        """How many parts the file has."""
        return max(1, -(-self.bytes // self.part_bytes))

    def size_of(self, part: int) -> int:
        """Return how many bytes this part must have."""
        return min(self.part_bytes, self.bytes - part * self.part_bytes)

"""Endpoints, their releases, keys and traffic."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models

from apps.common.artifact_fields import ArtifactField
from apps.common.models import Row, ScopedQuerySet, WorkspaceRow
from tasks.serving_interface import SCOPES


def every_scope() -> list[str]:
    """Return the default scopes of a key: all."""
    return list(SCOPES)


class EndpointQuerySet(ScopedQuerySet["Endpoint"]):
    """Endpoints."""

    def with_releases(self) -> Self:
        """Fetch releases and keys in the same queries."""
        joined = ("workspace", "active__created_by", "active__model_version__model__workspace", "canary", "shadow")
        prefetched = ("releases__created_by", "releases__model_version__model__workspace", "keys")
        return self.select_related(*joined).prefetch_related(*prefetched)


class Endpoint(WorkspaceRow):
    """A URL that answers predictions. It keeps its slug through all releases and survives its graph.

    Attributes:
        active: The release that answers; always one of its own, as are `fallback`, `canary` and `shadow`.
        unconfirmed_since: When the release was made active; ``None`` once the serving plane reported to answer with it.
        fallback: The release that was active before, and is again if the active release cannot be loaded.
        canary: A release that answers a share of the requests.
        canary_percent: That share, from 0 to 100.
        canary_margin: How much more often than the active release it may fail, a share from 0 to 1.
        canary_drift: The largest drift of its inputs or predictions from its reference, as a population stability
            index; ``None`` for no limit.
        canary_since: When it became the canary.
        shadow: A release that is sent the same requests and never answers.
        returned: The last release that was withdrawn by itself: ``{release, at, why, why_parts}``.
        needs_approval: Whether only releases of approved model versions may answer.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    graph = models.ForeignKey("graphs.Graph", null=True, on_delete=models.SET_NULL, related_name="endpoints")
    node = models.CharField(max_length=64)
    active = models.ForeignKey("serving.Release", null=True, on_delete=models.SET_NULL, related_name="+")
    fallback = models.ForeignKey("serving.Release", null=True, on_delete=models.SET_NULL, related_name="+")
    unconfirmed_since = models.DateTimeField(null=True)
    canary = models.ForeignKey("serving.Release", null=True, on_delete=models.SET_NULL, related_name="+")
    canary_percent = models.FloatField(default=0.0)
    canary_margin = models.FloatField(default=0.01)
    canary_drift = models.FloatField(null=True, default=0.25)
    canary_since = models.DateTimeField(null=True)
    shadow = models.ForeignKey("serving.Release", null=True, on_delete=models.SET_NULL, related_name="+")
    returned: models.JSONField[Any] = models.JSONField(null=True)
    needs_approval = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["graph", "node"], name="one_endpoint_per_deploy_node"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def url(self) -> str:
        """Its URL on the serving plane."""
        return f"{settings.LEPTON_SERVE_URL}/endpoints/{self.slug}"


class Release(Row):
    """One package that answers or answered at an endpoint. Never changed.

    Attributes:
        address: Digest of the package.
        model: ``{task, target, classes, metrics, scored_on}``.
        inputs: The raw columns it needs.
        example: A row of the training data.
        parity: How closely its predictions match those of training.
        reference: Distribution of its training rows (see ``tasks.inference.drift``); empty for older packages.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="releases")
    number = models.PositiveIntegerField()
    address = ArtifactField(max_length=64)
    graph_version = models.PositiveIntegerField()
    run = models.ForeignKey("runs.Run", null=True, on_delete=models.SET_NULL, related_name="+")
    model_version = models.ForeignKey(
        "registry.ModelVersion", null=True, on_delete=models.SET_NULL, related_name="releases"
    )
    model: models.JSONField[Any] = models.JSONField(default=dict)
    inputs: models.JSONField[Any] = models.JSONField(default=list)
    example: models.JSONField[Any] = models.JSONField(default=dict)
    parity: models.JSONField[Any] = models.JSONField(default=dict)
    reference: models.JSONField[Any] = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["endpoint", "number"], name="release_numbers_are_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} release {self.number}"


class EndpointKey(Row):
    """A consumer's key.

    Attributes:
        prefix: Shown to tell keys apart; the key itself is stored as a hash only.
        scopes: Some of `SCOPES`.
        per_second: Requests within any one second; 0 for no limit.
        per_day: Requests a day, from midnight to midnight UTC; 0 for no limit.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes: models.JSONField[Any] = models.JSONField(default=every_scope)
    per_second = models.PositiveIntegerField(default=0)
    per_day = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.endpoint}"


class TrafficMinute(models.Model):
    """Traffic of a release of an endpoint in one minute.

    Attributes:
        release: Its number; 0 for requests that were refused before a release was chosen.
        statuses: HTTP status to number of answers.
        latencies: Log bucket (see ``traffic.py``) to number of good answers.
        rows: Rows that were answered.
        shadow: How its answers as a shadow differed: requests, rows, differed, largest, errors, skipped.
        canary: Of ``statuses``, those that it answered as the canary.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="traffic")
    minute = models.DateTimeField()
    release = models.PositiveIntegerField(default=0)
    statuses: models.JSONField[Any] = models.JSONField(default=dict)
    latencies: models.JSONField[Any] = models.JSONField(default=dict)
    rows = models.PositiveBigIntegerField(default=0)
    shadow: models.JSONField[Any] = models.JSONField(default=dict)
    canary: models.JSONField[Any] = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["endpoint", "minute", "release"], name="one_count_per_release_and_minute"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["minute"], name="traffic_minute")]

    def __str__(self) -> str:
        return f"{self.endpoint} at {self.minute:%H:%M}"


class CountBatch(models.Model):
    """A batch of counts that was stored: a batch whose id is here is not stored again."""

    id = models.UUIDField(primary_key=True)
    written_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"counts written at {self.written_at:%H:%M:%S}"


class DriftCount(models.Model):
    """Histogram of a release's rows within some minutes, over the bins of its reference.

    Attributes:
        since: Start of those minutes.
        counts: As ``tasks.inference.drift.count`` returns them, added up.
        canary: The same of the rows that it answered as the canary alone.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="drift_counts")
    release = models.PositiveIntegerField()
    since = models.DateTimeField()
    counts: models.JSONField[Any] = models.JSONField(default=dict)
    canary: models.JSONField[Any] = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["endpoint", "release", "since"], name="one_drift_count_per_time"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["since"], name="drift_count_since")]

    def __str__(self) -> str:
        return f"{self.endpoint} since {self.since:%H:%M}"


class SnapshotRevision(models.Model):
    """The one row with the number of the published snapshot and the ``digest`` of its content."""

    number = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"revision {self.number}"

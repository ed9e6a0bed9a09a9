"""Runs, their nodes and their events. Every change of state is a conditional update."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from apps.common.artifact_fields import ArtifactJSONField
from apps.common.leases import Leased, LeasedQuerySet
from apps.common.models import Row, ScopedQuerySet, WorkspaceRow


class RunQuerySet(ScopedQuerySet["Run"]):
    """Runs."""

    def unfinished(self) -> RunQuerySet:
        """Return the queued and running runs."""
        return self.filter(state__in=UNFINISHED)

    def with_headlines(self) -> RunQuerySet:
        """Add ``headline`` and ``headline_parts``, the result line of the last node that has one, and ``judged``.

        ``judged``: the outputs of the last node that scored a model. Each is ``None`` when there is no such node.
        """
        own = NodeRun.objects.filter(run=models.OuterRef("pk"))
        last = own.with_headline()
        return self.annotate(
            judged=models.Subquery(own.that_scored().values("outputs")[:1]),
            headline=models.Subquery(last.values("headline")[:1]),
            headline_parts=models.Subquery(last.values("headline_parts")[:1]),
        )


class Run(WorkspaceRow):
    """One run of a graph.

    Attributes:
        number: Counts the runs of the graph from 1.
        document: The graph as it was when it started.
        datasets: Data set id to the digest of its table when the run started.
        to: Run only this node and its ancestors; empty for all nodes.
        last_seq: Sequence number of the newest event.
        remaining: Number of nodes that have not ended.
        request_id: Of the request that started or resumed it; in every log line about it.
        next_notification_at: When the reconciler may notify workers again of ready nodes.
    """

    class State(models.TextChoices):
        """States of a run."""

        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"
        CRASHED = "crashed"

    graph = models.ForeignKey("graphs.Graph", on_delete=models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    document: models.JSONField[Any] = models.JSONField()
    datasets = ArtifactJSONField(default=dict, path="*", keeps=models.Q(state__in=("queued", "running")))
    to = models.CharField(max_length=64, blank=True)
    seed = models.PositiveIntegerField(default=0)
    idempotency_key = models.CharField(max_length=100, null=True)  # noqa: DJ001 - unique when given, many without
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    message = models.TextField(blank=True)
    message_parts: models.JSONField[Any] = models.JSONField(null=True)
    last_seq = models.PositiveIntegerField(default=0)
    remaining = models.PositiveIntegerField(default=0)
    request_id = models.CharField(max_length=64, blank=True)
    next_notification_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(fields=("graph", "number"), name="run_number_is_unique"),
            models.UniqueConstraint(fields=("graph", "idempotency_key"), name="run_is_created_once"),
        )
        indexes = (models.Index(fields=("state",), name="run_state"),)

    def __str__(self) -> str:
        return f"run {self.number} of {self.graph_id}"


UNFINISHED = (Run.State.QUEUED, Run.State.RUNNING)


class NodeRunQuerySet(LeasedQuerySet["NodeRun"]):
    """Nodes of runs."""

    def with_headline(self) -> NodeRunQuerySet:
        """Return the finished nodes with a headline, the last one first.

        Without publishing nodes: their headline is about the package, not about the quality of the model.
        """
        found = self.filter(state=NodeRun.State.DONE).exclude(headline="").exclude(type__startswith="publish.")
        return found.order_by("-position")

    def with_duration(self) -> NodeRunQuerySet:
        """Return the nodes whose duration is known: finished, and not by the result of an earlier run."""
        return self.filter(
            state=NodeRun.State.DONE, is_cached=False, started_at__isnull=False, finished_at__isnull=False
        )

    def that_scored(self) -> NodeRunQuerySet:
        """Return the finished nodes that gave a model or metrics, the last one first."""
        scored = models.Q(outputs__has_key="model") | models.Q(outputs__has_key="metrics")
        return self.filter(scored, state=NodeRun.State.DONE).order_by("-position")


class NodeRun(Leased):
    """One node of a run. `sql` claims it and writes its result; every other change is a method of `LeasedQuerySet`.

    Attributes:
        unmet_dependencies: Number of predecessors that are not done.
        inputs: Input port to ``[node, output port]``.
        successors: Nodes that read its results.
        fingerprint: Key under which the result may be reused.
        time_limit_seconds: It is stopped when it runs for longer; 0 for no limit of its own.
        estimated_seconds: What it expected to take when the run started, by rows, columns and parameters.
        evicted_at: When its result was removed to free space; it is not reused from then on.
        peak_bytes: The most memory that the engine process kept for itself meanwhile; empty where nobody measured it.
    """

    class State(models.TextChoices):
        """States of a node."""

        PENDING = "pending"
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CRASHED = "crashed"
        CANCELLED = "cancelled"
        SKIPPED = "skipped"

    CLAIMABLE: ClassVar = {"state": "queued"}
    HELD: ClassVar = {"state": "running"}
    CANCELLED_AT: ClassVar = "run__cancel_requested_at"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="nodes")
    node = models.CharField(max_length=64)
    position = models.PositiveIntegerField(default=0)
    type = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    params: models.JSONField[Any] = models.JSONField(default=dict)
    title = models.CharField(max_length=200, blank=True)
    inputs: models.JSONField[Any] = models.JSONField(default=dict)
    successors: models.JSONField[Any] = models.JSONField(default=list)
    fingerprint = models.CharField(max_length=64)
    queue = models.CharField(max_length=10, default="cpu")
    uses_gpu = models.BooleanField(default=False)
    time_limit_seconds = models.PositiveIntegerField(default=0)
    estimated_seconds = models.FloatField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    unmet_dependencies = models.PositiveIntegerField(default=0)
    progress = models.FloatField(default=0.0)
    progress_text = models.CharField(max_length=300, blank=True)
    progress_text_parts: models.JSONField[Any] = models.JSONField(null=True)
    headline = models.CharField(max_length=300, blank=True)
    headline_parts: models.JSONField[Any] = models.JSONField(null=True)
    error: models.JSONField[Any] = models.JSONField(null=True)
    outputs = ArtifactJSONField(
        default=dict,
        path="*.address",
        # Those of finished runs are removed when space is short; the garbage collector counts them on its own.
        keeps=models.Q(state="done", evicted_at=None, run__state__in=("queued", "running")),
    )
    is_cached = models.BooleanField(default=False)
    evicted_at = models.DateTimeField(null=True)
    device = models.CharField(max_length=120, blank=True)
    peak_bytes = models.BigIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = NodeRunQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("run", "node"), name="node_is_once_in_run"),)
        indexes = (
            models.Index(fields=("run", "state"), name="node_state_in_run"),
            # Without `lease_until`: PostgreSQL then renews a lease without touching any index (a HOT update).
            models.Index(fields=("owner",), condition=models.Q(state="running"), name="node_running"),
            models.Index(fields=("queue",), condition=models.Q(state="queued"), name="node_queued"),
            models.Index(fields=("fingerprint", "state"), name="node_fingerprint"),
        )

    def __str__(self) -> str:
        return f"{self.node} of {self.run_id}"


ENDED = (
    NodeRun.State.DONE,
    NodeRun.State.FAILED,
    NodeRun.State.CRASHED,
    NodeRun.State.CANCELLED,
    NodeRun.State.SKIPPED,
)


class MaintenanceRun(models.Model):
    """Periodic work that one of all workers does, such as eviction.

    ``due_at``: when it is next due, by the database's clock; ``facts``: results of the last time.
    """

    name = models.CharField(max_length=40, primary_key=True)
    due_at = models.DateTimeField()
    facts: models.JSONField[Any] = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name


class CleanupRequest(Row, Leased):
    """A clean-up of stored results: requested by a person, or recorded when it was due by itself.

    Attributes:
        asked_by: The administrator who requested it; empty when it was due by itself.
        unused_days: Besides unreferenced artifacts, results that no run used for so many days go; empty for none.
        removed: How many artifacts were removed.
    """

    CLAIMABLE: ClassVar = {"state": "waiting"}
    HELD: ClassVar = {"state": "working"}

    class Reason(models.TextChoices):
        """Why it was done. The values are older than the names."""

        LIMIT = "limit"
        GARBAGE = "leftovers", "Leftovers"
        REQUESTED = "asked", "Asked"

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting"
        WORKING = "working"
        DONE = "done"
        FAILED = "failed"

    reason = models.CharField(max_length=10, choices=Reason.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DONE)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    unused_days = models.PositiveIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    removed = models.PositiveIntegerField(default=0)
    freed_bytes = models.PositiveBigIntegerField(default=0)
    message = models.TextField(blank=True)
    message_parts: models.JSONField[Any] = models.JSONField(null=True)

    objects = LeasedQuerySet["CleanupRequest"].as_manager()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.reason} {self.state}"


class RunEvent(models.Model):
    """One event as it is sent. ``body``: JSON text of the event, sequence number included."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    body = models.TextField()

    class Meta:
        ordering = ("seq",)
        constraints = (models.UniqueConstraint(fields=("run", "seq"), name="event_is_once_in_run"),)

    def __str__(self) -> str:
        return f"event {self.seq} of {self.run_id}"

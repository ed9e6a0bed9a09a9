"""What runs look like over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.verdicts import VerdictSerializer, verdict_in, with_verdict
from apps.runs.models import NodeRun, Run


class FaultSerializer(serializers.Serializer[None]):
    """Why a node failed."""

    message = serializers.CharField()
    message_id = serializers.CharField(allow_blank=True)
    message_params = serializers.JSONField()
    param = serializers.CharField(allow_blank=True)
    fix = serializers.CharField(allow_blank=True)
    trace = serializers.CharField(allow_blank=True)


class OutputSerializer(serializers.Serializer[None]):
    """One output of a finished node."""

    wire = serializers.CharField()
    address = serializers.CharField()
    summary = serializers.DictField()


class NodeRunSerializer(serializers.ModelSerializer[NodeRun]):
    """One node of a run."""

    error = serializers.SerializerMethodField()
    outputs = serializers.SerializerMethodField()

    class Meta:
        """What is shown."""

        model = NodeRun
        fields = (
            "node",
            "type",
            "title",
            "state",
            "progress",
            "progress_text",
            "progress_text_parts",
            "attempt",
            "headline",
            "headline_parts",
            "error",
            "outputs",
            "started_at",
            "finished_at",
            "is_cached",
            "evicted_at",
            "device",
            "peak_bytes",
        )

    @extend_schema_field(FaultSerializer(allow_null=True))
    def get_error(self, node: NodeRun) -> dict[str, Any] | None:
        """Return why the node failed, or nothing."""
        empty = {"message_id": "", "message_params": {}, "param": "", "fix": "", "trace": ""}
        return {**empty, **node.error} if node.error else None

    @extend_schema_field(serializers.DictField(child=OutputSerializer()))
    def get_outputs(self, node: NodeRun) -> dict[str, dict[str, Any]]:
        """Return the outputs by port."""
        shown = ("wire", "address", "summary")
        every = node.outputs.items()
        return {port: with_verdict({name: output[name] for name in shown}) for port, output in every}


class RunLineSerializer(serializers.ModelSerializer[Run]):
    """A run in a list."""

    graph_name = serializers.CharField(source="graph.name")
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    headline = serializers.CharField(default=None, allow_null=True)
    headline_parts = serializers.JSONField(default=None, allow_null=True)
    verdict = serializers.SerializerMethodField()

    class Meta:
        """What is shown."""

        model = Run
        fields: tuple[str, ...] = (
            "id",
            "workspace",
            "graph",
            "graph_name",
            "number",
            "state",
            "created_at",
            "started_at",
            "finished_at",
            "created_by",
            "last_seq",
            "message",
            "message_parts",
            "headline",
            "headline_parts",
            "verdict",
        )

    @extend_schema_field(VerdictSerializer(allow_null=True))
    def get_verdict(self, run: Run) -> dict[str, Any] | None:
        """Return the verdict on the last model that was scored, or nothing."""
        return verdict_in(getattr(run, "judged", None))


class RunSerializer(RunLineSerializer):
    """A run with its graph and nodes."""

    nodes = NodeRunSerializer(many=True)
    document = serializers.DictField()

    class Meta(RunLineSerializer.Meta):
        """What is shown."""

        fields = (*RunLineSerializer.Meta.fields, "to", "document", "nodes")


class StartSerializer(serializers.Serializer[None]):
    """What to run: the draft unless a document is given.

    ``to``: this node and what it needs, instead of everything. ``start``: this node anew and what follows it; with
    ``to`` the same node, this node alone.
    """

    to = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    start = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    document = serializers.DictField(required=False, allow_null=True, default=None)
    idempotency_key = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class EventQuerySerializer(serializers.Serializer[None]):
    """Which events."""

    after = serializers.IntegerField(min_value=0, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=2000, default=2000)


class EventsSerializer(serializers.Serializer[None]):
    """Events in order. ``last_seq``: the run's newest; ask again after the last one given while it is larger."""

    events = serializers.ListField(child=serializers.DictField())
    last_seq = serializers.IntegerField()


class OutputQuerySerializer(serializers.Serializer[None]):
    """Which rows of a table."""

    offset = serializers.IntegerField(min_value=0, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)


class GraphQuerySerializer(serializers.Serializer[None]):
    """Runs of which graph and in which state; all without."""

    graph = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=Run.State.choices, required=False)

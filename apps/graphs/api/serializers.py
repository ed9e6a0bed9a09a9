"""What graphs look like over HTTP."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.errors import ApplicationError
from apps.common.verdicts import VerdictSerializer
from apps.datasets.api.profile import FixSerializer
from apps.datasets.api.serializers import TableSchemaSerializer
from apps.graphs.api.documents import DocumentField, OutlineSerializer
from apps.graphs.documents import outline
from apps.graphs.models import Draft, Graph, GraphVersion
from tasks.graph.messages import Message


class DraftSerializer(serializers.ModelSerializer[Draft]):
    """What is being drawn."""

    document = DocumentField()

    class Meta:
        """What is shown."""

        model = Draft
        fields = ("document", "revision", "saved_at")


class DraftRequestSerializer(serializers.Serializer[None]):
    """What was drawn, and the revision it was drawn on."""

    document = DocumentField()
    revision = serializers.IntegerField(min_value=1)


class SavedSerializer(serializers.Serializer[None]):
    """The revision after a save."""

    revision = serializers.IntegerField()
    saved_at = serializers.DateTimeField()


class ConflictSerializer(SavedSerializer):
    """Somebody else saved since: what is there now."""

    code = serializers.CharField()
    message = serializers.CharField()
    document = DocumentField()
    saved_by = serializers.CharField()


class LastRunSerializer(serializers.Serializer[None]):
    """A graph's newest run."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    state = serializers.CharField()
    headline = serializers.JSONField(allow_null=True)
    headline_parts = serializers.JSONField(allow_null=True)
    verdict = VerdictSerializer(allow_null=True)


class GraphLineSerializer(serializers.ModelSerializer[Graph]):
    """A graph in a list, with its newest run. ``outline`` is null when the draft cannot even be pictured."""

    outline = serializers.SerializerMethodField()
    last_run = serializers.SerializerMethodField()

    class Meta:
        """What is shown."""

        model = Graph
        fields: ClassVar[tuple[str, ...]] = (
            "id",
            "workspace",
            "name",
            "created_at",
            "updated_at",
            "outline",
            "latest_version",
            "published_version",
            "last_run",
        )

    @extend_schema_field(OutlineSerializer(allow_null=True))
    def get_outline(self, graph: Graph) -> dict[str, Any] | None:
        """Return where the nodes of the draft stand."""
        return outline(graph.draft.document)

    @extend_schema_field(LastRunSerializer(allow_null=True))
    def get_last_run(self, graph: Graph) -> dict[str, Any] | None:
        """Return the newest run, or nothing."""
        if graph.last_run_id is None:
            return None
        return {
            "id": graph.last_run_id,
            "number": graph.last_run_number,
            "state": graph.last_run_state,
            "headline": graph.last_run_headline,
            "headline_parts": graph.last_run_headline_parts,
            "verdict": graph.last_run_verdict,
        }


class GraphSerializer(GraphLineSerializer):
    """A graph with its draft and its newest run."""

    draft = DraftSerializer()

    class Meta(GraphLineSerializer.Meta):
        """What is shown."""

        fields = tuple("draft" if name == "outline" else name for name in GraphLineSerializer.Meta.fields)


class PredictionChoiceSerializer(serializers.Serializer[None]):
    """How a column is predicted: ``task`` and ``positive``, the positive one of two classes, are guessed when empty."""

    task = serializers.ChoiceField(
        choices=["regression", "classification"], required=False, allow_blank=True, default=""
    )
    positive = serializers.CharField(required=False, allow_blank=True, default="", trim_whitespace=False)
    merges_spellings = serializers.BooleanField(
        required=False,
        default=True,
        help_text="Make one class of values that differ in spaces, capitals or short words only.",
    )


class TargetQuerySerializer(PredictionChoiceSerializer):
    """Which column of which data set."""

    dataset = serializers.UUIDField()
    column = serializers.CharField(trim_whitespace=False)


class TargetClassSerializer(serializers.Serializer[None]):
    """A class and how many rows are of it."""

    name = serializers.CharField()
    rows = serializers.IntegerField()


class TargetNoteSerializer(serializers.Serializer[None]):
    """A sentence about a target."""

    message = serializers.CharField()
    message_id = serializers.CharField(required=False)
    message_params = serializers.JSONField(required=False)


class TargetSerializer(serializers.Serializer[None]):
    """A column as it would be predicted.

    ``has_tasks``: both tasks make sense; ``classes``: the commonest first, empty where they are too many to count;
    ``positive``: empty but for two classes; ``has_spellings``: values differ in spaces, capitals or short words only.
    """

    task = serializers.ChoiceField(choices=["regression", "classification"])
    has_tasks = serializers.BooleanField()
    classes = TargetClassSerializer(many=True)
    positive = serializers.CharField(allow_blank=True)
    has_spellings = serializers.BooleanField()
    spellings = serializers.ListField(child=serializers.CharField(trim_whitespace=False))
    notes = TargetNoteSerializer(many=True)


class GraphRequestSerializer(PredictionChoiceSerializer):
    """A new graph: from a document, a template, or a data set and the column to predict; else empty.

    ``uses`` and ``fixes`` go with a column to predict: what columns are used as, and nodes for warnings of the profile.
    """

    name = serializers.CharField(max_length=200)
    document = DocumentField(required=False)
    template = serializers.CharField(required=False, allow_blank=True, default="")
    dataset = serializers.UUIDField(required=False, allow_null=True, default=None)
    target = serializers.CharField(required=False, allow_blank=True, default="", trim_whitespace=False)
    uses = serializers.DictField(child=serializers.CharField(), required=False, default=dict)
    fixes = FixSerializer(many=True, required=False, default=list)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for the column when a data set is given."""
        if attrs["dataset"] and not attrs["target"]:
            message = Message("predict.no_target", "Say which column to predict.")
            raise ApplicationError("invalid", message, 400, [{"at": "target", "message": message}])
        return attrs


class GraphNameSerializer(serializers.Serializer[None]):
    """A new name."""

    name = serializers.CharField(max_length=200)


class VersionLineSerializer(serializers.ModelSerializer[GraphVersion]):
    """A saved version in a list."""

    created_by = serializers.CharField(source="created_by.username", default=None, read_only=True, allow_null=True)

    class Meta:
        """What is shown."""

        model = GraphVersion
        fields: ClassVar[tuple[str, ...]] = ("number", "name", "created_at", "created_by")


class VersionSerializer(VersionLineSerializer):
    """A saved version."""

    document = DocumentField()

    class Meta(VersionLineSerializer.Meta):
        """What is shown."""

        fields = (*VersionLineSerializer.Meta.fields, "document")


class VersionRequestSerializer(serializers.Serializer[None]):
    """A name for the version."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class CheckRequestSerializer(serializers.Serializer[None]):
    """The document to check; the draft without one."""

    document = DocumentField(required=False)


class ProblemFixSerializer(serializers.Serializer[None]):
    """A one-click way out. ``node``: where, when it is not the node of the problem."""

    node = serializers.CharField(required=False)

    kind = serializers.ChoiceField(choices=["insert_before", "move_after", "set_params"])
    type = serializers.CharField()
    params = serializers.DictField(child=serializers.JSONField())


class ProblemSerializer(serializers.Serializer[None]):
    """A fault, where it is and how to mend it."""

    at = serializers.CharField()
    node = serializers.CharField(allow_blank=True)
    message = serializers.CharField()
    message_id = serializers.CharField(allow_blank=True, help_text="Id under which the page translates the message.")
    message_params = serializers.JSONField(help_text="Values of the message, by name.")
    severity = serializers.ChoiceField(choices=["error", "warning"])
    fix = ProblemFixSerializer(allow_null=True)
    more_fixes = ProblemFixSerializer(many=True, help_text="Other ways out.")


class PlannedNodeSerializer(serializers.Serializer[None]):
    """What a run would do with a node, and what it is expected to need at its peak. ``gpu_bytes``: 0 without a GPU."""

    node = serializers.CharField()
    is_cached = serializers.BooleanField()
    seconds = serializers.FloatField()
    memory_bytes = serializers.IntegerField()
    gpu_bytes = serializers.IntegerField()


class PlanSerializer(serializers.Serializer[None]):
    """What a run would do."""

    nodes = PlannedNodeSerializer(many=True)
    seconds = serializers.FloatField()
    memory_bytes = serializers.IntegerField(help_text="What the node that needs most is expected to need.")
    gpu_bytes = serializers.IntegerField(help_text="The same on a GPU; 0 where none is there or used.")


class CheckSerializer(serializers.Serializer[None]):
    """Faults, columns by node and port, and what a run would do."""

    problems = ProblemSerializer(many=True)
    schemas = serializers.DictField(child=serializers.DictField(child=TableSchemaSerializer()))
    plan = PlanSerializer()

"""Requests and responses of the API of endpoints."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.verdicts import VerdictSerializer
from apps.datasets.api.serializers import ColumnSerializer
from apps.registry.approval import is_approved
from apps.serving.drift import MAX_HOURS, STRONG
from apps.serving.models import Endpoint, EndpointKey, Release
from tasks.serving_interface import SCOPES
from tasks.verdict.judge import verdict_of

STATES = ["ready", "starting", "failed", "offline", "waiting"]


class ReleaseModelSerializer(serializers.Serializer[None]):
    """What the model of a release predicts, and its scores."""

    task = serializers.CharField()
    target = serializers.CharField()
    classes = serializers.ListField(child=serializers.CharField())
    metrics = serializers.DictField(child=serializers.FloatField())
    scored_on = serializers.CharField()
    verdict = serializers.SerializerMethodField()

    @extend_schema_field(VerdictSerializer(allow_null=True))
    def get_verdict(self, model: dict[str, Any]) -> dict[str, Any] | None:
        """Return what the scores are worth, or nothing."""
        return verdict_of(model)


class ReleaseSerializer(serializers.ModelSerializer[Release]):
    """One release."""

    version = serializers.IntegerField(source="graph_version")
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    model = ReleaseModelSerializer()
    inputs = ColumnSerializer(many=True)
    example = serializers.DictField()
    parity = serializers.DictField()
    model_version = serializers.IntegerField(source="model_version.number", default=None, allow_null=True)
    registered = serializers.UUIDField(source="model_version.model_id", default=None, allow_null=True)
    is_approved = serializers.SerializerMethodField()

    class Meta:
        model = Release
        fields = (
            "number",
            "version",
            "run",
            "created_at",
            "created_by",
            "model",
            "inputs",
            "example",
            "parity",
            "registered",
            "model_version",
            "is_approved",
        )

    def get_is_approved(self, release: Release) -> bool:
        """Return whether its model version is approved."""
        return is_approved(release.model_version)


class KeyLimitsSerializer(serializers.Serializer[Any]):
    """What a key may do; 0 requests mean no limit."""

    scopes = serializers.ListField(child=serializers.ChoiceField(choices=SCOPES), min_length=1, default=list(SCOPES))
    per_second = serializers.IntegerField(min_value=0, max_value=100_000, default=0)
    per_day = serializers.IntegerField(min_value=0, max_value=1_000_000_000, default=0)
    expires_at = serializers.DateTimeField(allow_null=True, default=None)


class EndpointKeySerializer(serializers.ModelSerializer[EndpointKey]):
    """A key without its secret part."""

    scopes = serializers.ListField(child=serializers.ChoiceField(choices=SCOPES))

    class Meta:
        model = EndpointKey
        fields = (
            "id",
            "name",
            "prefix",
            "scopes",
            "per_second",
            "per_day",
            "expires_at",
            "created_at",
            "last_used_at",
            "revoked_at",
        )


class NewKeySerializer(EndpointKeySerializer):
    """A new key; ``key`` is shown this once."""

    key = serializers.CharField()

    class Meta(EndpointKeySerializer.Meta):
        fields = (*EndpointKeySerializer.Meta.fields, "key")  # type: ignore[assignment]


class MinuteSerializer(serializers.Serializer[None]):
    """One minute of traffic."""

    at = serializers.DateTimeField()
    requests = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # hides a property that is not used here
    p50_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)
    p99_ms = serializers.FloatField(allow_null=True)


class ComparisonSerializer(serializers.Serializer[None]):
    """How a shadow's answers differed from those of the active release.

    ``largest``, ``distance``: the largest difference of numbers and the sum of all; ``seconds``: its time to predict.
    """

    requests = serializers.IntegerField(default=0)
    rows = serializers.IntegerField(default=0)
    differed = serializers.IntegerField(default=0)
    largest = serializers.FloatField(default=0.0)
    distance = serializers.FloatField(default=0.0)
    seconds = serializers.FloatField(default=0.0)
    errors = serializers.IntegerField(default=0)  # type: ignore[assignment]  # hides a property that is not used here
    skipped = serializers.IntegerField(default=0)


class ReleaseTrafficSerializer(serializers.Serializer[None]):
    """Traffic of one release in the last hour."""

    release = serializers.IntegerField()
    requests = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # hides a property that is not used here
    rows = serializers.IntegerField()
    p50_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)
    p99_ms = serializers.FloatField(allow_null=True)
    shadow = ComparisonSerializer(allow_null=True)


class TrafficSerializer(serializers.Serializer[None]):
    """Traffic of an endpoint in the last hour."""

    requests = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # hides a property that is not used here
    p50_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)
    p99_ms = serializers.FloatField(allow_null=True)
    per_minute = MinuteSerializer(many=True)
    by_release = ReleaseTrafficSerializer(many=True)


class CanarySerializer(serializers.Serializer[None]):
    """A release that answers a share of the requests, and when it is withdrawn.

    ``margin``: how much more often than the active release it may fail; ``drift``: the largest drift of its inputs and
    predictions from training, ``null`` for no limit.
    """

    release = serializers.IntegerField(min_value=1)
    percent = serializers.FloatField(min_value=0, max_value=100)
    margin = serializers.FloatField(min_value=0, max_value=1, default=0.01)
    drift = serializers.FloatField(min_value=0.01, max_value=100, default=STRONG, allow_null=True)


class ShownCanarySerializer(serializers.Serializer[Endpoint]):
    """The current canary."""

    release = serializers.IntegerField(source="canary.number")
    percent = serializers.FloatField(source="canary_percent")
    margin = serializers.FloatField(source="canary_margin")
    drift = serializers.FloatField(source="canary_drift", allow_null=True)
    since = serializers.DateTimeField(source="canary_since", allow_null=True)


class ReturnedSerializer(serializers.Serializer[None]):
    """The last release that was withdrawn by itself, and why."""

    release = serializers.IntegerField()
    at = serializers.DateTimeField()
    why = serializers.CharField()
    why_parts = serializers.JSONField(default=None, allow_null=True)


class WindowSerializer(serializers.Serializer[Any]):
    """Which release and how many hours back; without a release, the active one."""

    release = serializers.IntegerField(min_value=1, required=False)
    hours = serializers.IntegerField(min_value=1, max_value=MAX_HOURS, default=24)


class BinSerializer(serializers.Serializer[None]):
    """One bin; the empty label stands for all other categories."""

    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # hides a property not used here
    reference = serializers.FloatField()
    live = serializers.FloatField()


class ColumnDriftSerializer(serializers.Serializer[None]):
    """Drift of one column, or of the predictions (without a name), from training."""

    name = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=["number", "category", "length", "date"])
    index = serializers.FloatField(allow_null=True)
    level = serializers.ChoiceField(choices=["unknown", "stable", "some", "strong"])
    missing = serializers.FloatField()
    reference_missing = serializers.FloatField()
    unseen = serializers.FloatField()
    bins = BinSerializer(many=True)


class DriftSerializer(serializers.Serializer[Any]):
    """Drift of a release's inputs and predictions from its training rows, since a time."""

    release = serializers.IntegerField()
    since = serializers.DateTimeField()
    rows = serializers.IntegerField()
    rows_needed = serializers.IntegerField()
    has_reference = serializers.BooleanField()
    prediction = ColumnDriftSerializer(allow_null=True)
    columns = ColumnDriftSerializer(many=True)


class EndpointSerializer(serializers.ModelSerializer[Endpoint]):
    """An endpoint with its releases, keys and traffic. Rows come from ``selectors.shown``.

    ``version`` and ``release`` are null while its first release waits for approval.
    """

    url = serializers.CharField(read_only=True)
    version = serializers.IntegerField(source="active.graph_version", default=None, allow_null=True)
    state = serializers.ChoiceField(choices=STATES, source="status.state")
    failure = serializers.CharField(source="status.failure")
    failure_parts = serializers.JSONField(source="status.failure_parts", allow_null=True)
    release = ReleaseSerializer(source="active", allow_null=True)
    releases = ReleaseSerializer(many=True)
    keys = EndpointKeySerializer(many=True)
    traffic = TrafficSerializer(source="last_hour")
    canary = serializers.SerializerMethodField()
    shadow = serializers.IntegerField(source="shadow.number", default=None, allow_null=True)
    returned = ReturnedSerializer(allow_null=True)

    class Meta:
        model = Endpoint
        fields = (
            "id",
            "workspace",
            "slug",
            "name",
            "url",
            "graph",
            "node",
            "version",
            "state",
            "failure",
            "failure_parts",
            "created_at",
            "release",
            "releases",
            "keys",
            "traffic",
            "canary",
            "shadow",
            "returned",
            "needs_approval",
        )

    @extend_schema_field(ShownCanarySerializer(allow_null=True))
    def get_canary(self, endpoint: Endpoint) -> Any:
        """Return the canary, if there is one."""
        return ShownCanarySerializer(endpoint).data if endpoint.canary else None


class EndpointQuerySerializer(serializers.Serializer[None]):
    """Of which graph the endpoints are; without it, of all."""

    graph = serializers.UUIDField(required=False)


class SplitSerializer(serializers.Serializer[None]):
    """The canary and the shadow that an endpoint shall have besides its active release.

    ``acknowledged``: codes of the warnings about the canary that the person has read.
    """

    canary = CanarySerializer(allow_null=True, default=None)
    shadow = serializers.IntegerField(min_value=1, allow_null=True, default=None)
    acknowledged = serializers.ListField(child=serializers.CharField(max_length=64), required=False, default=list)


class ApprovalSerializer(serializers.Serializer[None]):
    """Whether only approved model versions may answer."""

    is_needed = serializers.BooleanField()


class EndpointNameSerializer(serializers.Serializer[None]):
    """A new name."""

    name = serializers.CharField(max_length=200)


class NewKeyForSerializer(KeyLimitsSerializer):
    """The name of a new key's consumer, and what the key may do."""

    name = serializers.CharField(max_length=120)


class ChangedKeySerializer(KeyLimitsSerializer):
    """What a key may do from now on, and its name; without one the name stays."""

    name = serializers.CharField(max_length=120, required=False)


class RenewSerializer(serializers.Serializer[None]):
    """How long the replaced key stays valid."""

    overlap_hours = serializers.FloatField(min_value=0, max_value=24 * 90, default=24)


class RollbackSerializer(serializers.Serializer[None]):
    """The release to make active. ``acknowledged``: codes of its warnings that the person has read."""

    release = serializers.IntegerField(min_value=1)
    acknowledged = serializers.ListField(child=serializers.CharField(max_length=64), required=False, default=list)


class RowsSerializer(serializers.Serializer[None]):
    """Rows to predict."""

    rows = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=1000)
    explain = serializers.BooleanField(required=False)
    interval = serializers.FloatField(required=False, min_value=0.01, max_value=0.99)


class AnsweredBySerializer(serializers.Serializer[None]):
    """The endpoint and release that answered."""

    name = serializers.CharField()
    version = serializers.IntegerField()
    release = serializers.IntegerField()


class IntervalSerializer(serializers.Serializer[None]):
    """The interval that holds the truth with the requested probability."""

    low = serializers.FloatField()
    high = serializers.FloatField()


class ExplanationSerializer(serializers.Serializer[None]):
    """What each column adds to the average prediction; ``of``: the class that is explained."""

    of = serializers.CharField(allow_blank=True)
    scale = serializers.ChoiceField(choices=["value", "log-odds", "probability"])
    base = serializers.FloatField()
    contributions = serializers.DictField(child=serializers.FloatField())


class MessageSerializer(serializers.Serializer[None]):
    """A sentence with its message id and parameters, by which the page translates it."""

    message = serializers.CharField()
    message_id = serializers.CharField(required=False)
    message_params = serializers.JSONField(required=False)


class AnswerSerializer(serializers.Serializer[None]):
    """The answer of an endpoint to rows."""

    predictions = serializers.ListField(child=serializers.JSONField())
    probabilities = serializers.ListField(child=serializers.DictField(child=serializers.FloatField()), required=False)
    intervals = IntervalSerializer(many=True, required=False)
    explanations = ExplanationSerializer(many=True, required=False)
    model = AnsweredBySerializer()
    warnings = serializers.ListField(child=serializers.CharField())
    warning_messages = MessageSerializer(many=True, required=False)

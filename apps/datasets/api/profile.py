"""What the profile of a table looks like over HTTP."""

from __future__ import annotations

from rest_framework import serializers

from apps.datasets.api.serializers import COLUMN_TYPES, ROLES


class FixSerializer(serializers.Serializer[None]):
    """A node that would mend it; ``version``: of the node that the parameters are for."""

    type = serializers.CharField()
    version = serializers.IntegerField()
    params = serializers.DictField(child=serializers.JSONField())


class ReadingChoiceSerializer(serializers.Serializer[None]):
    """Another way to read the file. ``options``: to be read again with, beside those it was read with."""

    message = serializers.CharField()
    message_id = serializers.CharField(default="", allow_blank=True)
    message_params = serializers.JSONField(default=dict)
    options = serializers.DictField(child=serializers.JSONField())


class WarningSerializer(serializers.Serializer[None]):
    """Something worth knowing before training."""

    code = serializers.CharField()
    message = serializers.CharField()
    message_id = serializers.CharField(default="", allow_blank=True)
    message_params = serializers.JSONField(default=dict)
    fix = FixSerializer(allow_null=True)
    choices = ReadingChoiceSerializer(many=True)


class HistogramSerializer(serializers.Serializer[None]):
    """Counts between edges; one edge more than counts."""

    edges = serializers.ListField(child=serializers.FloatField())
    counts = serializers.ListField(child=serializers.IntegerField())


class TopValueSerializer(serializers.Serializer[None]):
    """A frequent value."""

    value = serializers.JSONField()
    count = serializers.IntegerField()


class ColumnProfileSerializer(serializers.Serializer[None]):
    """What was counted of one column."""

    name = serializers.CharField()
    type = serializers.ChoiceField(choices=COLUMN_TYPES)
    role = serializers.ChoiceField(choices=ROLES)
    missing = serializers.IntegerField()
    distinct = serializers.IntegerField(allow_null=True)
    minimum = serializers.FloatField(allow_null=True)
    maximum = serializers.FloatField(allow_null=True)
    mean = serializers.FloatField(allow_null=True)
    std = serializers.FloatField(allow_null=True)
    quantiles = serializers.DictField(child=serializers.FloatField(allow_null=True), allow_null=True)
    histogram = HistogramSerializer(allow_null=True)
    top = TopValueSerializer(many=True)
    warnings = WarningSerializer(many=True)
    task = serializers.ChoiceField(
        choices=["regression", "classification"],
        allow_blank=True,
        help_text="What predicting it would be unless a person says otherwise; empty where it cannot be predicted.",
    )


class ProfileSerializer(serializers.Serializer[None]):
    """What was counted of a table."""

    rows = serializers.IntegerField()
    columns = ColumnProfileSerializer(many=True)
    warnings = WarningSerializer(many=True)

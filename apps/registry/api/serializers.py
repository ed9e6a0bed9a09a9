"""What registered models look like over HTTP."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.registry.models import Alias, ModelVersion, RegisteredModel


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """One version with its lineage."""

    run_number = serializers.IntegerField(source="run.number", default=None, allow_null=True)
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    details = serializers.DictField()
    aliases: serializers.SlugRelatedField[Alias] = serializers.SlugRelatedField("name", many=True, read_only=True)
    approved_by = serializers.CharField(source="approved_by.username", default=None, allow_null=True)

    class Meta:
        """What is shown."""

        model = ModelVersion
        fields = (
            "id",
            "number",
            "graph_version",
            "run",
            "run_number",
            "address",
            "bytes",
            "aliases",
            "approved_at",
            "approved_by",
            "details",
            "created_at",
            "created_by",
        )


class RegisteredModelSerializer(serializers.ModelSerializer[RegisteredModel]):
    """A registered model with all its versions, newest first."""

    versions = ModelVersionSerializer(many=True)
    latest_version = serializers.SerializerMethodField()

    class Meta:
        """What is shown."""

        model = RegisteredModel
        fields = ("id", "workspace", "name", "graph", "node", "created_at", "latest_version", "versions")

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_latest_version(self, model: RegisteredModel) -> int | None:
        """Return the newest version's number."""
        return max((version.number for version in model.versions.all()), default=None)


class CardSerializer(serializers.Serializer[None]):
    """A model's card."""

    markdown = serializers.CharField()


class AliasSerializer(serializers.Serializer[None]):
    """Which version a name stands for."""

    version = serializers.IntegerField(min_value=1)


class FreedSerializer(serializers.Serializer[None]):
    """What a removal freed on the disk."""

    freed_bytes = serializers.IntegerField()

"""What registered models look like over HTTP."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.models import Workspace
from apps.common.roles import APPROVERS
from apps.registry.approval import is_approved
from apps.registry.models import Alias, ModelVersion, RegisteredModel


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """One version with its lineage."""

    run_number = serializers.IntegerField(source="run.number", default=None, allow_null=True)
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    details = serializers.DictField()
    aliases: serializers.SlugRelatedField[Alias] = serializers.SlugRelatedField("name", many=True, read_only=True)
    approved_by = serializers.CharField(source="approved_by.username", default=None, allow_null=True)

    is_approved = serializers.SerializerMethodField()

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
            "is_approved",
            "details",
            "created_at",
            "created_by",
        )

    def get_is_approved(self, version: ModelVersion) -> bool:
        """Return whether its approval counts by what the workspace asks for now."""
        return is_approved(version)


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


class RuleSerializer(serializers.ModelSerializer[Workspace]):
    """What a workspace asks for before a model is released."""

    approvers = serializers.ChoiceField(choices=APPROVERS)

    class Meta:
        """What is shown."""

        model = Workspace
        fields = ("needs_approval", "approvers", "needs_another_person")
        extra_kwargs: ClassVar = {"needs_approval": {"required": True}, "needs_another_person": {"required": True}}


class ShownRuleSerializer(RuleSerializer):
    """The rule and the names of those whose approval counts."""

    names = serializers.SerializerMethodField()

    class Meta(RuleSerializer.Meta):
        """What is shown."""

        fields = (*RuleSerializer.Meta.fields, "names")  # type: ignore[assignment]

    def get_names(self, workspace: Workspace) -> list[str]:  # noqa: ARG002
        """Return who may approve."""
        return list(self.context["names"])


class CardSerializer(serializers.Serializer[None]):
    """A model's card."""

    markdown = serializers.CharField()


class AliasSerializer(serializers.Serializer[None]):
    """Which version a name stands for."""

    version = serializers.IntegerField(min_value=1)


class FreedSerializer(serializers.Serializer[None]):
    """What a removal freed on the disk."""

    freed_bytes = serializers.IntegerField()

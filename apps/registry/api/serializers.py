"""What registered models look like over HTTP."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.models import Workspace
from apps.common.roles import APPROVERS
from apps.common.verdicts import VerdictSerializer
from apps.datasets.api.serializers import ColumnSerializer
from apps.registry.approval import is_approved
from apps.registry.card_history import LONGEST
from apps.registry.models import Alias, CardText, ModelVersion, RegisteredModel
from tasks.verdict.judge import verdict_of


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """One version with its lineage."""

    run_number = serializers.IntegerField(source="run.number", default=None, allow_null=True)
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    details = serializers.DictField()
    aliases: serializers.SlugRelatedField[Alias] = serializers.SlugRelatedField("name", many=True, read_only=True)
    approved_by = serializers.CharField(source="approved_by.username", default=None, allow_null=True)
    refused_by = serializers.CharField(source="refused_by.username", default=None, allow_null=True)
    is_approved = serializers.SerializerMethodField()
    verdict = serializers.SerializerMethodField()

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
            "refused_at",
            "refused_by",
            "refused_why",
            "details",
            "verdict",
            "created_at",
            "created_by",
        )

    @extend_schema_field(VerdictSerializer(allow_null=True))
    def get_verdict(self, version: ModelVersion) -> dict[str, Any] | None:
        """Return what its scores are worth, or nothing."""
        return verdict_of(version.details)

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


class CardTextSerializer(serializers.ModelSerializer[CardText]):
    """A text of a card, with its author."""

    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)

    class Meta:
        """What is shown."""

        model = CardText
        fields = ("number", "text", "created_at", "created_by")


class CardSerializer(serializers.Serializer[Any]):
    """A version's card: ``markdown`` is the whole of it; ``written``: what people wrote there, if anybody did."""

    markdown = serializers.CharField()
    written = CardTextSerializer(allow_null=True)


class CardRequestSerializer(serializers.Serializer[None]):
    """What shall stand on a card, as Markdown. ``after``: number of the text it was written upon, 0 for none."""

    text = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=LONGEST)
    after = serializers.IntegerField(min_value=0)


class CardConflictSerializer(serializers.Serializer[None]):
    """The text that another person wrote on the card meanwhile."""

    code = serializers.CharField()
    message = serializers.CharField()
    number = serializers.IntegerField()
    text = serializers.CharField(allow_blank=True)
    written_by = serializers.CharField()


class SourceSerializer(serializers.Serializer[None]):
    """A table that a version was trained on.

    ``version`` and ``rows`` are null and ``name`` is empty when it is not there any more; ``address``: the table by its
    content.
    """

    dataset = serializers.UUIDField()
    name = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField(allow_null=True)
    rows = serializers.IntegerField(allow_null=True)
    is_current = serializers.BooleanField()
    address = serializers.CharField()


class OriginSerializer(serializers.Serializer[None]):
    """The graph a version was made by; ``is_saved``: whether that version of the graph can still be opened."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    version_name = serializers.CharField(allow_blank=True)
    is_saved = serializers.BooleanField()


class MadeByNodeSerializer(serializers.Serializer[None]):
    """A node that a version was made by; ``title``: the person's own name for it."""

    node = serializers.CharField()
    type = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    params = serializers.DictField()


class DeploymentStatusSerializer(serializers.Serializer[None]):
    """A release of a version; ``percent``: of a canary."""

    endpoint = serializers.CharField()
    name = serializers.CharField()
    release = serializers.IntegerField()
    role = serializers.ChoiceField(choices=["active", "canary", "shadow", "former"])
    percent = serializers.FloatField(allow_null=True)


class RefusalSerializer(serializers.Serializer[None]):
    """Why something is refused, and the page where that can be changed."""

    code = serializers.CharField()
    message = serializers.CharField()
    address = serializers.CharField(source="details.address")


class DeletionSerializer(serializers.Serializer[None]):
    """What deleting a version would do; ``releases``: former ones that go along."""

    freed_bytes = serializers.IntegerField()
    releases = serializers.IntegerField()
    refusal = RefusalSerializer(allow_null=True)


class VersionDetailSerializer(serializers.Serializer[Any]):
    """A version with everything its page shows."""

    version = ModelVersionSerializer()
    sources = SourceSerializer(many=True)
    graph = OriginSerializer(allow_null=True)
    nodes = MadeByNodeSerializer(many=True)
    inputs = ColumnSerializer(many=True)
    releases = DeploymentStatusSerializer(many=True)
    deletion = DeletionSerializer()


class WhySerializer(serializers.Serializer[None]):
    """Why approval is refused, shown to the person who made the version."""

    why = serializers.CharField(max_length=500)


class AliasSerializer(serializers.Serializer[None]):
    """Which version a name stands for."""

    version = serializers.IntegerField(min_value=1)


class FreedSerializer(serializers.Serializer[None]):
    """What a removal freed on the disk."""

    freed_bytes = serializers.IntegerField()

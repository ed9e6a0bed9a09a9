"""HTTP calls about registered models."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db.models.functions import Lower
from django.http import HttpResponse
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.current_user import user_of
from apps.common.errors import not_found
from apps.common.ordering import ColumnOrdering
from apps.common.request_data import validated_body
from apps.common.roles import Action
from apps.common.search import WordSearch
from apps.common.viewsets import ScopedViewSet, WorkspaceView
from apps.registry import approval, card_history, services
from apps.registry.api.serializers import (
    AliasSerializer,
    CardConflictSerializer,
    CardRequestSerializer,
    CardSerializer,
    CardTextSerializer,
    FreedSerializer,
    RegisteredModelSerializer,
    RuleSerializer,
    ShownRuleSerializer,
    VersionDetailSerializer,
    WhySerializer,
)
from apps.registry.card import card_of
from apps.registry.models import ModelVersion, RegisteredModel
from apps.registry.packages import zipped
from apps.registry.selectors import version_detail

VERSION = r"versions/(?P<version>[0-9]{1,9})"


class ApprovalRuleView(WorkspaceView):
    """What the workspace asks for before a model is released."""

    acts: ClassVar = {"get": Action.VIEW, "put": Action.APPROVE}

    @extend_schema(operation_id="approval_rule_read", responses=ShownRuleSerializer)
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Return what the workspace asks for and whose approval counts."""
        return self._shown()

    @extend_schema(operation_id="approval_rule_change", request=RuleSerializer, responses=ShownRuleSerializer)
    def put(self, request: Request) -> Response:
        """Say whether only approved models are released, and whose approval counts; what answers now goes on."""
        rule: Any = validated_body(RuleSerializer, request)
        approval.set_rule(workspace=self.workspace, user=user_of(request), rule=rule)
        return self._shown()

    def _shown(self) -> Response:
        rule = ShownRuleSerializer(self.workspace, context={"names": approval.approvers_of(self.workspace)})
        return Response(rule.data)


class RegisteredModelViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Models that were published, with their lineage."""

    queryset = RegisteredModel.objects.with_versions()
    serializer_class = RegisteredModelSerializer
    filter_backends = (WordSearch, ColumnOrdering)
    search_fields = ("name",)
    orders: ClassVar[dict[str, Any]] = {"name": Lower("name"), "created": "created_at"}
    acts: ClassVar = {
        "list": Action.VIEW,
        "retrieve": Action.VIEW,
        "show_version": Action.VIEW,
        "card": Action.VIEW,
        "card_texts": Action.VIEW,
        "write_card": Action.EDIT,
        "download": Action.VIEW,
        "alias": Action.DEPLOY,
        "remove_alias": Action.DEPLOY,
        "remove": Action.DEPLOY,
        # Whose approval counts is a rule of the workspace, which the service knows.
        "approve": Action.DEPLOY,
        "withdraw_approval": Action.DEPLOY,
        "refuse_approval": Action.DEPLOY,
    }

    @extend_schema(responses=CardSerializer)
    @action(detail=True, url_path=f"{VERSION}/card")
    def card(self, request: Request, pk: uuid.UUID, version: str) -> Response:  # noqa: ARG002
        """Return what a version is, how well it does and where it came from, as Markdown."""
        return self._card(self._version(version))

    @extend_schema(request=CardRequestSerializer, responses={200: CardSerializer, 409: CardConflictSerializer})
    @card.mapping.put
    def write_card(self, request: Request, pk: uuid.UUID, version: str) -> Response:  # noqa: ARG002
        """Write on a version's card, unless another person did meanwhile; earlier texts stay in its history."""
        found = self._version(version)
        card_history.write(version=found, user=user_of(request), **validated_body(CardRequestSerializer, request))
        return self._card(found)

    @extend_schema(operation_id="models_card_texts", responses=CardTextSerializer(many=True), filters=False)
    @action(detail=True, url_path=f"{VERSION}/card/texts")
    def card_texts(self, request: Request, pk: uuid.UUID, version: str) -> Response:  # noqa: ARG002
        """Return every text that stood on the card, newest first, in pages."""
        page = self.paginate_queryset(self._version(version).texts.select_related("created_by"))
        return self.get_paginated_response(CardTextSerializer(page, many=True).data)

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, url_path=f"{VERSION}/download")
    def download(self, request: Request, pk: uuid.UUID, version: str) -> HttpResponse:  # noqa: ARG002
        """Return a version's package as a zip with its card and how to load it."""
        found = self._version(version)
        answer = HttpResponse(zipped(found), content_type="application/zip")
        name = f"{slugify(found.model.name) or 'model'}-{found.number}.zip"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @extend_schema(responses=VersionDetailSerializer)
    @action(detail=True, url_path=VERSION)
    def show_version(self, request: Request, pk: uuid.UUID, version: str) -> Response:  # noqa: ARG002
        """Return a version with where it came from, where it answers, and what deleting it would do."""
        return Response(VersionDetailSerializer(version_detail(self._version(version))).data)

    @extend_schema(responses={200: FreedSerializer})
    @show_version.mapping.delete
    def remove(self, request: Request, pk: uuid.UUID, version: str) -> Response:  # noqa: ARG002
        """Take a version away and free what it takes on the disk."""
        freed = services.delete_version(version=self._version(version), user=user_of(request))
        return Response({"freed_bytes": freed})

    @extend_schema(request=None, responses=RegisteredModelSerializer)
    @action(detail=True, methods=["put"], url_path=f"{VERSION}/approval")
    def approve(self, request: Request, pk: uuid.UUID, version: str) -> Response:  # noqa: ARG002
        """Say that a version may answer where approval is asked for."""
        approval.approve(version=self._version(version), user=user_of(request), is_approved=True)
        return self.retrieve(request)

    @extend_schema(responses=RegisteredModelSerializer)
    @approve.mapping.delete
    def withdraw_approval(self, request: Request, pk: uuid.UUID, version: str) -> Response:  # noqa: ARG002
        """Take an approval back; what answers goes on."""
        approval.approve(version=self._version(version), user=user_of(request), is_approved=False)
        return self.retrieve(request)

    @extend_schema(request=WhySerializer, responses=RegisteredModelSerializer)
    @action(detail=True, methods=["put"], url_path=f"{VERSION}/refusal")
    def refuse_approval(self, request: Request, pk: uuid.UUID, version: str) -> Response:  # noqa: ARG002
        """Say that a version may not answer where approval is asked for, and why; taken back like an approval."""
        found = self._version(version)
        approval.reject(version=found, user=user_of(request), why=validated_body(WhySerializer, request)["why"])
        return self.retrieve(request)

    @extend_schema(request=AliasSerializer, responses=RegisteredModelSerializer)
    @action(detail=True, methods=["put"], url_path=r"aliases/(?P<alias>[a-z0-9_-]{1,40})")
    def alias(self, request: Request, pk: uuid.UUID, alias: str) -> Response:  # noqa: ARG002
        """Give a version a name that can move on to another one."""
        model: RegisteredModel = self.get_object()
        version = self._version(validated_body(AliasSerializer, request)["version"])
        services.name_version(model=model, user=user_of(request), alias=alias, version=version)
        return self.retrieve(request)

    @extend_schema(responses={204: None})
    @alias.mapping.delete
    def remove_alias(self, request: Request, pk: uuid.UUID, alias: str) -> Response:  # noqa: ARG002
        """Take a name away."""
        services.name_version(model=self.get_object(), user=user_of(request), alias=alias, version=None)
        return Response(status=204)

    def _card(self, version: ModelVersion) -> Response:
        card = {"markdown": card_of(version), "written": card_history.current_text(version)}
        return Response(CardSerializer(card).data)

    def _version(self, number: int | str) -> ModelVersion:
        joined = ("model__workspace", "model__graph", "created_by", "approved_by", "refused_by", "run")
        versions = self.get_object().versions.select_related(*joined)
        found: ModelVersion | None = versions.filter(number=int(number)).first()
        if found is None:
            raise not_found("version")
        return found

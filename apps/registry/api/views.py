"""HTTP calls about registered models."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.sessions import user_of
from apps.common.bodies import given
from apps.common.errors import not_found
from apps.common.roles import Action
from apps.common.viewsets import InWorkspace, ScopedViewSet
from apps.registry import approval, services
from apps.registry.api.serializers import (
    AliasSerializer,
    CardSerializer,
    FreedSerializer,
    RegisteredModelSerializer,
    RuleSerializer,
    ShownRuleSerializer,
)
from apps.registry.card import card_of
from apps.registry.models import ModelVersion, RegisteredModel
from apps.registry.packages import zipped

VERSION = r"versions/(?P<version>[0-9]{1,9})"


class ApprovalRuleView(InWorkspace):
    """What the workspace asks for before a model is released."""

    acts: ClassVar = {"get": Action.VIEW, "put": Action.APPROVE}

    @extend_schema(operation_id="approval_rule_read", responses=ShownRuleSerializer)
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Return what the workspace asks for and whose approval counts."""
        return self._shown()

    @extend_schema(operation_id="approval_rule_change", request=RuleSerializer, responses=ShownRuleSerializer)
    def put(self, request: Request) -> Response:
        """Say whether only approved models are released, and whose approval counts; what answers now goes on."""
        rule: Any = given(RuleSerializer, request)
        approval.set_rule(workspace=self.workspace, user=user_of(request), rule=rule)
        return self._shown()

    def _shown(self) -> Response:
        rule = ShownRuleSerializer(self.workspace, context={"names": approval.approvers_of(self.workspace)})
        return Response(rule.data)


class RegisteredModelViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Models that were published, with their lineage."""

    queryset = RegisteredModel.objects.with_versions()
    serializer_class = RegisteredModelSerializer
    filter_backends = (SearchFilter,)
    search_fields = ("name",)
    acts: ClassVar = {
        "list": Action.VIEW,
        "retrieve": Action.VIEW,
        "card": Action.VIEW,
        "download": Action.VIEW,
        "alias": Action.DEPLOY,
        "remove_alias": Action.DEPLOY,
        "remove": Action.DEPLOY,
        # Whose approval counts is a rule of the workspace, which the service knows.
        "approve": Action.DEPLOY,
        "withdraw_approval": Action.DEPLOY,
    }

    @extend_schema(responses=CardSerializer)
    @action(detail=True, url_path=f"{VERSION}/card")
    def card(self, request: Request, pk: uuid.UUID, version: str) -> Response:  # noqa: ARG002
        """Return what a version is, how well it does and where it came from, as Markdown."""
        return Response({"markdown": card_of(self._version(version))})

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, url_path=f"{VERSION}/download")
    def download(self, request: Request, pk: uuid.UUID, version: str) -> HttpResponse:  # noqa: ARG002
        """Return a version's package as a zip with its card and how to load it."""
        found = self._version(version)
        answer = HttpResponse(zipped(found), content_type="application/zip")
        name = f"{slugify(found.model.name) or 'model'}-{found.number}.zip"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @extend_schema(responses=FreedSerializer)
    @action(detail=True, methods=["delete"], url_path=VERSION)
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

    @extend_schema(request=AliasSerializer, responses=RegisteredModelSerializer)
    @action(detail=True, methods=["put"], url_path=r"aliases/(?P<alias>[a-z0-9_-]{1,40})")
    def alias(self, request: Request, pk: uuid.UUID, alias: str) -> Response:  # noqa: ARG002
        """Give a version a name that can move on to another one."""
        model: RegisteredModel = self.get_object()
        version = self._version(given(AliasSerializer, request)["version"])
        services.name_version(model=model, user=user_of(request), alias=alias, version=version)
        return self.retrieve(request)

    @extend_schema(responses={204: None})
    @alias.mapping.delete
    def remove_alias(self, request: Request, pk: uuid.UUID, alias: str) -> Response:  # noqa: ARG002
        """Take a name away."""
        services.name_version(model=self.get_object(), user=user_of(request), alias=alias, version=None)
        return Response(status=204)

    def _version(self, number: int | str) -> ModelVersion:
        versions = self.get_object().versions.select_related("model__workspace", "created_by", "approved_by", "run")
        found: ModelVersion | None = versions.filter(number=int(number)).first()
        if found is None:
            raise not_found("version")
        return found

"""HTTP calls about endpoints."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db.models.functions import Lower
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.current_user import user_of
from apps.common.errors import too_large
from apps.common.ordering import ColumnOrdering
from apps.common.pagination import list_parameters
from apps.common.parsers import RawBody
from apps.common.request_data import validated_body, validated_query
from apps.common.roles import Action
from apps.common.search import WordSearch
from apps.common.viewsets import UUID, ScopedViewSet
from apps.graphs.models import Graph
from apps.serving import api_keys, deployment, releases, selectors, services, serving_client
from apps.serving.api.deploys import DeployedSerializer, DeploySerializer
from apps.serving.api.serializers import (
    AnswerSerializer,
    ApprovalSerializer,
    ChangedKeySerializer,
    DriftSerializer,
    EndpointKeySerializer,
    EndpointNameSerializer,
    EndpointQuerySerializer,
    EndpointSerializer,
    NewKeyForSerializer,
    NewKeySerializer,
    RenewSerializer,
    RollbackSerializer,
    RowsSerializer,
    SplitSerializer,
    WindowSerializer,
)
from apps.serving.api_keys import KeyLimits
from apps.serving.models import Endpoint
from apps.serving.releases import Canary


class GraphDeployViewSet(ScopedViewSet):
    """Deploying a graph."""

    queryset = Graph.objects.with_drafts()
    serializer_class = DeploySerializer
    detail = True
    acts: ClassVar = {"deploy": Action.DEPLOY}

    @extend_schema(operation_id="graphs_deploy_create", request=DeploySerializer, responses={201: DeployedSerializer})
    def deploy(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Deploy the package that the latest run built of the draft; the first key is shown once."""
        graph = self.get_object()
        deployed = deployment.deploy(graph=graph, user=user_of(request), **validated_body(DeploySerializer, request))
        return Response(DeployedSerializer(deployed).data, status=201)


class EndpointViewSet(ScopedViewSet):
    """Endpoints."""

    queryset = Endpoint.objects.with_releases()
    serializer_class = EndpointSerializer
    filter_backends = (WordSearch, ColumnOrdering)
    search_fields = ("name", "slug")
    own_parameters = tuple(EndpointQuerySerializer().fields)
    orders: ClassVar[dict[str, Any]] = {"name": Lower("name"), "created": "created_at"}
    lookup_field = "slug"
    lookup_value_regex = "[a-z0-9_-]+"
    acts: ClassVar = {
        "list": Action.VIEW,
        "retrieve": Action.VIEW,
        "partial_update": Action.DEPLOY,
        "destroy": Action.DEPLOY,
        "keys": Action.DEPLOY,
        "revoke": Action.DEPLOY,
        "change_key": Action.DEPLOY,
        "renew": Action.DEPLOY,
        "traffic": Action.DEPLOY,
        "approval": Action.APPROVE,
        "drift": Action.VIEW,
        "rollback": Action.DEPLOY,
        "predict": Action.ASK,
        "batch": Action.ASK,
    }

    @extend_schema(parameters=[EndpointQuerySerializer], responses=EndpointSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Return endpoints, newest first; those of one graph if asked."""
        wanted = validated_query(EndpointQuerySerializer, request, others=list_parameters(self))
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset().filter(**wanted))) or []
        return self.get_paginated_response(EndpointSerializer(selectors.shown(page), many=True).data)

    @extend_schema(responses=EndpointSerializer)
    def retrieve(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """Return an endpoint with its releases, keys and the traffic of the last hour."""
        return self._shown()

    @extend_schema(request=EndpointNameSerializer, responses=EndpointSerializer)
    def partial_update(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """Rename an endpoint; its URL stays."""
        services.rename(endpoint=self.get_object(), **validated_body(EndpointNameSerializer, request))
        return self._shown()

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """Delete an endpoint."""
        services.delete(endpoint=self.get_object(), user=user_of(request))
        return Response(status=204)

    @extend_schema(request=NewKeyForSerializer, responses={201: NewKeySerializer})
    @action(detail=True, methods=["post"])
    def keys(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """Issue a key; it is shown this once."""
        endpoint, body = self.get_object(), validated_body(NewKeyForSerializer, request)
        name = body.pop("name")
        row, key = api_keys.issue_key(endpoint=endpoint, user=user_of(request), name=name, limits=KeyLimits(**body))
        return Response({**EndpointKeySerializer(row).data, "key": key}, status=201)

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["delete"], url_path=rf"keys/(?P<key>{UUID})")
    def revoke(self, request: Request, slug: str, key: str) -> Response:  # noqa: ARG002
        """Revoke a key."""
        api_keys.revoke_key(endpoint=self.get_object(), user=user_of(request), key_id=key)
        return Response(status=204)

    @extend_schema(request=ChangedKeySerializer, responses=EndpointKeySerializer)
    @revoke.mapping.put
    def change_key(self, request: Request, slug: str, key: str) -> Response:  # noqa: ARG002
        """Change what a key may do and what it is called."""
        endpoint, body = self.get_object(), validated_body(ChangedKeySerializer, request)
        name, limits = body.pop("name", ""), KeyLimits(**body)
        row = api_keys.change_key(endpoint=endpoint, user=user_of(request), key_id=key, limits=limits, name=name)
        return Response(EndpointKeySerializer(row).data)

    @extend_schema(request=RenewSerializer, responses={201: NewKeySerializer})
    @action(detail=True, methods=["post"], url_path=rf"keys/(?P<key>{UUID})/renew")
    def renew(self, request: Request, slug: str, key: str) -> Response:  # noqa: ARG002
        """Issue a second key for the same consumer; the first one stays valid for a while."""
        overlap = timedelta(hours=validated_body(RenewSerializer, request)["overlap_hours"])
        row, secret = api_keys.renew_key(endpoint=self.get_object(), user=user_of(request), key_id=key, overlap=overlap)
        return Response({**EndpointKeySerializer(row).data, "key": secret}, status=201)

    @extend_schema(request=SplitSerializer, responses=EndpointSerializer)
    @action(detail=True, methods=["put"])
    def traffic(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """Set the canary, which answers a share of the requests, and the shadow, which only gets copies."""
        endpoint, body = self.get_object(), validated_body(SplitSerializer, request)
        canary = Canary(**body["canary"]) if body["canary"] else None
        chosen = {"canary": canary, "shadow": body["shadow"], "acknowledged": body["acknowledged"]}
        releases.split_traffic(endpoint=endpoint, user=user_of(request), **chosen)
        return self._shown()

    @extend_schema(parameters=[WindowSerializer], responses=DriftSerializer)
    @action(detail=True)
    def drift(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """Return the drift of inputs and predictions from training."""
        window = validated_query(WindowSerializer, request)
        return Response(DriftSerializer(selectors.drift(self.get_object(), **window)).data)

    @extend_schema(request=ApprovalSerializer, responses=EndpointSerializer)
    @action(detail=True, methods=["put"])
    def approval(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """Set whether only approved model versions may answer."""
        endpoint = self.get_object()
        releases.require_approval(
            endpoint=endpoint, user=user_of(request), **validated_body(ApprovalSerializer, request)
        )
        return self._shown()

    @extend_schema(request=RollbackSerializer, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def rollback(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """Make another release active: an earlier one, or the canary."""
        endpoint = self.get_object()
        body = validated_body(RollbackSerializer, request)
        services.rollback(
            endpoint=endpoint, user=user_of(request), number=body["release"], acknowledged=body["acknowledged"]
        )
        return self._shown()

    @extend_schema(operation_id="endpoints_try", request=RowsSerializer, responses=AnswerSerializer)
    @action(detail=True, methods=["post"], url_path="try")
    def predict(self, request: Request, slug: str) -> Response:
        """Send rows to the endpoint, as any client would."""
        self.get_object()
        status, answer = serving_client.predict(slug, validated_body(RowsSerializer, request))
        return Response(answer, status=status)

    @extend_schema(
        request={"text/csv": OpenApiTypes.BINARY}, responses={(200, "text/csv"): OpenApiTypes.BINARY}, filters=False
    )
    @action(detail=True, methods=["post"], parser_classes=[RawBody])
    def batch(self, request: Request, slug: str) -> HttpResponse:
        """Return CSV text with the predictions for rows of CSV text, in the same order."""
        self.get_object()
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise too_large()
        content = request.data.read() if hasattr(request.data, "read") else b""
        status, media_type, answer = serving_client.predict_csv(slug, content)
        return HttpResponse(answer, status=status, content_type=media_type)

    def _shown(self) -> Response:
        endpoint: Any = self.get_object()
        return Response(EndpointSerializer(selectors.shown([endpoint])[0]).data)

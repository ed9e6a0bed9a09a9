"""HTTP calls about graphs, the catalogue and templates."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models.functions import Lower
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.current_user import user_of
from apps.common.ordering import ColumnOrdering
from apps.common.request_data import validated_body, validated_query
from apps.common.roles import Action
from apps.common.search import WordSearch
from apps.common.viewsets import ScopedViewSet, WorkspaceView
from apps.graphs import services
from apps.graphs.api.column_uses import ColumnUsesRequestSerializer, ColumnUsesSerializer
from apps.graphs.api.documents import CatalogueSerializer, TemplateSerializer
from apps.graphs.api.serializers import (
    CheckRequestSerializer,
    CheckSerializer,
    ConflictSerializer,
    DraftRequestSerializer,
    DraftSerializer,
    GraphLineSerializer,
    GraphNameSerializer,
    GraphRequestSerializer,
    GraphSerializer,
    SavedSerializer,
    TargetQuerySerializer,
    TargetSerializer,
    VersionLineSerializer,
    VersionRequestSerializer,
    VersionSerializer,
)
from apps.graphs.catalogue_payload import catalogue_payload, etag
from apps.graphs.check import check
from apps.graphs.documents import read_stored
from apps.graphs.models import Graph
from apps.graphs.prediction_target import PredictionChoice
from apps.graphs.templates import templates


class CatalogueView(WorkspaceView):
    """Every kind of node."""

    acts: ClassVar = {"get": Action.VIEW}

    @extend_schema(operation_id="nodes_list", responses=CatalogueSerializer)
    def get(self, request: Request) -> Response:
        """Return the catalogue; 304 when the browser has it already."""
        headers = {"ETag": etag(), "Cache-Control": "private, no-cache"}
        if request.headers.get("If-None-Match") == etag():
            return Response(status=304, headers=headers)
        return Response(catalogue_payload(), headers=headers)


class TemplatesView(WorkspaceView):
    """Graphs to begin with."""

    acts: ClassVar = {"get": Action.VIEW}

    @extend_schema(operation_id="templates_list", responses=TemplateSerializer(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Return every template."""
        return Response(templates())


class TargetView(WorkspaceView):
    """A column before it is predicted."""

    acts: ClassVar = {"get": Action.VIEW}

    @extend_schema(operation_id="targets_retrieve", parameters=[TargetQuerySerializer], responses=TargetSerializer)
    def get(self, request: Request) -> Response:
        """Return how the column would be predicted: its task, its classes, and what is done about them."""
        workspace = self.workspace  # who may not see it learns nothing of what a request lacks
        values = validated_query(TargetQuerySerializer, request)
        choice = PredictionChoice(values["task"], values["positive"], values["merges_spellings"])
        found = services.target_of(
            workspace=workspace, dataset_id=values["dataset"], column=values["column"], choice=choice
        )
        return Response(found.to_json())


class GraphViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Graphs."""

    queryset = Graph.objects.with_drafts()
    serializer_class = GraphSerializer
    filter_backends = (WordSearch, ColumnOrdering)
    search_fields = ("name",)
    orders: ClassVar[dict[str, Any]] = {"name": Lower("name"), "state": "last_run_state", "updated": "updated_at"}
    acts: ClassVar = {
        "list": Action.VIEW,
        "retrieve": Action.VIEW,
        "draft": Action.VIEW,
        "versions": Action.VIEW,
        "version": Action.VIEW,
        "check": Action.VIEW,
        "column_uses": Action.VIEW,
        "create": Action.EDIT,
        "partial_update": Action.EDIT,
        "destroy": Action.EDIT,
        "save_draft": Action.EDIT,
        "save_version": Action.EDIT,
    }

    def get_serializer_class(self) -> type[GraphLineSerializer]:
        """Leave documents out of lists: they are long, and one that cannot be read would hide all others."""
        return GraphLineSerializer if self.action == "list" else GraphSerializer

    @extend_schema(request=GraphRequestSerializer, responses={201: GraphSerializer})
    def create(self, request: Request) -> Response:
        """Draw a new graph."""
        values = validated_body(GraphRequestSerializer, request)
        document = services.first_document(
            workspace=self.workspace,
            document=values.get("document"),
            slug=values["template"],
            dataset_id=values["dataset"],
            target=values["target"],
            uses=values["uses"],
            fixes=values["fixes"],
            choice=PredictionChoice(values["task"], values["positive"], values["merges_spellings"]),
        )
        name = values["name"]
        graph = services.create(workspace=self.workspace, user=user_of(request), name=name, document=document)
        return Response(GraphSerializer(graph).data, status=201)

    @extend_schema(request=ColumnUsesRequestSerializer, responses=ColumnUsesSerializer, filters=False)
    @action(detail=False, methods=["post"], url_path="column-uses", pagination_class=None)
    def column_uses(self, request: Request) -> Response:
        """Return what becomes of the columns when one is predicted, where that is worth saying."""
        columns, is_searched = services.uses_of_columns(
            workspace=self.workspace, **validated_body(ColumnUsesRequestSerializer, request)
        )
        return Response(ColumnUsesSerializer({"columns": columns, "is_searched": is_searched}).data)

    @extend_schema(request=GraphNameSerializer, responses=GraphLineSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Rename a graph."""
        graph = services.rename(graph=self.get_object(), **validated_body(GraphNameSerializer, request))
        return Response(GraphLineSerializer(graph).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Delete a graph with its versions and runs."""
        services.delete(graph=self.get_object(), user=user_of(request))
        return Response(status=204)

    @extend_schema(responses=DraftSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def draft(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Return what is being drawn."""
        return Response(DraftSerializer(self.get_object().draft).data)

    @extend_schema(request=DraftRequestSerializer, responses={200: SavedSerializer, 409: ConflictSerializer})
    @draft.mapping.put
    def save_draft(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Save the draft, unless another person saved it meanwhile."""
        graph = self.get_object()
        draft = services.save_draft(
            graph=graph, user=user_of(request), **validated_body(DraftRequestSerializer, request)
        )
        return Response({"revision": draft.revision, "saved_at": draft.saved_at})

    @extend_schema(responses=VersionLineSerializer(many=True), filters=False)
    @action(detail=True)
    def versions(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Return the saved versions, newest first, in pages."""
        rows = self.get_object().versions.select_related("created_by").defer("document")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(VersionLineSerializer(page, many=True).data)

    @extend_schema(request=VersionRequestSerializer, responses={201: VersionSerializer})
    @versions.mapping.post
    def save_version(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Keep what is drawn now as a version that never changes."""
        graph = self.get_object()
        version = services.save_version(
            graph=graph, user=user_of(request), **validated_body(VersionRequestSerializer, request)
        )
        return Response(VersionSerializer(version).data, status=201)

    @extend_schema(responses=VersionSerializer)
    @action(detail=True, url_path=r"versions/(?P<version>[0-9]{1,9})")
    def version(self, request: Request, pk: str, version: str) -> Response:  # noqa: ARG002
        """Return one saved version."""
        return Response(VersionSerializer(services.version_of(self.get_object(), int(version))).data)

    @extend_schema(request=CheckRequestSerializer, responses=CheckSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Return faults, columns and what a run would do, of a document or the draft."""
        graph = self.get_object()
        document: Any = validated_body(CheckRequestSerializer, request).get("document")
        if document is None:
            document = read_stored(graph.draft.document)
        return Response(check(document=document, workspace_id=graph.workspace_id, graph_id=graph.pk))

"""HTTP calls about runs."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db.models import F
from django.db.models.functions import Lower
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.current_user import user_of
from apps.common.ordering import ColumnOrdering
from apps.common.pagination import list_parameters
from apps.common.request_data import validated_body, validated_query
from apps.common.roles import Action
from apps.common.search import WordSearch
from apps.common.viewsets import ScopedViewSet
from apps.graphs.models import Graph
from apps.runs import selectors, services
from apps.runs.api.serializers import (
    EventQuerySerializer,
    EventsSerializer,
    GraphQuerySerializer,
    OutputQuerySerializer,
    RunLineSerializer,
    RunSerializer,
    StartSerializer,
)
from apps.runs.models import Run


class GraphRunViewSet(ScopedViewSet):
    """Starting a run of a graph."""

    queryset = Graph.objects.with_drafts()
    serializer_class = StartSerializer
    detail = True
    acts: ClassVar = {"start": Action.RUN}

    @extend_schema(operation_id="graphs_runs_create", request=StartSerializer, responses={201: RunSerializer})
    def start(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Run the graph, or what leads to one of its nodes."""
        graph = self.get_object()
        values = validated_body(StartSerializer, request)
        document = values.pop("document") or None
        run = services.start(graph=graph, user=user_of(request), document=document, **values)
        return Response(RunSerializer(run).data, status=201)


class RunViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Runs."""

    queryset = Run.objects.select_related("graph", "created_by").with_headlines()
    serializer_class = RunSerializer
    filter_backends = (WordSearch, ColumnOrdering)
    search_fields = ("graph__name", "created_by__username")
    own_parameters = tuple(GraphQuerySerializer().fields)
    orders: ClassVar[dict[str, Any]] = {
        "graph": Lower("graph__name"),
        "number": "number",
        "state": "state",
        "who": "created_by__username",
        "started": "created_at",
        "duration": F("finished_at") - F("created_at"),
    }
    acts: ClassVar = {
        "list": Action.VIEW,
        "retrieve": Action.VIEW,
        "events": Action.VIEW,
        "output": Action.VIEW,
        "cancel": Action.RUN,
        "resume": Action.RUN,
    }

    def get_serializer_class(self) -> Any:
        """Leave documents and nodes out of lists."""
        return RunSerializer if self.detail else RunLineSerializer

    def get_queryset(self) -> Any:
        """Return the visible runs, of one graph and in one state if asked."""
        queryset = super().get_queryset()
        if self.detail:
            return queryset.prefetch_related("nodes")
        values = validated_query(GraphQuerySerializer, self.request, others=list_parameters(self))
        return queryset.filter(**values)

    @extend_schema(parameters=[GraphQuerySerializer], responses=RunLineSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return runs, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=[EventQuerySerializer], responses=EventsSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def events(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Return the events after a sequence number."""
        return Response(selectors.events(self.get_object(), **validated_query(EventQuerySerializer, request)))

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Stop a run. A run that is over stays as it is."""
        services.cancel(run=self.get_object())
        return Response(RunSerializer(self.get_object()).data)

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Go on with a run that stopped before its end."""
        services.resume(run=self.get_object())
        return Response(RunSerializer(self.get_object()).data)

    @extend_schema(parameters=[OutputQuerySerializer], responses=OpenApiTypes.OBJECT, filters=False)
    @action(
        detail=True,
        pagination_class=None,
        url_path=r"nodes/(?P<node>[A-Za-z0-9_-]{1,64})/outputs/(?P<port>[a-z_0-9]{1,64})",
    )
    def output(self, request: Request, pk: str, node: str, port: str) -> Response:  # noqa: ARG002
        """Return what a node gave: a page of a table, or figures, numbers, trials, the description of a model."""
        page = validated_query(OutputQuerySerializer, request)
        return Response(selectors.output(self.get_object(), node, port, **page))

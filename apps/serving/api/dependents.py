"""The dependents of a data set, over HTTP. Part of serving because it imports graphs and data sets, not the reverse."""

from __future__ import annotations

import uuid
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.roles import Action
from apps.common.viewsets import ScopedViewSet
from apps.datasets.models import Dataset
from apps.serving.dependents import Dependents, dependents_of


class DependentGraphSerializer(serializers.Serializer[None]):
    """A graph that reads a data set."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class DependentEndpointSerializer(serializers.Serializer[None]):
    """An endpoint whose model was made from a data set."""

    slug = serializers.CharField()
    name = serializers.CharField()


class DependentsSerializer(serializers.Serializer[Dependents]):
    """The dependents of a data set."""

    graphs = DependentGraphSerializer(many=True)
    endpoints = DependentEndpointSerializer(many=True)


class DatasetDependentsViewSet(ScopedViewSet):
    """The dependents of a data set."""

    queryset = Dataset.objects.all()
    serializer_class = DependentsSerializer
    acts: ClassVar = {"uses": Action.VIEW}

    @extend_schema(operation_id="datasets_uses_retrieve", responses=DependentsSerializer, filters=False)
    def uses(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Return the graphs that read a data set and the endpoints made from it."""
        return Response(DependentsSerializer(dependents_of(self.get_object())).data)

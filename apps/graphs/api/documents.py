"""What documents and the catalogue look like over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.graphs.documents import document_json, read_document, read_stored
from tasks.graph.document import Document

COLOURS = ["yellow", "blue", "green", "red", "grey"]


class PositionSerializer(serializers.Serializer[None]):
    """Place on the canvas, pixels at zoom 1."""

    x = serializers.FloatField()
    y = serializers.FloatField()


class GraphNodeSerializer(serializers.Serializer[None]):
    """A node as it was drawn."""

    id = serializers.CharField()
    type = serializers.CharField()
    version = serializers.IntegerField()
    params = serializers.DictField(child=serializers.JSONField())
    position = PositionSerializer()
    title = serializers.CharField(allow_blank=True)
    is_disabled = serializers.BooleanField()
    is_frozen = serializers.BooleanField()
    time_limit_seconds = serializers.IntegerField(required=False)


class EdgeSerializer(serializers.Serializer[None]):
    """An edge from an output port to an input port."""

    source = serializers.CharField()  # type: ignore[assignment]
    source_port = serializers.CharField()
    target = serializers.CharField()
    target_port = serializers.CharField()


class NoteSerializer(serializers.Serializer[None]):
    """A sticky note."""

    id = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    position = PositionSerializer()
    width = serializers.FloatField()
    height = serializers.FloatField()
    colour = serializers.ChoiceField(choices=COLOURS)


class DocumentSerializer(serializers.Serializer[None]):
    """A graph."""

    nodes = GraphNodeSerializer(many=True)
    edges = EdgeSerializer(many=True)
    notes = NoteSerializer(many=True)
    seed = serializers.IntegerField()


class OutlineNodeSerializer(serializers.Serializer[None]):
    """Where a node stands."""

    id = serializers.CharField()
    type = serializers.CharField()
    position = PositionSerializer()


class OutlineEdgeSerializer(serializers.Serializer[None]):
    """Which nodes an edge connects."""

    source = serializers.CharField()  # type: ignore[assignment]
    target = serializers.CharField()


class OutlineSerializer(serializers.Serializer[None]):
    """What a small picture of a graph shows."""

    nodes = OutlineNodeSerializer(many=True)
    edges = OutlineEdgeSerializer(many=True)


@extend_schema_field(DocumentSerializer)
class DocumentField(serializers.Field[Document, Any, Any, Any]):
    """A document: read by the engine's own model, so there is one description of what is allowed."""

    def to_internal_value(self, data: Any) -> Document:
        """Return the document. Raises ``ApplicationError`` with every fault by place."""
        return read_document(data)

    def to_representation(self, value: Any) -> Any:
        """Return the stored JSON, nodes of older versions in today's. Raises ``ApplicationError`` if unreadable."""
        return document_json(read_stored(value))


class PortSerializer(serializers.Serializer[None]):
    """A port of a kind of node."""

    name = serializers.CharField()
    wire = serializers.CharField()
    is_optional = serializers.BooleanField()


class PurposeSerializer(serializers.Serializer[None]):
    """The heading under which nodes are listed; smaller ``order`` stands first."""

    title = serializers.CharField()
    icon = serializers.CharField()
    order = serializers.IntegerField()


class NodeDescriptionSerializer(serializers.Serializer[None]):
    """A kind of node. ``params``: JSON Schema of its form; ``defaults``: every parameter.

    ``renamed``: version to former name to name of its parameters.
    """

    id = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    detail = serializers.CharField()
    icon = serializers.CharField()
    group = serializers.CharField()
    purpose = PurposeSerializer()
    keywords = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()
    serve = serializers.CharField()
    uses_gpu = serializers.BooleanField()
    is_cheap = serializers.BooleanField()
    replaces = serializers.ListField(child=serializers.CharField())
    renamed = serializers.DictField(child=serializers.DictField(child=serializers.CharField()), allow_null=True)
    inputs = PortSerializer(many=True)
    outputs = PortSerializer(many=True)
    params = serializers.DictField(child=serializers.JSONField())
    defaults = serializers.DictField(child=serializers.JSONField())


class ValueKindSerializer(serializers.Serializer[None]):
    """What may travel on an edge."""

    title = serializers.CharField()
    summary = serializers.CharField()


class CatalogueSerializer(serializers.Serializer[None]):
    """Every kind of node and of value. ``version`` changes when any does; ``words``: language to their words in it."""

    version = serializers.CharField()
    nodes = NodeDescriptionSerializer(many=True)
    wires = serializers.DictField(child=ValueKindSerializer())
    words = serializers.DictField(child=serializers.DictField(child=serializers.JSONField()))


class TemplateSerializer(serializers.Serializer[None]):
    """A graph to begin with."""

    slug = serializers.CharField()
    title = serializers.CharField()
    title_parts = serializers.JSONField()
    description = serializers.CharField()
    description_parts = serializers.JSONField()
    task = serializers.ChoiceField(choices=["classification", "regression"])
    document = DocumentSerializer()

"""Reading documents: those that came from outside, and stored ones, which another version may have written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from apps.common.errors import ApplicationError, FieldProblem
from tasks.catalogue import catalogue
from tasks.graph.document import Document
from tasks.graph.messages import Message
from tasks.graph.upgrade import upgraded


def read_document(data: Any) -> Document:
    """Return the document in JSON data, nodes of older versions in today's.

    Raises:
        ApplicationError: 400 with every fault by place.
    """
    try:
        return _read(data)
    except ValidationError as error:
        message = Message("graph.unreadable", "This is not a graph that can be kept.")
        raise ApplicationError("invalid", message, 400, _problems(error)) from error


def read_stored(data: Any) -> Document:
    """Return the document in stored JSON data, nodes of older versions in today's.

    Raises:
        ApplicationError: 409 with every fault by place, when another version of the product wrote it.
    """
    try:
        return _read(data)
    except ValidationError as error:
        message = Message(
            "graph.stored_unreadable",
            "This graph was saved by another version of LeptonWeb, and this one cannot read it. Open it with the "
            "version that saved it; nothing of it was lost.",
        )
        raise ApplicationError("unreadable", message, 409, _problems(error)) from error


def _read(data: Any) -> Document:
    return upgraded(Document.model_validate(data), catalogue())


def _problems(error: ValidationError) -> list[FieldProblem]:
    return [
        {
            "at": ".".join(str(part) for part in ("document", *fault["loc"])),
            "message": Message("graph.bad_member", "{reason}.", reason=fault["msg"]),
        }
        for fault in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def outline(data: Any) -> dict[str, Any] | None:
    """Return ``{"nodes": [{"id", "type", "position"}], "edges": [{"source", "target"}]}`` of stored JSON data.

    Only what a picture of the canvas needs is read, so that a list has a line for a graph that `read_stored` refuses;
    ``None`` when not even this much is there.
    """
    try:
        return {
            "nodes": [
                {"id": node["id"], "type": node["type"], "position": _position(node.get("position", {}))}
                for node in data["nodes"]
            ],
            "edges": [{"source": edge["source"], "target": edge["target"]} for edge in data["edges"]],
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _position(data: Mapping[str, Any]) -> dict[str, float]:
    return {axis: float(data.get(axis, 0.0)) for axis in ("x", "y")}


def document_json(document: Document) -> dict[str, Any]:
    """Return the document as JSON data with every member written out."""
    return document.model_dump(mode="json")

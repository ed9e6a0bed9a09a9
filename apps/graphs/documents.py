"""Reading documents that came from outside."""

from __future__ import annotations

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
        return upgraded(Document.model_validate(data), catalogue())
    except ValidationError as error:
        problems: list[FieldProblem] = [
            {
                "at": ".".join(str(part) for part in ("document", *fault["loc"])),
                "message": Message("graph.bad_member", "{reason}.", reason=fault["msg"]),
            }
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        message = Message("graph.unreadable", "This is not a graph that can be kept.")
        raise ApplicationError("invalid", message, 400, problems) from error


def document_json(document: Document) -> dict[str, Any]:
    """Return the document as JSON data with every member written out."""
    return document.model_dump(mode="json")

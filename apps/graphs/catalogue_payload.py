"""The catalogue as the page gets it."""

from __future__ import annotations

from functools import cache
from typing import Any

from tasks.catalogue import catalogue

VALUE_KINDS = {
    "table": {"title": "Table", "summary": "Rows and columns, with the steps that made them."},
    "model": {"title": "Model", "summary": "A trained model with everything it needs to predict a raw row."},
    "metrics": {"title": "Metrics", "summary": "Scores, such as accuracy or error."},
    "report": {"title": "Report", "summary": "Charts."},
    "study": {"title": "Study", "summary": "The trials of a search and how each did."},
    "endpoint": {"title": "Endpoint", "summary": "A model packed to answer requests."},
}


@cache
def catalogue_payload() -> dict[str, Any]:
    """Return ``{version, nodes, wires, words}``."""
    known = catalogue()
    return {
        "version": known.hash,
        "nodes": [node.model_dump(mode="json", exclude={"fixes", "former_defaults"}) for node in known.nodes.values()],
        "wires": VALUE_KINDS,
        "words": known.words,
    }


def etag() -> str:
    """Return the entity tag of the catalogue."""
    return f'"{catalogue().hash}"'

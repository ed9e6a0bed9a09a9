"""Brings nodes that an older version saved to the names that their parameters have today. Knows nodes as data only.

Whatever else a node's ``migrate`` does to parameters is done by the engine before it runs the node.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.graph.description import Catalogue, NodeDescription
from tasks.graph.document import Document


def upgraded_params(params: Mapping[str, Any], version: int, kind: NodeDescription) -> Mapping[str, Any]:
    """Return the parameters that ``version`` of this kind saved under today's names."""
    for since, names in sorted((kind.renamed or {}).items()):
        if version < since:
            params = {names.get(name, name): value for name, value in params.items()}
    return params


def upgraded(document: Document, catalogue: Catalogue) -> Document:
    """Return the document with every node whose parameters were only renamed since in its version of today."""
    nodes = []
    for node in document.nodes:
        kind = catalogue.find(node.type)
        if kind is not None and kind.renamed is not None and node.version < kind.version:
            params = upgraded_params(node.params, node.version, kind)
            nodes.append(node.model_copy(update={"params": params, "version": kind.version}))
        else:
            nodes.append(node)
    return document if nodes == list(document.nodes) else document.model_copy(update={"nodes": tuple(nodes)})

"""Brings nodes that an older version saved to the names that their parameters have today. Knows nodes as data only.

Whatever else a node's ``migrate`` does to parameters is done by the engine before it runs the node.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.graph.description import Catalogue, NodeDescription
from tasks.graph.document import Document


def upgraded_names(
    params: Mapping[str, Any],
    version: int,
    renamed: Mapping[int, Mapping[str, str]],
    former_defaults: Mapping[int, Mapping[str, Any]],
) -> Mapping[str, Any]:
    """Return the parameters that ``version`` saved under today's names, new ones at what was done before they were.

    Args:
        renamed: Version to former name to name.
        former_defaults: Version to its new parameters, each with the value that stands for what was done before.
    """
    for since, names in sorted(renamed.items()):
        if version < since:
            params = {names.get(name, name): value for name, value in params.items()}
    for since, values in sorted(former_defaults.items()):
        if version < since:
            params = {**values, **params}
    return params


def upgraded_params(params: Mapping[str, Any], version: int, kind: NodeDescription) -> Mapping[str, Any]:
    """Return the parameters that ``version`` of this kind saved under today's names."""
    return upgraded_names(params, version, kind.renamed or {}, kind.former_defaults)


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

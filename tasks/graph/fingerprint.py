"""The key under which a node's result may be reused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tasks.graph.description import Catalogue
from tasks.graph.document import Document


def fingerprints(
    document: Document,
    catalogue: Catalogue,
    sources: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the fingerprint of every active node.

    Two nodes share a fingerprint exactly when their type, version, effective parameters, seed and all ancestors
    are equal, whatever their position or title on the canvas.

    Args:
        document: A graph without problems.
        catalogue: Gives the defaults and versions of today.
        sources: Node id to a hash of what it reads from outside (bytes of an uploaded file).
        kept: Frozen node id to the fingerprint of the result that it keeps. What follows is made from that result,
            so it has the same fingerprint as when the node last ran.

    Returns:
        Node id to 64 hexadecimal digits (SHA-256 of the canonical JSON of the ancestry).

    Raises:
        CycleError: The edges form a cycle.
    """
    active = document.active()
    incoming = active.incoming()
    nodes = {node.id: node for node in active.nodes}
    found: dict[str, str] = {}
    for node_id in active.order():
        node = nodes[node_id]
        if node.is_frozen and kept and node_id in kept:
            found[node_id] = kept[node_id]
            continue
        kind = catalogue.find(node.type)
        found[node_id] = _digest(
            {
                "type": kind.id if kind else node.type,
                "version": kind.version if kind else node.version,
                "saved": node.version,
                "params": {**(kind.defaults if kind else {}), **node.params},
                "inputs": {
                    port: [found[edge.source], edge.source_port] for port, edge in sorted(incoming[node_id].items())
                },
                "seed": active.seed,
                "source": (sources or {}).get(node_id, ""),
            }
        )
    return found


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()

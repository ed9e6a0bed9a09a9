"""Answers about a graph that is only drawn, from the rows of earlier runs."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from statistics import median

from apps.runs.models import NodeRun
from apps.runs.planning import frozen_results, reusable_results
from tasks.graph.document import Document

LOOKED_AT = 300


def reusable_fingerprints(workspace_id: uuid.UUID, fingerprints: Collection[str]) -> Collection[str]:
    """Return those fingerprints whose results are kept."""
    return reusable_results(workspace_id, fingerprints).keys()


def frozen_fingerprints(graph_id: uuid.UUID, document: Document) -> Mapping[str, str]:
    """Return the fingerprint of the result that each frozen node keeps; nodes that never ran are left out."""
    return frozen_results(graph_id, document)


def typical_seconds(workspace_id: uuid.UUID, types: Collection[str]) -> Mapping[str, float]:
    """Return the median of how long nodes of these types took lately."""
    done = NodeRun.objects.filter(
        run__workspace=workspace_id, type__in=types, state=NodeRun.State.DONE, is_cached=False
    )
    took: dict[str, list[float]] = defaultdict(list)
    rows = done.order_by("-pk").values_list("type", "started_at", "finished_at")[:LOOKED_AT]
    for node_type, started, finished in rows:
        if started and finished:
            took[node_type].append((finished - started).total_seconds())
    return {node_type: median(seconds) for node_type, seconds in took.items()}

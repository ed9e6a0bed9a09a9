"""What earlier runs say about a draft: reusable and frozen results, typical durations."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from statistics import median

from apps.runs.models import NodeRun
from apps.runs.planning import frozen_results, reusable_results
from tasks.graph.document import Document

SAMPLE_SIZE = 300
LAST_RUNS = 5
"""Runs of a node that its duration is taken from: those of long ago had other data or another machine."""


def reusable_fingerprints(workspace_id: uuid.UUID, fingerprints: Collection[str]) -> Collection[str]:
    """Return those fingerprints whose results are stored."""
    return reusable_results(workspace_id, fingerprints).keys()


def frozen_fingerprints(graph_id: uuid.UUID, document: Document) -> Mapping[str, str]:
    """Return the fingerprint of each frozen node's pinned result, without nodes that never ran."""
    return frozen_results(graph_id, document)


def past_seconds(graph_id: uuid.UUID, document: Document) -> Mapping[str, float]:
    """Return the median duration of the last runs of each node of a graph that had its type and its parameters."""
    drawn = {node.id: (node.type, dict(node.params)) for node in document.nodes}
    done = NodeRun.objects.filter(run__graph=graph_id, node__in=drawn, state=NodeRun.State.DONE, is_cached=False)
    durations: dict[str, list[float]] = defaultdict(list)
    rows = done.order_by("-pk").values_list("node", "type", "params", "started_at", "finished_at")[:SAMPLE_SIZE]
    for node, node_type, params, started, finished in rows:
        is_alike = drawn[node] == (node_type, params) and len(durations[node]) < LAST_RUNS
        if is_alike and started and finished:
            durations[node].append((finished - started).total_seconds())
    return {node: median(seconds) for node, seconds in durations.items() if seconds}


def typical_seconds(workspace_id: uuid.UUID, types: Collection[str]) -> Mapping[str, float]:
    """Return the median duration of recent runs of nodes, by type."""
    done = NodeRun.objects.filter(
        run__workspace=workspace_id, type__in=types, state=NodeRun.State.DONE, is_cached=False
    )
    durations: dict[str, list[float]] = defaultdict(list)
    rows = done.order_by("-pk").values_list("type", "started_at", "finished_at")[:SAMPLE_SIZE]
    for node_type, started, finished in rows:
        if started and finished:
            durations[node_type].append((finished - started).total_seconds())
    return {node_type: median(seconds) for node_type, seconds in durations.items()}

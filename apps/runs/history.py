"""What earlier runs say about a draft: reusable and frozen results, typical durations."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping

from apps.common.past_duration import Measured, PastDuration, past_duration
from apps.runs.models import NodeRun
from apps.runs.planning import frozen_results, reusable_results
from tasks.graph.document import Document

MEASURED = ("started_at", "finished_at", "estimated_seconds")
SAMPLE_SIZE = 300
LAST_RUNS = 5
"""Runs of a node that its duration is taken from: those of long ago had other data or another machine."""


def reusable_fingerprints(workspace_id: uuid.UUID, fingerprints: Collection[str]) -> Collection[str]:
    """Return those fingerprints whose results are stored."""
    return reusable_results(workspace_id, fingerprints).keys()


def frozen_fingerprints(graph_id: uuid.UUID, document: Document) -> Mapping[str, str]:
    """Return the fingerprint of each frozen node's pinned result, without nodes that never ran."""
    return frozen_results(graph_id, document)


def past_seconds(graph_id: uuid.UUID, document: Document) -> Mapping[str, PastDuration]:
    """Return the durations of the last runs of each node of a graph that had its type and its parameters."""
    drawn = {node.id: (node.type, dict(node.params)) for node in document.nodes}
    done = NodeRun.objects.filter(run__graph=graph_id, node__in=drawn).with_duration()
    measured: dict[str, list[Measured]] = defaultdict(list)
    rows = done.order_by("-pk").values_list("node", "type", "params", *MEASURED)[:SAMPLE_SIZE]
    for node, node_type, params, *times in rows:
        if drawn[node] == (node_type, params) and len(measured[node]) < LAST_RUNS:
            measured[node].append((times[0], times[1], times[2]))
    return {node: past_duration(runs) for node, runs in measured.items() if runs}


def past_peaks(graph_id: uuid.UUID, document: Document) -> Mapping[str, int]:
    """Return the most bytes that the last runs of each node of a graph needed that had its type and its parameters."""
    drawn = {node.id: (node.type, dict(node.params)) for node in document.nodes}
    done = NodeRun.objects.filter(run__graph=graph_id, node__in=drawn, state=NodeRun.State.DONE, is_cached=False)
    peaks: dict[str, list[int]] = defaultdict(list)
    rows = done.exclude(peak_bytes=None).order_by("-pk").values_list("node", "type", "params", "peak_bytes")
    for node, node_type, params, peak in rows[:SAMPLE_SIZE]:
        if drawn[node] == (node_type, params) and len(peaks[node]) < LAST_RUNS:
            peaks[node].append(peak or 0)
    return {node: max(found) for node, found in peaks.items() if found}


def typical_seconds(workspace_id: uuid.UUID, types: Collection[str]) -> Mapping[str, PastDuration]:
    """Return the durations of recent runs of nodes, by type."""
    done = NodeRun.objects.filter(run__workspace=workspace_id, type__in=types).with_duration()
    measured: dict[str, list[Measured]] = defaultdict(list)
    for node_type, *times in done.order_by("-pk").values_list("type", *MEASURED)[:SAMPLE_SIZE]:
        measured[node_type].append((times[0], times[1], times[2]))
    return {node_type: past_duration(runs) for node_type, runs in measured.items()}

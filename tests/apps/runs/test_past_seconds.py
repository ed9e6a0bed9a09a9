"""What a node took in earlier runs of its graph, if it had the parameters that it has now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.past_duration import PastDuration
from apps.runs.history import past_peaks, past_seconds, typical_seconds
from apps.runs.models import NodeRun, Run
from tasks.graph.document import Document


def ran(graph, number, seconds, *, params, node_type="model.tree", **more):
    run = Run.objects.create(
        workspace=graph.workspace, graph=graph, number=number, document=graph.draft.document, state="done"
    )
    now = timezone.now()
    NodeRun.objects.create(
        run=run,
        node="tree",
        type=node_type,
        params=params,
        fingerprint="0",
        started_at=now - timedelta(seconds=seconds),
        finished_at=now,
        **{"state": "done", **more},
    )


def test_a_node_takes_what_it_took_with_the_same_parameters(graph):
    drawn = {"nodes": [{"id": "tree", "type": "model.tree", "params": {"depth": 4}}], "edges": []}
    document = Document.model_validate(drawn)
    assert past_seconds(graph.pk, document) == {}
    ran(graph, 1, 300, params={"depth": 4})
    for number in range(2, 7):
        ran(graph, number, 10 + number, params={"depth": 4})
    ran(graph, 7, 900, params={"depth": 9})
    ran(graph, 8, 901, params={"depth": 4}, node_type="model.other")
    ran(graph, 9, 902, params={"depth": 4}, state="failed")
    ran(graph, 10, 0, params={"depth": 4}, is_cached=True)
    assert past_seconds(graph.pk, document) == {"tree": PastDuration(14.0)}


def test_what_was_expected_at_the_start_tells_how_far_off_the_expectation_is(graph):
    drawn = {"nodes": [{"id": "tree", "type": "model.tree", "params": {}}], "edges": []}
    for number, seconds, expected in ((1, 10, 20.0), (2, 30, 10.0), (3, 8, 8.0), (4, 50, None)):
        ran(graph, number, seconds, params={}, estimated_seconds=expected)
    past = past_seconds(graph.pk, Document.model_validate(drawn))["tree"]
    assert past.ratio == pytest.approx(1.0)
    assert past.seconds_for(None) == pytest.approx(20.0)
    assert past.seconds_for(200.0) == pytest.approx(200.0)
    assert typical_seconds(graph.workspace_id, ["model.tree", "model.none"]) == {"model.tree": past}


def test_a_node_needs_what_it_needed_at_most_with_the_same_parameters(graph):
    drawn = {"nodes": [{"id": "tree", "type": "model.tree", "params": {"depth": 4}}], "edges": []}
    document = Document.model_validate(drawn)
    ran(graph, 1, 1, params={"depth": 4})
    assert past_peaks(graph.pk, document) == {}
    ran(graph, 2, 1, params={"depth": 4}, peak_bytes=3_000)
    ran(graph, 3, 1, params={"depth": 4}, peak_bytes=5_000_000_000)
    ran(graph, 4, 1, params={"depth": 9}, peak_bytes=9_000_000_000)
    assert past_peaks(graph.pk, document) == {"tree": 5_000_000_000}

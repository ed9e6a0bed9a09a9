"""What a node took in earlier runs of its graph, if it had the parameters that it has now."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.runs.history import past_seconds
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
    assert past_seconds(graph.pk, document) == {"tree": 14.0}

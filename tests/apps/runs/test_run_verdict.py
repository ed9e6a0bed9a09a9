"""The verdict of a run: on its page, in lists, and on the card of its graph."""

from __future__ import annotations

from apps.runs.models import NodeRun, Run
from apps.runs.run_transaction import run_transaction
from apps.runs.transitions import finish_run_if_over
from tests.factories import make_graph

GUESSING = "No better than always answering the mean: error 16 against 10 (R² −1.56)."


def run_that_scored(workspace):
    """Return a run whose model was scored before verdicts were stored, with its nodes done."""
    graph = make_graph(workspace)
    run = Run.objects.create(workspace=workspace, graph=graph, number=1, document={}, state="running")
    scores = {"r2": -1.56, "rmse": 16.0, "baseline_rmse": 10.0}
    outputs = {
        "model": {
            "wire": "model",
            "address": "a" * 64,
            "bytes": 1,
            "summary": {"task": "regression", "metrics": scores},
        }
    }
    made = {"run": run, "type": "model.linear", "state": "done", "headline": "R² −1.56"}
    NodeRun.objects.create(node="model", position=1, outputs=outputs, **made)
    NodeRun.objects.create(node="chart", position=2, outputs={}, **{**made, "type": "explore.chart"})
    return run


def test_a_run_says_what_its_model_is_worth(as_bob, workspace):
    run = run_that_scored(workspace)
    listed = as_bob.get("/api/v1/runs/").json()["results"][0]["verdict"]
    assert (listed["state"], listed["message"]) == ("guessing", GUESSING)
    shown = as_bob.get(f"/api/v1/runs/{run.pk}/").json()
    assert shown["verdict"] == listed
    of_node = next(node for node in shown["nodes"] if node["node"] == "model")
    assert of_node["outputs"]["model"]["summary"]["verdict"] == listed


def test_the_card_of_a_graph_shows_the_verdict_of_its_last_run(as_bob, workspace):
    run = run_that_scored(workspace)
    with run_transaction(run.pk) as change:
        finish_run_if_over(change)
    card = as_bob.get(f"/api/v1/graphs/{run.graph_id}/").json()["last_run"]
    assert (card["verdict"]["state"], card["verdict"]["message"]) == ("guessing", GUESSING)

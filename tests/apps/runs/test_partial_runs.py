"""Running a part of a graph, one node anew, and nodes that keep their result."""

from __future__ import annotations

import pytest

from apps.graphs import check as graph_check
from apps.graphs.check import check
from apps.graphs.documents import read_document
from apps.runs import planning
from apps.runs.models import NodeRun
from tests.apps.runs.conftest import document, keep_artifact, states

pytestmark = pytest.mark.django_db
LINE = "a>b b>c"


def cached(run):
    return dict(NodeRun.objects.filter(run=run).order_by().values_list("node", "is_cached"))


@pytest.fixture
def ran(start, worker, data_folder):
    keep_artifact(data_folder)
    run = start("a b c", LINE)
    worker.work(run)
    return run


def test_from_here_on_everything_runs_anew(ran, start):
    assert cached(start("a b c", LINE, anew="b")) == {"a": True, "b": False, "c": False}


def test_one_node_runs_anew_and_nothing_else(ran, start, worker):
    again = start("a b c", LINE, anew="b", to="b")
    assert cached(again) == {"a": True, "b": False}
    assert worker.work(again) == ["b"]


def test_running_from_a_node_that_is_not_there_is_refused(as_alice, graph):
    body = {"document": document("a"), "start": "z"}
    answer = as_alice.post(f"/api/v1/graphs/{graph.pk}/runs/", body, content_type="application/json")
    assert answer.status_code == 422
    assert "run from" in answer.json()["message"]


def test_a_run_from_here_is_started_over_http(as_alice, graph, ran):
    body = {"document": document("a b c", LINE), "start": "c"}
    answer = as_alice.post(f"/api/v1/graphs/{graph.pk}/runs/", body, content_type="application/json")
    assert [node["node"] for node in answer.json()["nodes"] if not node["is_cached"]] == ["c"]


def test_a_frozen_node_keeps_its_result_though_its_input_changed(ran, start, worker):
    run = start("a b* c", LINE, a={"amount": 5.0}, b={"amount": 7.0})
    assert cached(run) == {"a": False, "b": True, "c": True}
    assert worker.work(run) == ["a"]
    assert states(run) == {"a": "done", "b": "done", "c": "done"}


def test_a_frozen_node_stays_as_it_is_in_a_run_from_before_it(ran, start):
    assert cached(start("a b* c", LINE, anew="a")) == {"a": False, "b": True, "c": False}


def test_a_frozen_node_that_is_asked_for_runs_from_what_is_there_now(ran, start, worker):
    run = start("a b* c", LINE, b={"amount": 7.0}, anew="b", to="b")
    assert worker.work(run) == ["b"]
    fresh = NodeRun.objects.get(run=run, node="b").fingerprint
    after = start("a b* c", LINE, b={"amount": 9.0})
    assert NodeRun.objects.get(run=after, node="b").fingerprint == fresh


def test_a_frozen_node_that_never_ran_runs(start, data_folder):
    keep_artifact(data_folder)
    assert cached(start("a b*", "a>b")) == {"a": False, "b": False}


def test_a_frozen_result_that_was_cleared_away_is_made_again(start, worker):
    worker.work(start("a*"))
    assert cached(start("a*", a={"amount": 2.0})) == {"a": False}


def test_the_check_knows_what_frozen_nodes_keep(ran, workspace, graph):
    drawn = read_document(document("a b* c", LINE, b={"amount": 7.0}))
    plan = check(document=drawn, workspace_id=workspace.pk, graph_id=graph.pk)["plan"]
    assert [node["is_cached"] for node in plan["nodes"]] == [True, True, True]


def test_a_reused_result_tells_when_it_was_made(ran, start):
    made = NodeRun.objects.get(run=ran, node="b").finished_at
    assert NodeRun.objects.get(run=start("a b c", LINE), node="b").finished_at == made


def test_a_run_is_planned_once(graph, monkeypatch):
    calls = []

    def count(module, name):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args, **kwargs: (calls.append(name), real(*args, **kwargs))[1])

    for module in (graph_check, planning):
        for name in ("compile_plan", "fingerprints"):
            count(module, name)
    planning.prepare(graph, document("a b c", LINE))
    assert sorted(calls) == ["compile_plan", "fingerprints"]

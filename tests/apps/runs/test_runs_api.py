"""Runs over HTTP."""

from __future__ import annotations

import pytest

from apps.runs.models import NodeRun, Run
from tests.apps.runs.conftest import document, keep_artifact
from tests.factories import make_dataset

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(start):
    return start("a b", "a>b")


def test_an_analyst_starts_a_run_of_the_draft(as_bob, graph):
    graph.draft.document = document("a b", "a>b")
    graph.draft.save()
    answer = as_bob.post(f"/api/v1/graphs/{graph.pk}/runs/", {})
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["number"], body["state"], body["created_by"]) == (1, "queued", "bob")
    assert [(node["node"], node["state"]) for node in body["nodes"]] == [("a", "queued"), ("b", "pending")]
    assert body["graph_name"] == "prices"


def test_a_run_leads_to_one_node_if_asked(as_bob, graph):
    body = {"document": document("a b c", "a>b b>c"), "to": "b"}
    answer = as_bob.post(f"/api/v1/graphs/{graph.pk}/runs/", body)
    assert [node["node"] for node in answer.json()["nodes"]] == ["a", "b"]


def test_clicking_twice_starts_one_run(as_bob, graph):
    body = {"document": document("a"), "idempotency_key": "k"}
    ids = {as_bob.post(f"/api/v1/graphs/{graph.pk}/runs/", body).json()["id"] for _ in range(2)}
    assert len(ids) == 1


def test_a_graph_with_problems_is_refused_with_every_place(as_bob, graph):
    drawn = document("a b")
    drawn["nodes"][0]["params"] = {"amount": "many"}
    drawn["nodes"][1]["type"] = "test.unknown"
    answer = as_bob.post(f"/api/v1/graphs/{graph.pk}/runs/", {"document": drawn})
    assert answer.status_code == 422
    assert answer.json()["code"] == "graph_invalid"
    places = {problem["at"] for problem in answer.json()["problems"]}
    assert places == {"nodes.a.params.amount", "nodes.b"}
    assert not Run.objects.exists()


def test_a_foreign_data_set_is_refused(as_bob, graph, elsewhere):
    theirs = make_dataset(elsewhere)
    drawn = {"nodes": [{"id": "s", "type": "test.source", "params": {"dataset": str(theirs.pk)}}], "edges": []}
    answer = as_bob.post(f"/api/v1/graphs/{graph.pk}/runs/", {"document": drawn})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["at"] == "nodes.s.params.dataset"


def test_a_viewer_looks_on(as_vera, graph, run):
    assert as_vera.get(f"/api/v1/runs/{run.pk}/").status_code == 200
    assert as_vera.post(f"/api/v1/graphs/{graph.pk}/runs/", {"document": document("a")}).status_code == 403
    assert as_vera.post(f"/api/v1/runs/{run.pk}/cancel/").status_code == 403
    assert as_vera.post(f"/api/v1/runs/{run.pk}/resume/").status_code == 403
    run.refresh_from_db()
    assert run.state == "queued"


def test_a_stranger_finds_nothing(as_charlie, graph, run):
    calls = [
        as_charlie.get(f"/api/v1/runs/{run.pk}/"),
        as_charlie.get(f"/api/v1/runs/{run.pk}/events/"),
        as_charlie.get(f"/api/v1/runs/{run.pk}/nodes/a/outputs/out/"),
        as_charlie.post(f"/api/v1/runs/{run.pk}/cancel/"),
        as_charlie.post(f"/api/v1/graphs/{graph.pk}/runs/", {"document": document("a")}),
    ]
    assert [answer.status_code for answer in calls] == [404] * 5
    assert as_charlie.get("/api/v1/runs/").json()["count"] == 0


def test_a_list_is_of_one_graph_and_newest_first(as_bob, graph, start):
    made = [str(start("a").pk) for _ in range(3)]
    answer = as_bob.get(f"/api/v1/runs/?graph={graph.pk}").json()
    assert [line["id"] for line in answer["results"]] == made[::-1]
    assert "document" not in answer["results"][0]


def test_cancel_and_resume(as_bob, run):
    assert as_bob.post(f"/api/v1/runs/{run.pk}/cancel/").json()["state"] == "cancelled"
    assert as_bob.post(f"/api/v1/runs/{run.pk}/resume/").json()["state"] == "queued"
    assert as_bob.post(f"/api/v1/runs/{run.pk}/resume/").status_code == 409


def test_events_after_a_number(as_bob, run, worker):
    worker.work(run)
    everything = as_bob.get(f"/api/v1/runs/{run.pk}/events/").json()
    assert [event["seq"] for event in everything["events"]] == list(range(1, everything["last_seq"] + 1))
    later = as_bob.get(f"/api/v1/runs/{run.pk}/events/?after=3&limit=2").json()
    assert [event["seq"] for event in later["events"]] == [4, 5]


def test_outputs_are_read_from_the_store(as_bob, run, worker, data_folder):
    keep_artifact(data_folder)
    worker.work(run)
    answer = as_bob.get(f"/api/v1/runs/{run.pk}/nodes/a/outputs/out/").json()
    assert (answer["wire"], answer["values"]) == ("metrics", {"x": 1.0})
    assert as_bob.get(f"/api/v1/runs/{run.pk}/nodes/a/outputs/nothing/").status_code == 404


def test_an_output_that_was_cleared_away_says_so(as_bob, run, worker):
    worker.work(run)
    answer = as_bob.get(f"/api/v1/runs/{run.pk}/nodes/a/outputs/out/")
    assert (answer.status_code, answer.json()["code"]) == (410, "result_removed")
    assert "is not in the store any more. Open its graph and choose “Run to this node”" in answer.json()["message"]
    assert (answer.json()["address"], answer.json()["node"]) == (f"/graphs/{run.graph_id}", "a")


def test_a_failed_node_shows_its_error_in_full(as_bob, run, worker):
    claim = worker.take(run)
    worker.finish(claim, NodeRun.State.FAILED, error={"message": "No.", "param": "amount"})
    node = as_bob.get(f"/api/v1/runs/{run.pk}/").json()["nodes"][0]
    assert node["error"] == {
        "message": "No.",
        "message_id": "",
        "message_params": {},
        "param": "amount",
        "fix": "",
        "trace": "",
    }


def test_the_list_says_how_a_run_went_in_the_words_of_its_last_result(as_bob, run):
    said = (("a", "test.step", "4 rows"), ("b", "publish.deploy", "0.1 ms a row"))
    for node, kind, headline in said:
        NodeRun.objects.filter(run=run, node=node).update(state="done", type=kind, headline=headline)
    [line] = as_bob.get("/api/v1/runs/").json()["results"]
    assert line["headline"] == "4 rows"

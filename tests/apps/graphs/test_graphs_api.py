"""Graphs, drafts and versions over HTTP."""

from __future__ import annotations

import uuid

import pytest

from apps.graphs import services
from apps.graphs.models import Draft, Graph
from tests.factories import column, drawn, make_dataset, make_graph

pytestmark = pytest.mark.postgresql

GRAPHS = "/api/v1/graphs/"


def place(graph, part: str = "") -> str:
    return f"{GRAPHS}{graph.pk}/{part}"


def test_an_empty_graph(as_bob, workspace):
    answer = as_bob.post(GRAPHS, {"name": "prices"})
    assert answer.status_code == 201
    body = answer.json()
    assert body["workspace"] == str(workspace.pk)
    assert body["draft"]["document"] == {"nodes": [], "edges": [], "notes": [], "seed": 0}
    assert body["draft"]["revision"] == 1
    assert (body["latest_version"], body["published_version"], body["last_run"]) == (None, None, None)


def test_a_graph_from_a_document_keeps_what_was_drawn(as_bob):
    document = drawn("a=source.file b=clean.impute", "a.table>b.table")
    document["nodes"][0]["position"] = {"x": 12.5, "y": -3.0}
    body = as_bob.post(GRAPHS, {"name": "x", "document": document}).json()
    assert body["draft"]["document"] == document


def test_members_left_out_of_a_document_get_their_usual_values(as_bob):
    document = {"nodes": [{"id": "a", "type": "source.file"}], "edges": []}
    node = as_bob.post(GRAPHS, {"name": "x", "document": document}).json()["draft"]["document"]["nodes"][0]
    assert node == {
        "id": "a",
        "type": "source.file",
        "version": 1,
        "params": {},
        "position": {"x": 0.0, "y": 0.0},
        "title": "",
        "is_disabled": False,
        "is_frozen": False,
    }


def test_a_graph_from_a_template(as_bob):
    listed = as_bob.get("/api/v1/templates/").json()
    assert [found["slug"] for found in listed] == ["house-prices", "credit-scoring"]
    body = as_bob.post(GRAPHS, {"name": "x", "template": "house-prices"}).json()
    assert body["draft"]["document"] == listed[0]["document"]
    assert as_bob.post(GRAPHS, {"name": "x", "template": "nothing"}).status_code == 404


def test_a_graph_that_predicts_a_column(as_bob, workspace):
    dataset = make_dataset(workspace)
    body = as_bob.post(GRAPHS, {"name": "x", "dataset": str(dataset.pk), "target": "price"}).json()
    nodes = {node["id"]: node for node in body["draft"]["document"]["nodes"]}
    assert nodes["source"]["params"] == {"dataset": str(dataset.pk), "target": "price", "ignore": []}


def test_a_graph_cannot_be_drawn_from_a_foreign_data_set(as_bob, elsewhere):
    dataset = make_dataset(elsewhere)
    answer = as_bob.post(GRAPHS, {"name": "x", "dataset": str(dataset.pk), "target": "price"})
    assert answer.status_code == 404
    assert not Graph.objects.exists()


def test_a_column_must_be_named_and_the_data_set_read(as_bob, workspace):
    ready = make_dataset(workspace)
    reading = make_dataset(workspace, name="other", status="reading")
    assert as_bob.post(GRAPHS, {"name": "x", "dataset": str(ready.pk)}).json()["problems"][0]["at"] == "target"
    answer = as_bob.post(GRAPHS, {"name": "x", "dataset": str(reading.pk), "target": "price"})
    assert answer.json()["code"] == "not_ready"


def test_a_save_grows_the_revision(as_bob, workspace, bob):
    graph = make_graph(workspace)
    document = drawn("a=source.file")
    answer = as_bob.put(place(graph, "draft/"), {"document": document, "revision": 1})
    assert answer.status_code == 200
    assert answer.json()["revision"] == 2
    assert as_bob.get(place(graph, "draft/")).json()["document"] == document
    assert Draft.objects.get().saved_by == bob


def test_a_save_on_an_old_revision_is_a_conflict_and_changes_nothing(as_alice, as_bob, workspace):
    graph = make_graph(workspace)
    theirs, mine = drawn("a=source.file"), drawn("b=clean.impute")
    as_bob.put(place(graph, "draft/"), {"document": theirs, "revision": 1})
    answer = as_alice.put(place(graph, "draft/"), {"document": mine, "revision": 1})
    assert answer.status_code == 409
    body = answer.json()
    assert body["code"] == "conflict"
    assert body["document"] == theirs
    assert body["revision"] == 2
    assert body["saved_by"] == "bob"
    assert body["saved_at"]
    assert as_alice.get(place(graph, "draft/")).json()["document"] == theirs
    assert as_alice.put(place(graph, "draft/"), {"document": mine, "revision": body["revision"]}).status_code == 200


def test_a_version_is_what_was_drawn_then(as_bob, workspace):
    graph = make_graph(workspace, document=drawn("a=source.file"))
    first = as_bob.post(place(graph, "versions/"), {"name": "first"})
    assert first.status_code == 201
    assert first.json()["number"] == 1
    as_bob.put(place(graph, "draft/"), {"document": drawn("b=source.file"), "revision": 1})
    assert as_bob.post(place(graph, "versions/")).json()["number"] == 2
    listed = as_bob.get(place(graph, "versions/")).json()["results"]
    assert [version["number"] for version in listed] == [2, 1]
    assert listed[1]["created_by"] == "bob"
    assert as_bob.get(place(graph, "versions/1/")).json()["document"]["nodes"][0]["id"] == "a"
    assert as_bob.get(place(graph)).json()["latest_version"] == 2


def test_saving_twice_without_a_change_is_one_version(as_bob, workspace):
    graph = make_graph(workspace)
    assert as_bob.post(place(graph, "versions/"), {"name": "v"}).json()["number"] == 1
    assert as_bob.post(place(graph, "versions/"), {"name": "v"}).json()["number"] == 1
    assert as_bob.post(place(graph, "versions/")).json()["name"] == "v"
    assert as_bob.post(place(graph, "versions/"), {"name": "final"}).json()["number"] == 2


def test_renaming_and_deleting(as_bob, workspace):
    graph = make_graph(workspace)
    assert as_bob.patch(place(graph), {"name": "new"}).json()["name"] == "new"
    assert as_bob.delete(place(graph)).status_code == 204
    assert as_bob.get(place(graph)).status_code == 404


def test_the_last_run_is_shown_and_an_older_one_does_not_come_back(as_vera, workspace):
    graph = make_graph(workspace)
    newer, older = uuid.uuid4(), uuid.uuid4()
    services.note_run(graph_id=graph.pk, run_id=newer, number=2, state="running")
    services.note_run(graph_id=graph.pk, run_id=older, number=1, state="failed")
    services.note_run(graph_id=graph.pk, run_id=newer, number=2, state="done", headline="R² 0.91")
    services.note_published(graph_id=graph.pk, version=3)
    body = as_vera.get(place(graph)).json()
    assert body["last_run"] == {
        "id": str(newer),
        "number": 2,
        "state": "done",
        "headline": "R² 0.91",
        "headline_parts": None,
        "verdict": None,
    }
    assert body["published_version"] == 3


def test_a_list_costs_the_same_number_of_queries_however_long(as_vera, workspace, django_assert_max_num_queries):
    for number in range(20):
        make_graph(workspace, name=f"g{number}")
    with django_assert_max_num_queries(6):
        assert as_vera.get(GRAPHS).json()["count"] == 20


def test_the_catalogue_is_sent_once(as_vera, vera):
    first = as_vera.get("/api/v1/nodes/")
    assert first.json()["version"] == "abc"
    assert {node["id"] for node in first.json()["nodes"]} == {"source.file", "clean.impute", "model.tree"}
    assert set(first.json()["wires"]) == {"table", "model", "metrics", "report", "study", "endpoint"}
    again = as_vera.get("/api/v1/nodes/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert not again.content


@pytest.mark.parametrize("size", [2001])
def test_a_graph_has_a_largest_size(as_bob, size):
    document = {"nodes": [{"id": f"n{at}", "type": "clean.impute"} for at in range(size)], "edges": []}
    answer = as_bob.post(GRAPHS, {"name": "x", "document": document})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["at"] == "document.nodes"


def test_a_column_name_is_data_whatever_it_says(as_bob, workspace):
    name = "\"; DROP TABLE graphs; -- \x01'"
    dataset = make_dataset(workspace, columns=[column(name), column("b")])
    answer = as_bob.post(GRAPHS, {"name": name[:20].replace("\x01", ""), "dataset": str(dataset.pk), "target": "b"})
    assert answer.status_code == 201

"""A graph that cannot be read, since another version saved it, hides none of the others."""

from __future__ import annotations

import pytest

from apps.graphs.models import Draft, GraphVersion
from tests.factories import drawn, make_dataset, make_graph

pytestmark = pytest.mark.postgresql

GRAPHS = "/api/v1/graphs/"
NEWER = {
    "nodes": [{"id": "a", "type": "source.file", "position": {"x": 3.0}, "colour": "of a later version"}],
    "edges": [],
}
PICTURE = {"nodes": [{"id": "a", "type": "source.file", "position": {"x": 3.0, "y": 0.0}}], "edges": []}


@pytest.fixture
def graph(workspace):
    made = make_graph(workspace, name="newer")
    store(made, NEWER)
    return made


def store(graph, document) -> None:
    Draft.objects.filter(graph=graph).update(document=document)


@pytest.mark.parametrize(
    ("document", "picture"),
    [(NEWER, PICTURE), ({"nodes": None}, None), ([], None), ({"nodes": [{}], "edges": []}, None)],
)
def test_it_is_a_line_among_others(as_bob, workspace, graph, document, picture):
    store(graph, document)
    good = make_graph(workspace, name="good", document=drawn("a=source.file b=clean.impute", "a.table>b.table"))
    lines = {line["name"]: line for line in as_bob.get(GRAPHS).json()["results"]}
    assert lines["newer"]["outline"] == picture
    assert [node["id"] for node in lines["good"]["outline"]["nodes"]] == ["a", "b"]
    assert lines["good"]["outline"]["edges"] == [{"source": "a", "target": "b"}]
    assert "draft" not in lines["good"]
    assert as_bob.get(f"{GRAPHS}{good.pk}/").json()["draft"]["revision"] == 1


@pytest.mark.parametrize("part", ["", "draft/"])
def test_opening_it_says_why_it_cannot_be_read(as_bob, graph, part):
    answer = as_bob.get(f"{GRAPHS}{graph.pk}/{part}")
    assert answer.status_code == 409
    assert answer.json()["message_id"] == "graph.stored_unreadable"
    assert [problem["at"] for problem in answer.json()["problems"]] == ["document.nodes.0.colour"]


@pytest.mark.parametrize("document", [NEWER, {"nodes": None}, [], "text", {"nodes": [{}], "edges": []}])
@pytest.mark.parametrize("call", ["runs", "versions", "deploy"])
def test_what_needs_it_says_why_it_cannot_be_read(as_bob, graph, document, call):
    store(graph, document)
    answer = as_bob.post(f"{GRAPHS}{graph.pk}/{call}/")
    assert (answer.status_code, answer.json()["message_id"]) == (409, "graph.stored_unreadable")


def test_it_can_be_renamed_and_deleted(as_bob, graph):
    assert as_bob.patch(f"{GRAPHS}{graph.pk}/", {"name": "old"}).json()["name"] == "old"
    assert as_bob.delete(f"{GRAPHS}{graph.pk}/").status_code == 204


def test_a_version_that_cannot_be_read_is_a_line_among_others(as_bob, workspace):
    graph = make_graph(workspace, document=drawn("a=source.file"))
    for _ in range(2):
        as_bob.post(f"{GRAPHS}{graph.pk}/versions/", {"name": "again"})
        GraphVersion.objects.filter(number=1).update(document=NEWER)
    assert [line["number"] for line in as_bob.get(f"{GRAPHS}{graph.pk}/versions/").json()["results"]] == [2, 1]
    assert as_bob.get(f"{GRAPHS}{graph.pk}/versions/2/").status_code == 200
    assert as_bob.get(f"{GRAPHS}{graph.pk}/versions/1/").json()["message_id"] == "graph.stored_unreadable"


def test_it_counts_as_a_reader_of_the_data_set_that_it_names(as_bob, workspace, graph):
    dataset = make_dataset(workspace)
    store(graph, {**NEWER, "nodes": [{**NEWER["nodes"][0], "params": {"dataset": str(dataset.pk)}}]})
    shown = as_bob.get(f"/api/v1/datasets/{dataset.pk}/uses/")
    assert [found["id"] for found in shown.json()["graphs"]] == [str(graph.pk)]

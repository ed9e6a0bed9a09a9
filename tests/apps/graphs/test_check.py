"""What is known of a graph before it runs."""

from __future__ import annotations

import pytest

from apps.common import hooks, light_engines
from apps.common.past_duration import PastDuration
from apps.graphs import schema_inference
from tasks.graph.document import Document
from tests.factories import HOUSES, drawn, make_dataset, make_graph


@pytest.fixture
def graph(workspace):
    dataset = make_dataset(workspace)
    document = drawn(
        "file=source.file clean=clean.impute tree=model.tree", "file.table>clean.table clean.table>tree.table"
    )
    document["nodes"][0]["params"] = {"dataset": str(dataset.pk), "target": "price"}
    return make_graph(workspace, document=document)


def check(client, graph, **body):
    answer = client.post(f"/api/v1/graphs/{graph.pk}/check/", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def changed(graph, node: str, **params) -> dict:
    document = graph.draft.document
    next(found for found in document["nodes"] if found["id"] == node)["params"].update(params)
    return document


def test_a_sound_graph_has_a_plan_and_columns(as_vera, graph, engine):
    schema = {"columns": HOUSES, "is_open": False}
    engine.answer = {"schemas": {"file": {"table": schema}}, "problems": [], "estimates": {"tree": {"seconds": 7.25}}}
    found = check(as_vera, graph)
    assert found["problems"] == []
    assert found["schemas"] == {"file": {"table": schema}}
    assert [node["node"] for node in found["plan"]["nodes"]] == ["file", "clean", "tree"]
    tree = found["plan"]["nodes"][2]
    assert (tree["node"], tree["is_cached"], tree["seconds"]) == ("tree", False, 7.25)
    assert found["plan"]["seconds"] == pytest.approx(7.85, abs=0.051)


def test_the_engine_is_told_the_columns_of_the_data_sets_and_nothing_of_the_looks(as_vera, graph, engine):
    check(as_vera, graph)
    (question,) = engine
    (schema,) = question["datasets"].values()
    assert [column["name"] for column in schema["columns"]] == ["size", "place", "price"]
    assert list(question["rows"].values()) == [3]
    assert "position" not in question["document"]["nodes"][0]


def test_moving_a_node_asks_the_engine_nothing_new(as_vera, graph, engine):
    check(as_vera, graph)
    document = graph.draft.document
    document["nodes"][0]["position"] = {"x": 500, "y": 500}
    check(as_vera, graph, document=document)
    assert len(engine) == 1
    check(as_vera, graph, document=changed(graph, "tree", depth=4))
    assert len(engine) == 2


def test_an_engine_that_is_away_leaves_the_structural_check(as_vera, graph, engine):
    engine.answer = None
    found = check(as_vera, graph, document=changed(graph, "tree", depth=99))
    assert [problem["at"] for problem in found["problems"]] == ["nodes.tree.params.depth"]
    assert found["schemas"] == {}
    assert found["plan"] == {"nodes": [], "seconds": 0.0, "memory_bytes": 0, "gpu_bytes": 0}


def test_the_engines_problems_come_beside_the_structural_ones_but_not_twice(as_vera, graph, engine):
    fix = {"kind": "insert_before", "type": "features.encode", "params": {}}
    engine.answer = {
        "schemas": {},
        "estimates": {},
        "problems": [
            {"at": "nodes.tree.params.depth", "node": "tree", "message": "Too deep.", "severity": "error", "fix": None},
            {"at": "nodes.tree", "node": "tree", "message": "Words.", "severity": "error", "fix": fix},
        ],
    }
    found = check(as_vera, graph, document=changed(graph, "tree", depth=99))
    assert [problem["at"] for problem in found["problems"]] == ["nodes.tree.params.depth", "nodes.tree"]
    assert found["problems"][0]["message"] != "Too deep."
    assert found["problems"][1]["fix"] == fix


def test_a_data_set_of_another_workspace_is_as_good_as_gone(as_vera, graph, elsewhere, engine):
    foreign = make_dataset(elsewhere)
    found = check(as_vera, graph, document=changed(graph, "file", dataset=str(foreign.pk)))
    assert [problem["at"] for problem in found["problems"]] == ["nodes.file.params.dataset"]
    assert engine[0]["datasets"] == {}


@pytest.mark.parametrize("ident", ["nonsense", "3f8c3c1e-0000-4000-8000-000000000000"])
def test_a_data_set_that_is_not_there_is_a_problem_at_its_parameter(as_vera, graph, engine, ident):
    found = check(as_vera, graph, document=changed(graph, "file", dataset=ident))
    assert [problem["at"] for problem in found["problems"]] == ["nodes.file.params.dataset"]


def test_what_earlier_runs_left_is_cached_and_costs_nothing(as_vera, graph, engine, monkeypatch):
    def reusable_fingerprints(workspace_id, fingerprints):
        assert workspace_id == graph.workspace_id
        return fingerprints[:2]

    def frozen_fingerprints(graph_id, document):
        assert graph_id == graph.pk
        return {}

    def typical_seconds(workspace_id, types):
        return {"model.tree": PastDuration(42.0)}

    for receiver in (reusable_fingerprints, frozen_fingerprints, typical_seconds):
        monkeypatch.setattr(getattr(hooks, receiver.__name__), "_receivers", [receiver])
    engine.answer = {"schemas": {}, "problems": [], "estimates": {}}
    plan = check(as_vera, graph)["plan"]
    assert [(node["node"], node["is_cached"], node["seconds"]) for node in plan["nodes"]] == [
        ("file", True, 0.0),
        ("clean", True, 0.0),
        ("tree", False, 42.0),
    ]
    assert [node["memory_bytes"] > 0 for node in plan["nodes"]] == [False, False, True]
    assert plan["seconds"] == 42.0


def test_what_a_node_took_itself_says_more_than_what_it_expects_and_others_of_its_type_least(
    as_vera, graph, engine, monkeypatch
):
    def past_seconds(graph_id, document):
        assert graph_id == graph.pk
        return {"clean": PastDuration(3.0)}

    def typical_seconds(workspace_id, types):
        return dict.fromkeys(types, PastDuration(42.0))

    for receiver in (past_seconds, typical_seconds):
        monkeypatch.setattr(getattr(hooks, receiver.__name__), "_receivers", [receiver])
    engine.answer = {
        "schemas": {},
        "problems": [],
        "estimates": {"clean": {"seconds": 5.0}, "tree": {"seconds": 7.0}},
    }
    plan = check(as_vera, graph)["plan"]
    assert [(node["node"], node["seconds"]) for node in plan["nodes"]] == [
        ("file", 42.0),
        ("clean", 3.0),
        ("tree", 7.0),
    ]


def test_what_a_node_expects_is_corrected_by_how_earlier_runs_kept_to_it(as_vera, graph, engine, monkeypatch):
    past = {"clean": PastDuration(3.0, ratio=2.0)}
    typical = {"model.tree": PastDuration(42.0, ratio=0.5), "source.file": PastDuration(4.0, ratio=9.0)}
    monkeypatch.setattr(hooks.past_seconds, "_receivers", [lambda graph_id, document: past])
    monkeypatch.setattr(hooks.typical_seconds, "_receivers", [lambda workspace_id, types: typical])
    engine.answer = {
        "schemas": {},
        "problems": [],
        "estimates": {"clean": {"seconds": 5.0}, "tree": {"seconds": 7.0}},
    }
    nodes = check(as_vera, graph)["plan"]["nodes"]
    assert [(node["node"], node["seconds"]) for node in nodes] == [("file", 4.0), ("clean", 10.0), ("tree", 3.5)]


def test_branches_that_run_at_once_take_the_time_of_the_longest(as_vera, graph, engine, monkeypatch):
    document = drawn("file=source.file b=clean.impute c=clean.impute", "file.table>b.table file.table>c.table")
    document["nodes"][0]["params"] = graph.draft.document["nodes"][0]["params"]
    monkeypatch.setattr(hooks.typical_seconds, "_receivers", [lambda workspace_id, types: {}])
    engine.answer = {
        "schemas": {},
        "problems": [],
        "estimates": {"file": {"seconds": 5.0}, "b": {"seconds": 9.0}, "c": {"seconds": 1.0}},
    }
    for at_once, seconds in ((1, 15.0), (2, 14.0)):
        monkeypatch.setattr(hooks.parallel_nodes, "_receivers", [lambda at_once=at_once: at_once])
        assert check(as_vera, graph, document=document)["plan"]["seconds"] == seconds


def test_wires_in_a_circle_are_told_and_break_nothing(as_vera, workspace, engine):
    document = drawn("a=clean.impute b=clean.impute", "a.table>b.table b.table>a.table")
    found = check(as_vera, make_graph(workspace, document=document))
    assert any("cycle" in problem["message"] for problem in found["problems"])


def test_checking_changes_nothing(as_vera, graph, engine):
    document = changed(graph, "tree", depth=4)
    check(as_vera, graph, document=document)
    graph.draft.refresh_from_db()
    assert graph.draft.revision == 1
    assert graph.draft.document["nodes"][2]["params"] == {}


def test_the_engine_process_itself_answers(small_catalogue):
    """The light process of the web server, not one that a test plays."""
    sample = {"nodes": [{"id": "a", "type": "source.sample", "params": {"name": "iris"}}], "edges": []}
    schema_inference._cache.clear()
    try:
        found = schema_inference.infer(Document.model_validate(sample), {})
    finally:
        light_engines.idle().get_nowait().close()
        light_engines.idle.cache_clear()
    assert found is not None
    assert found["problems"] == []
    assert len(found["schemas"]["a"]["table"]["columns"]) >= 5

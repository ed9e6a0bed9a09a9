"""Columns on the wires before anything ran."""

from __future__ import annotations

from tasks.engine.schema_inference import infer_graph, topological_order

HOUSES = {
    "columns": [
        {"name": "size", "type": "number"},
        {"name": "place", "type": "category", "categories": ["centre", "edge"]},
        {"name": "price", "type": "number"},
    ]
}


def graph(*nodes, edges=""):
    wires = [wire.split(">") for wire in edges.split()]
    return {
        "nodes": [{"id": ident, "type": kind, "params": params} for ident, kind, params in nodes],
        "edges": [
            {"source": source, "source_port": "table", "target": target, "target_port": "table"}
            for source, target in wires
        ],
    }


def infer(document, **more):
    return infer_graph({"document": document, "datasets": {"d": HOUSES}, "rows": {"d": 1000}, **more})


SOURCE = ("s", "source.file", {"dataset": "d", "target": "price"})


def names(answer, node):
    return [column["name"] for column in answer["schemas"][node]["table"]["columns"]]


def test_columns_travel_along_the_edges():
    answer = infer(graph(SOURCE, ("i", "clean.impute", {}), ("e", "features.encode", {}), edges="s>i i>e"))
    assert answer["problems"] == []
    assert names(answer, "s") == ["size", "place", "price"]
    assert "size" in names(answer, "e")
    roles = {column["name"]: column["role"] for column in answer["schemas"]["s"]["table"]["columns"]}
    assert roles["price"] == "target"
    assert set(answer["estimates"]) == {"s", "i", "e"}


def test_a_column_that_is_not_there_is_a_problem_at_its_parameter():
    answer = infer(graph(("s", "source.file", {"dataset": "d", "target": "age"})))
    problem = answer["problems"][0]
    assert problem["at"] == "nodes.s.params.target"
    assert (problem["node"], problem["severity"]) == ("s", "error")


def test_a_value_that_cannot_be_is_a_problem_at_its_parameter():
    answer = infer(graph(SOURCE, ("i", "clean.impute", {"unknown": 1}), edges="s>i"))
    assert [problem["at"] for problem in answer["problems"]] == ["nodes.i.params.unknown"]


def test_what_is_not_known_stays_open_without_a_problem_of_its_own():
    answer = infer(graph(("x", "not.there", {}), ("i", "clean.impute", {}), edges="x>i"))
    assert "x" not in answer["schemas"]
    assert not [problem for problem in answer["problems"] if problem["node"] == "x"]


def test_disabled_nodes_are_left_out():
    drawn = graph(SOURCE)
    drawn["nodes"][0]["is_disabled"] = True
    assert infer(drawn)["schemas"] == {}


def test_nodes_on_a_circle_are_left_out():
    edges = [{"source": a, "target": b} for a, b in (("a", "b"), ("b", "c"), ("c", "b"))]
    assert topological_order(["c", "b", "a"], edges) == ["a"]


def test_a_node_that_needs_much_memory_says_how_it_does_with_less():
    model = ("m", "model.forest", {"n_estimators": 2000})
    document = graph(SOURCE, ("i", "clean.impute", {}), model, edges="s>i i>m")
    answer = infer(document, rows={"d": 1_000_000})
    needed = [change["memory_bytes"] for change in answer["lighter"]["m"]]
    assert answer["lighter"]["m"][0]["params"] == {"n_estimators": 1000}
    assert answer["estimates"]["m"]["memory_bytes"] > needed[0] > needed[-1]
    assert infer(document, rows={"d": 100})["lighter"] == {}

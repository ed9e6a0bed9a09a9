"""Faults of a document, each with an address."""

from tasks.graph.problems import find_problems

from .conftest import drawn


def at(document, catalogue, severity="error"):
    return {p.at: p for p in find_problems(document, catalogue) if p.severity == severity}


def test_a_sound_graph_has_no_problems(line, catalogue):
    assert find_problems(line, catalogue) == []


def test_an_unknown_type_is_named(catalogue):
    problem = at(drawn("n1=made.up"), catalogue)["nodes.n1"]
    assert "made.up" in problem.message
    assert problem.node == "n1"


def test_a_former_id_is_known(catalogue):
    document = drawn("file=source.file tree=old.tree", "file.table>tree.table")
    assert find_problems(document, catalogue) == []


def test_a_parameter_out_of_range_says_the_rule_and_the_value(line, catalogue):
    document = drawn(
        "file=source.file tree=model.tree", "file.table>tree.table", tree={"params": {"depth": 40, "colour": "red"}}
    )
    found = at(document, catalogue)
    assert found["nodes.tree.params.depth"].message == "“Depth” must be at most 9; it is 40."
    assert "colour" in found["nodes.tree.params"].message


def test_an_open_input_is_a_problem_unless_it_is_optional(catalogue):
    found = at(drawn("tree=model.tree"), catalogue)
    assert list(found) == ["nodes.tree.inputs.table"]


def test_an_edge_between_different_kinds_is_refused_with_both_names(catalogue):
    document = drawn("file=source.file tune=tune.tune", "file.table>tune.model")
    assert at(document, catalogue)["edges.0"].message == "File gives a table, but Tune takes a model."


def test_edges_to_nowhere_and_doubled_edges_are_found(catalogue):
    document = drawn(
        "a=source.file b=source.file tree=model.tree",
        "a.table>tree.table b.table>tree.table a.table>ghost.table a.colour>tree.valid",
    )
    found = at(document, catalogue)
    assert "Two connections" in found["edges.1"].message
    assert "ghost" in found["edges.2"].message
    assert "no output “colour”" in found["edges.3"].message


def test_a_circle_is_found(catalogue):
    document = drawn("a=clean.impute b=clean.impute", "a.table>b.table b.table>a.table")
    assert "cycle" in at(document, catalogue)["edges"].message


def test_a_fit_drawn_before_the_split_is_a_warning_with_a_fix(catalogue):
    document = drawn(
        "file=source.file fit=clean.impute split=split.split", "file.table>fit.table fit.table>split.table"
    )
    problem = at(document, catalogue, "warning")["nodes.fit"]
    assert problem.fix.kind == "move_after"


def test_disabled_nodes_are_not_checked(catalogue):
    document = drawn("tree=model.tree", tree={"is_disabled": True})
    assert find_problems(document, catalogue) == []


def test_a_repeated_id_is_found(catalogue):
    assert "Two nodes" in at(drawn("a=source.file a=source.file"), catalogue)["nodes.a"].message

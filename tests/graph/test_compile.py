"""Plans and fingerprints."""

import pytest

from tasks.graph.compile import compile_plan
from tasks.graph.document import CycleError
from tasks.graph.fingerprint import fingerprints

from .conftest import drawn


def changed(document, node_id, **fields):
    nodes = tuple(n.model_copy(update=fields) if n.id == node_id else n for n in document.nodes)
    return document.model_copy(update={"nodes": nodes})


def test_every_step_comes_after_what_it_takes(line, catalogue):
    plan = compile_plan(line, catalogue)
    assert [step.node for step in plan.steps] == ["file", "split", "impute", "tree", "tune"]
    assert plan.step("tree").inputs == {"table": ("impute", "table")}
    assert plan.step("tree").depends_on == ("impute",)


def test_run_to_here_leaves_the_rest(line, catalogue):
    plan = compile_plan(line, catalogue, to="impute")
    assert [step.node for step in plan.steps] == ["file", "split", "impute"]


def test_run_to_an_unknown_node_is_refused(line, catalogue):
    with pytest.raises(KeyError):
        compile_plan(line, catalogue, to="nowhere")


def test_equal_fingerprints_are_reused(line, catalogue):
    prints = fingerprints(line, catalogue)
    plan = compile_plan(line, catalogue, reusable={prints["file"], prints["split"]})
    assert [step.node for step in plan.steps if step.is_reused] == ["file", "split"]


def test_run_from_here_does_not_reuse_what_follows(line, catalogue):
    prints = fingerprints(line, catalogue)
    plan = compile_plan(line, catalogue, reusable=set(prints.values()), start="impute")
    assert [step.node for step in plan.steps if step.is_reused] == ["file", "split"]


def test_run_from_here_leaves_branches_that_do_not_follow(catalogue):
    forked = drawn("file=source.file a=clean.impute b=clean.impute", "file.table>a.table file.table>b.table")
    plan = compile_plan(forked, catalogue, start="a")
    assert [step.node for step in plan.steps] == ["file", "a"]


def test_one_node_runs_anew_alone(line, catalogue):
    prints = fingerprints(line, catalogue)
    plan = compile_plan(line, catalogue, reusable=set(prints.values()), start="impute", to="impute")
    assert {step.node: step.is_reused for step in plan.steps} == {"file": True, "split": True, "impute": False}


def test_a_frozen_node_keeps_its_result_whatever_its_inputs(line, catalogue):
    before = fingerprints(line, catalogue, {"file": "a"})
    frozen = changed(line, "impute", is_frozen=True)
    after = fingerprints(frozen, catalogue, {"file": "b"}, {"impute": before["impute"]})
    assert {node for node in before if before[node] != after[node]} == {"file", "split"}


def test_a_frozen_node_that_never_ran_is_as_any_other(line, catalogue):
    assert fingerprints(changed(line, "impute", is_frozen=True), catalogue, {}, {}) == fingerprints(line, catalogue)


def test_run_from_here_leaves_frozen_nodes_as_they_are(line, catalogue):
    frozen = changed(line, "tree", is_frozen=True)
    prints = fingerprints(frozen, catalogue)
    plan = compile_plan(frozen, catalogue, reusable=set(prints.values()), prints=prints, start="impute")
    assert [step.node for step in plan.steps if not step.is_reused] == ["impute", "tune"]


def test_a_frozen_node_runs_anew_when_it_is_asked_for_itself(line, catalogue):
    frozen = changed(line, "tree", is_frozen=True)
    prints = fingerprints(frozen, catalogue)
    plan = compile_plan(frozen, catalogue, reusable=set(prints.values()), prints=prints, start="tree", to="tree")
    assert [step.node for step in plan.steps if not step.is_reused] == ["tree"]


def test_position_and_title_do_not_change_a_fingerprint(line, catalogue):
    moved = changed(line, "tree", title="My tree")
    assert fingerprints(moved, catalogue) == fingerprints(line, catalogue)


def test_a_default_written_out_does_not_change_a_fingerprint(line, catalogue):
    assert fingerprints(changed(line, "tree", params={"depth": 3}), catalogue) == fingerprints(line, catalogue)


def test_a_parameter_changes_its_node_and_what_follows_only(line, catalogue):
    before = fingerprints(line, catalogue)
    after = fingerprints(changed(line, "tree", params={"depth": 4}), catalogue)
    assert {node for node in before if before[node] != after[node]} == {"tree", "tune"}


def test_new_bytes_of_a_file_change_everything_that_reads_it(line, catalogue):
    before = fingerprints(line, catalogue, {"file": "a"})
    after = fingerprints(line, catalogue, {"file": "b"})
    assert all(before[node] != after[node] for node in before)


def test_the_seed_is_part_of_the_fingerprint(line, catalogue):
    other = line.model_copy(update={"seed": 7})
    assert fingerprints(other, catalogue)["file"] != fingerprints(line, catalogue)["file"]


def test_disabled_nodes_are_left_out(line, catalogue):
    plan = compile_plan(changed(line, "tune", is_disabled=True), catalogue)
    assert "tune" not in [step.node for step in plan.steps]


def test_a_circle_is_refused(catalogue):
    with pytest.raises(CycleError):
        compile_plan(drawn("a=clean.impute b=clean.impute", "a.table>b.table b.table>a.table"), catalogue)


def test_ancestors_and_descendants_follow_all_edges(line):
    assert line.ancestors("impute") == {"file", "split"}
    assert line.descendants("impute") == {"tree", "tune"}

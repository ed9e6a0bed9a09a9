"""What a check says of a target by the profile of the data set: what will fail, and what nobody decided."""

from __future__ import annotations

import pytest

from apps.datasets.selectors import ReadyDataset
from apps.graphs.target_problems import target_problems
from tasks.graph.document import Document
from tests.apps.graphs.test_prediction_target import profile_of

IDENT = "3f8c3c1e-0000-4000-8000-000000000000"
LINE = [
    ("source", "source.file", {"dataset": IDENT, "target": "left"}),
    ("split", "split.split", {}),
    ("model", "model.linear", {}),
]


@pytest.fixture
def small_catalogue():
    """The real catalogue, not the small one of the other tests here."""


def problems(counts, line=LINE, version=3, **more):
    given = profile_of(counts, **more)
    rows = given["profile"]["rows"]
    dataset = ReadyDataset(IDENT, "d", "", "", rows, {"columns": given["columns"]}, given["profile"])
    nodes = [
        {"id": ident, "type": kind, "params": params, "version": version if kind.startswith("model") else 1}
        for ident, kind, params in line
    ]
    names = [ident for ident, _, _ in line]
    edges = [
        {"source": one, "source_port": "table", "target": other, "target_port": "table"}
        for one, other in zip(names, names[1:], strict=False)
    ]
    return list(target_problems(Document.model_validate({"nodes": nodes, "edges": edges}), {IDENT: dataset}))


def with_model(**params):
    return [*LINE[:2], ("model", "model.linear", params)]


def test_a_target_that_a_person_decided_has_no_problem():
    assert problems({"no": 900, "yes": 500}) == []
    assert problems(dict.fromkeys(range(1, 5), 50), with_model(task="regression"), kind="integer") == []
    assert problems({0: 50, 1: 50}, kind="integer") == []


@pytest.mark.parametrize(
    ("counts", "params", "place", "words"),
    [
        ({"yes": 90}, {}, "target", "is “yes” in every row"),
        ({"no": 90, "yes": 1}, {}, "target", "Only 1 row"),
        ({"no": 90, "yes": 9}, {"positive": "ja"}, "positive", "cannot be the positive class"),
        ({"no": 90, "yes": 9}, {"task": "regression"}, "task", "holds words"),
    ],
)
def test_what_would_fail_for_certain_is_an_error_at_its_parameter(counts, params, place, words):
    (found,) = problems(counts, with_model(**params))
    assert (found.at, found.severity) == (f"nodes.model.params.{place}", "error")
    assert words in found.message


@pytest.mark.parametrize(("version", "words"), [(3, "treated as classes"), (2, "predicted as a number")])
def test_codes_of_which_nobody_said_what_they_are_are_a_warning_with_a_fix(version, words):
    (found,) = problems(dict.fromkeys(range(1, 5), 50), version=version, kind="integer")
    assert (found.at, found.severity) == ("nodes.model.params.task", "warning")
    assert f"4 different whole numbers from 1 to 4: {words}" in found.message
    assert found.fix.model_dump() == {
        "kind": "set_params",
        "type": "model.linear",
        "params": {"task": "classification"},
    }


def test_spellings_of_one_class_are_a_warning_whose_fix_merges_them_before_the_split():
    counts = {"No": 90, "Yes": 20, "yes": 9}
    (found,) = problems(counts, warnings=["spelling"])
    assert (found.node, found.severity) == ("split", "warning")
    assert found.fix.model_dump() == {"kind": "insert_before", "type": "clean.columns", "params": {"tidy": ["left"]}}
    tidied = [LINE[0], ("columns", "clean.columns", {"tidy": ["left"]}), *LINE[1:]]
    assert problems(counts, tidied, warnings=["spelling"]) == []


def test_short_words_of_one_class_are_a_warning_that_names_them():
    counts = {"No": 90, "Yes": 20, "y": 9}
    (found,) = problems(counts)
    assert (found.node, found.severity) == ("split", "warning")
    assert "“y = Yes”" in found.message
    assert found.fix.params == {"merge": ["left"], "tidy": ["left"]}
    assert problems(counts, [LINE[0], ("columns", "clean.columns", found.fix.params), *LINE[1:]]) == []


def test_a_target_that_a_node_changes_is_left_to_the_run():
    retyped = [LINE[0], ("columns", "clean.columns", {"retype": [{"column": "left", "type": "text"}]}), *LINE[1:]]
    assert problems({"yes": 90}, retyped) == []


@pytest.mark.parametrize("kind", ["clean.impute", "clean.outliers"])
@pytest.mark.parametrize(("columns", "fix"), [(["tenure", "left"], {"columns": ["tenure"]}), (["left"], None)])
def test_values_of_the_target_are_never_changed_without_a_word(kind, columns, fix):
    line = [*LINE[:2], ("change", kind, {"columns": columns}), LINE[2]]
    (found,) = problems({"no": 900, "yes": 500}, line)
    assert (found.at, found.severity) == ("nodes.change.params.columns", "warning")
    assert "changes values of “left”" in found.message
    assert (found.fix.params if found.fix else None) == fix
    assert problems({"no": 900, "yes": 500}, [*LINE[:2], ("change", kind, {"columns": ["tenure"]}), LINE[2]]) == []

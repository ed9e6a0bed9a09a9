"""What earlier code stored still loads and still answers the same, through the functions that production uses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.artifacts.signature import KEY_VARIABLE
from tasks.artifacts.store import Store
from tasks.contract.invoke import replay, upgrade_learner
from tasks.contract.registry import node_class
from tasks.contract.table import Table
from tasks.contract.transform import run_transforms
from tasks.graph.document import Document
from tasks.inference.packaging import package
from tasks.inference.server.deployments.package import loader
from tasks.search.trials import fit
from tests.contexts import ListContext
from tests.golden.stored import (
    DOUBLE,
    KEY,
    SEARCHED,
    SINGLE,
    answers_of,
    array_json,
    graph_state,
    metrics_state,
    model_state,
    package_state,
    report_state,
    same,
    study_state,
    table_state,
)

HERE = Path(__file__).parent
STATES = {"metrics": metrics_state, "reports": report_state, "studies": study_state}


@dataclass(frozen=True)
class Generation:
    """What one state of the code wrote."""

    folder: Path

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


@cache
def generation(name: str) -> Generation:
    return Generation(HERE / name)


@cache
def store(name: str) -> Store:
    return Store(HERE / name / "store")


@cache
def answers(name: str) -> dict[str, dict[str, Any]]:
    return generation(name).read("answers.json")


GENERATIONS = sorted(path.name for path in HERE.glob("generation_*"))


def kept(*kinds: str) -> pytest.MarkDecorator:
    """Run a test for everything of these kinds in every generation."""
    cases = [(name, kind, one) for name in GENERATIONS for kind in kinds for one in answers(name)[kind]]
    return pytest.mark.parametrize(("name", "kind", "one"), cases)


@pytest.fixture(autouse=True)
def signing_key(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, KEY)


def assert_same(got: Any, expected: Any, name: str, *, tolerance: float = DOUBLE) -> None:
    """Compare part by part, so that a failure names the part."""
    written_on = generation(name).read("processor.json")
    for part, value in expected.items():
        found = json.loads(json.dumps(got[part]))
        assert same(found, value, written_on, tolerance=tolerance), f"{part}: {found} was {value}"


def differs_in_single(one: str) -> float:
    """Return the tolerance of a model: a network multiplies in single precision."""
    return SINGLE if one.startswith("neural") else DOUBLE


def has_searched(table: Table) -> bool:
    """Return whether what was fitted behind the split includes the minimum of a loss: an exponent of Yeo-Johnson."""
    return any(note.params.get("method") == "power" for note in table.post_split_nodes)


@kept("tables")
def test_a_table_holds_what_it_held(name, kind, one):
    expected = dict(answers(name)[kind][one])
    table = store(name).get(expected.pop("digest"))
    assert_same(table_state(table), expected, name)


@pytest.mark.parametrize("name", GENERATIONS)
def test_a_raw_table_holds_the_raw_rows_value_by_value(name):
    table = store(name).get(answers(name)["tables"]["raw"]["digest"])
    assert {column: array_json(values) for column, values in table.columns.items()} == generation(name).read(
        "rows.json"
    )


@kept("tables")
def test_the_recipe_of_a_table_gives_its_columns_from_raw_rows(name, kind, one):
    table = store(name).get(answers(name)[kind][one]["digest"])
    rows = ~table.differs_from_recipe
    raw = np.searchsorted(table.sample.row_ids, table.row_ids[rows])
    made = run_transforms(table.transforms, table.sample.filter(raw).columns)
    expected = {column: array_json(table.columns[column][rows]) for column in table.schema.names}
    assert_same({column: array_json(values) for column, values in made.items()}, expected, name)


@kept("tables")
def test_the_nodes_behind_a_split_are_fitted_again_as_they_were(name, kind, one):
    table = store(name).get(answers(name)[kind][one]["digest"])
    if table.at_split is None:
        return
    again = replay(table, table.at_split.partition, ListContext())
    expected = {column: array_json(values) for column, values in table.columns.items()}
    found = {column: array_json(values) for column, values in again.columns.items()}
    assert_same(found, expected, name, tolerance=SEARCHED if has_searched(table) else DOUBLE)


@kept("models")
def test_a_model_holds_what_it_held_and_gives_what_it_gave(name, kind, one):
    expected = dict(answers(name)[kind][one])
    model = store(name).get(expected.pop("digest"))
    assert_same(model_state(model), expected, name, tolerance=differs_in_single(one))


@kept("models")
def test_a_model_can_be_deployed_today(name, kind, one):
    model = store(name).get(answers(name)[kind][one]["digest"])
    parity = package(model, one, ListContext()).parity
    assert parity["largest_difference"] <= parity["tolerance"]


@kept("models")
def test_the_learner_of_a_model_learns_the_same_again(name, kind, one):
    expected = answers(name)[kind][one]
    model = store(name).get(expected["digest"])
    learner = upgrade_learner(model.learner)
    assert node_class(learner.node).Params.model_validate(learner.params)
    assert {dimension.name for dimension in learner.space} <= learner.params.keys()
    if one.startswith(("neural", "native")):  # loading torch takes longer than all other tests; no node made the native
        return
    again = fit(model, model.training, learner.params, ListContext())
    assert_same(model_state(again), {"output": expected["output"]}, name)


@kept("packages")
def test_a_package_answers_what_it_answered(name, kind, one):
    expected = dict(answers(name)[kind][one])
    digest, rows, answered = expected.pop("digest"), expected.pop("rows"), expected.pop("answers")
    assert_same(package_state(store(name).get(digest)), expected, name)
    program = loader(store(name).url)(digest).program
    assert_same(answers_of(program, rows), answered, name, tolerance=differs_in_single(one))


@kept("metrics", "reports", "studies")
def test_what_is_shown_of_a_model_holds_what_it_held(name, kind, one):
    expected = dict(answers(name)[kind][one])
    assert_same(STATES[kind](store(name).get(expected.pop("digest"))), expected, name)


@kept("graphs")
def test_a_saved_graph_opens_with_everything_that_was_set_in_it(name, kind, one):
    document = Document.model_validate(generation(name).read(f"graphs/{one}.json"))
    assert graph_state(document) == answers(name)[kind][one]

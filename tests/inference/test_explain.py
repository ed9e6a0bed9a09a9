"""Explanations add up, are exact for weighted sums, and agree with all coalitions for anything else."""

from __future__ import annotations

import json
from itertools import combinations
from math import factorial

import numpy as np
import pytest

from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.inference.packaging import package
from tasks.inference.program import Program
from tests.contexts import ListContext
from tests.tables import mixed


@pytest.fixture(autouse=True)
def signing_key(monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")


def packed(target, node, rows=400):
    value, port = mixed(rows, target=target), "table"
    for name in ("split.split", "clean.impute", "features.encode", node):
        cls = node_class(name)
        outputs = invoke(cls, {port: value}, cls.Params(), ListContext())
        port = "model" if "model" in outputs else next(iter(outputs))
        value = outputs[port]
    return package(value, "houses", ListContext())


def loaded(made):
    return Program.load(json.loads(json.dumps(made.program, allow_nan=False)), made.files)


def background_of(program):
    columns = program.manifest["background"]
    names = list(columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def outputs(program, rows):
    answer = program.predict_rows(rows)
    if answer.probabilities is None:
        return np.array(answer.predictions)
    return np.array([list(one.values())[1] for one in answer.probabilities])


@pytest.mark.parametrize("target", ["price", "bought"])
@pytest.mark.parametrize("node", ["model.linear", "model.forest", "model.boosting"])
def test_base_and_contributions_add_up_to_the_prediction(target, node):
    program = loaded(packed(target, node))
    rows = [program.example, {**program.example, "area": 190.0, "city": "Oslo"}]
    for explained, given in zip(program.explain_rows(rows), outputs(program, rows), strict=True):
        total = explained.base + sum(explained.contributions.values())
        wanted = np.log(given / (1 - given)) if explained.scale == "log-odds" else given
        assert total == pytest.approx(wanted, rel=1e-6)
        assert set(explained.contributions) == set(program.raw_schema.names)


def test_a_weighted_sum_is_taken_apart_exactly():
    program = loaded(packed("price", "model.linear"))
    (explained,) = program.explain_rows([program.example])
    background = background_of(program)
    base = outputs(program, background).mean()
    assert explained.base == pytest.approx(base)
    for name, added in explained.contributions.items():
        switched = outputs(program, [{**row, name: program.example[name]} for row in background])
        assert added == pytest.approx(switched.mean() - base, abs=1e-9 * abs(base))


def test_sampled_contributions_agree_with_all_coalitions():
    program = loaded(packed("price", "model.forest"))
    row = {**program.example, "area": 180.0, "rooms": 6, "city": "Oslo"}
    (explained,) = program.explain_rows([row])
    names, background = list(program.raw_schema.names), background_of(program)
    worth = {}
    for size in range(len(names) + 1):
        for chosen in combinations(names, size):
            taken = {name: row[name] for name in chosen}
            worth[frozenset(chosen)] = outputs(program, [{**one, **taken} for one in background]).mean()
    spread = max(worth.values()) - min(worth.values())
    for name in names:
        exact = sum(
            factorial(len(chosen))
            * factorial(len(names) - len(chosen) - 1)
            / factorial(len(names))
            * (worth[chosen | {name}] - value)
            for chosen, value in worth.items()
            if name not in chosen
        )
        assert explained.contributions[name] == pytest.approx(exact, abs=0.03 * spread)


def test_columns_are_explained_like_rows_and_alike_each_time():
    program = loaded(packed("bought", "model.forest"))
    rows = [program.example, {**program.example, "area": None}]
    by_column = {name: [row[name] for row in rows] for name in program.raw_schema.names}
    assert program.explain_columns(by_column) == program.explain_rows(rows) == program.explain_rows(rows)


def test_the_model_is_asked_a_bounded_number_of_times(monkeypatch):
    program = loaded(packed("price", "model.forest"))
    explainer, asked = program._explainer, []
    given = explainer._output
    monkeypatch.setattr(explainer, "_output", lambda columns, rows: asked.append(rows) or given(columns, rows))
    program.explain_rows([program.example] * 100)
    assert sum(asked) <= 100_000


def test_values_too_large_for_the_model_are_a_fault_of_row_and_column():
    from tasks.inference.rows import RowProblems

    program = loaded(packed("price", "model.linear"))
    rows = [program.example, {**program.example, "area": 1e308}]
    with pytest.raises(RowProblems) as refused:
        program.predict_rows(rows)
    assert refused.value.problems[0][:2] == (1, "area")

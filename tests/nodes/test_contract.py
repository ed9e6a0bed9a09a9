"""What every node promises, checked on every node that is registered, with no work from its author."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import headline
from tasks.contract.node import Estimate
from tasks.contract.table import Table
from tasks.export import params_schema
from tests.contexts import KnownSchemas
from tests.nodes.contract import (
    CHANGERS,
    NODES,
    assert_described_rightly,
    assert_inferred_rightly,
    assert_sentence,
    assert_steps_repeat,
    of,
    run,
    same,
    snapshot,
    split,
    tables_in,
    variants,
)
from tests.tables import GOOD, POOR

FORM_KEYS = {
    *("type", "title", "description", "default", "enum", "const", "minimum", "maximum", "exclusiveMinimum"),
    *(
        "exclusiveMaximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "items",
        "x-lepton",
        "additionalProperties",
    ),
    *("properties", "required", "pattern"),
}
SIMPLE = {"string", "integer", "number", "boolean"}
LEPTON_KEYS = {"widget", "of", "types", "unit", "advanced", "showWhen"}
HEAVY = ("django", "celery", "pandas", "sklearn", "scipy", "torch", "lightgbm", "optuna", "onnx", "pyarrow")


@pytest.mark.parametrize("node", NODES, ids=of)
def test_node_says_what_it_is(node):
    summary, _ = node.tooltip()
    assert node.title
    assert_sentence(summary)
    assert node.icon
    assert all(keyword == keyword.lower() or keyword.isupper() for keyword in node.keywords)
    assert node.output_ports()


@pytest.mark.parametrize("node", NODES, ids=of)
def test_parameters_stay_within_what_the_form_speaks(node):
    for name, field in params_schema(node)["properties"].items():
        assert_form_field(field, f"{node.id}.{name}", may_be_rows=True)


def assert_form_field(field: dict, at: str, *, may_be_rows: bool = False) -> None:
    alternatives = field.get("anyOf")
    if alternatives:
        left = [one for one in alternatives if one.get("type") != "null"]
        assert len(left) == 1, at
        field = {**{key: value for key, value in field.items() if key != "anyOf"}, **left[0]}
    assert set(field) <= FORM_KEYS, (at, set(field) - FORM_KEYS)
    hints = field.get("x-lepton", {})
    assert set(hints) <= LEPTON_KEYS, at
    assert (
        "enum" in field or "const" in field or field["type"] in {"string", "integer", "number", "boolean", "array"}
    ), at
    if field.get("type") == "array":
        item = field["items"]
        if hints.get("widget") == "rows":
            assert may_be_rows, at
            for name, inner in item["properties"].items():
                assert_form_field(inner, f"{at}.{name}")
                assert inner["type"] != "array", at
        else:
            assert "enum" in item or item["type"] in SIMPLE, at
    assert field.get("title"), at
    assert_sentence(field.get("description", ""))


@pytest.mark.parametrize("node", NODES, ids=of)
def test_what_is_shown_only_sometimes_depends_on_a_parameter_there_is(node):
    properties = params_schema(node)["properties"]
    for field in properties.values():
        for other, values in field.get("x-lepton", {}).get("showWhen", {}).items():
            assert other in properties
            assert all(v in properties[other].get("enum", [True, False]) for v in values)


@pytest.mark.parametrize("node", NODES, ids=of)
def test_parameters_come_back_from_json(node):
    params = node.Params()
    assert node.Params.model_validate(json.loads(json.dumps(params.model_dump(mode="json")))) == params


@pytest.mark.parametrize("node", NODES, ids=of)
def test_cost_is_estimated_and_grows_with_the_table(node):
    small, large = (node.estimate(rows, 10, node.Params()) for rows in (0, 1_000_000))
    assert isinstance(small, Estimate)
    assert 0 <= small.seconds <= large.seconds
    assert 0 <= small.memory_bytes <= large.memory_bytes


def test_importing_every_node_loads_numpy_and_pydantic_only():
    code = (
        "import sys; from tasks.contract.registry import all_nodes; all_nodes();"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Behaviour on tables


@pytest.mark.parametrize("is_split", [False, True], ids=["whole", "split"])
@pytest.mark.parametrize("name", [*GOOD, *POOR])
@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_node_that_changes_tables_keeps_its_promises(node, name, is_split):
    table = (GOOD | POOR)[name]()
    table = split(table) if is_split else table
    for params in variants(node):
        before = snapshot(table)
        outputs = run(node, table, params)
        assert snapshot(table) == before, "the input was changed"
        if isinstance(outputs, NodeError):
            continue
        again = run(node, table, params)
        for one, two in zip(tables_in(outputs), tables_in(again), strict=True):
            assert snapshot(one) == snapshot(two), "the same seed gave another result"
            assert_described_rightly(one)
            assert_steps_repeat(table if node.input_ports() else one, one)
        assert_inferred_rightly(node, table, params, outputs)
        assert headline(node, {port.name: table for port in node.input_ports()}, outputs)


@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_nothing_is_inferred_from_nothing(node):
    if node.input_ports():
        params = next(iter(variants(node)))
        assert node.infer({port.name: None for port in node.input_ports()}, params, KnownSchemas()) == {}


@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_other_rows_do_not_change_what_was_learned_from_the_training_rows(node):
    """No leak: whatever the rows kept aside hold, the transforms are the same."""
    if node.id == "split.split" or not node.input_ports():
        return
    for make in GOOD.values():
        table = split(make())
        other = dict(table.columns)
        for name, values in table.columns.items():
            wild = values.copy()
            aside = ~table.training_mask
            wild[aside] = values[aside][::-1] if values.dtype.kind != "f" else values[aside] * 1000 + 1
            other[name] = wild
        changed = Table(**{**vars(table), "columns": other})
        for params in variants(node):
            one, two = run(node, table, params), run(node, changed, params)
            if isinstance(one, NodeError) or isinstance(two, NodeError):
                assert isinstance(one, NodeError) and isinstance(two, NodeError)
                continue
            for left, right in zip(tables_in(one), tables_in(two), strict=True):
                assert left.transforms == right.transforms, params


@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_target_is_left_as_it_is(node):
    if not node.input_ports():
        return
    for make in GOOD.values():
        table = split(make())
        target = table.schema.target
        for params in variants(node):
            outputs = run(node, table, params)
            for made in [] if isinstance(outputs, NodeError) else tables_in(outputs):
                kept = np.isin(table.row_ids, made.row_ids)
                assert same(made.columns[target], table.columns[target][kept])
                assert made.schema.target == target


@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_good_tables_are_not_refused(node):
    params = next(iter(variants(node)))
    for make in GOOD.values():
        assert not isinstance(run(node, split(make()), params), NodeError)

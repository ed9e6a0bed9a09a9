"""What every node promises, checked on every node that is registered, with no work from its author."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import headline, invoke
from tasks.contract.model import Model, Package
from tasks.contract.node import Estimate, Node
from tasks.contract.registry import all_nodes, node_class
from tasks.contract.schema import Column, ColumnType
from tasks.contract.step import Step, prune, run_steps, step_from_json, step_to_json
from tasks.contract.table import Partition, Table, is_missing
from tasks.contract.wires import Wire
from tasks.export import params_schema
from tasks.inference.packaging import package
from tasks.inference.program import Program
from tests.contexts import KnownSchemas, ListContext
from tests.tables import GOOD, POOR, ready

NODES = list(all_nodes().values())
TABLE_NODES = [node for node in NODES if [port.wire for port in node.input_ports()] == [Wire.TABLE]]
SOURCES = [node for node in NODES if not node.input_ports()]
MODEL_TAKERS = [node for node in NODES if [port.wire for port in node.input_ports()] == [Wire.MODEL]]
CHANGERS = [node for node in (*TABLE_NODES, *SOURCES) if all(port.wire is Wire.TABLE for port in node.output_ports())]
LEARNERS = [node for node in TABLE_NODES if any(port.wire is Wire.MODEL for port in node.output_ports())]

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
HEAVY = ("django", "celery", "pandas", "sklearn", "scipy", "torch", "lightgbm", "optuna", "plotly", "onnx", "pyarrow")


def of(node: type[Node]) -> str:
    return node.id


def split(table: Table) -> Table:
    """Return the table as it leaves a split: every fourth row is kept aside."""
    return table.split(np.where(np.arange(table.rows) % 4 == 3, Partition.TEST, Partition.TRAIN))


def variants(node: type[Node]) -> Iterator[object]:
    """Yield the parameters as they come, then each choice and each switch turned once."""
    start = {"dataset": "d"} if node.id == "source.file" else {}
    yield node.Params(**start)
    for name, schema in params_schema(node)["properties"].items():
        choices = schema.get("enum") or ([True, False] if schema.get("type") == "boolean" else [])
        for choice in choices:
            if choice != schema.get("default"):
                yield node.Params(**{**start, name: choice})


def run(node: type[Node], table: Table | None, params: object) -> dict[str, object] | NodeError:
    """Return the outputs, or the error if the node refused."""
    port = {} if table is None or not node.input_ports() else {node.input_ports()[0].name: table}
    context = ListContext(tables={} if table is None else {"d": table})
    try:
        return invoke(node, port, params, context)
    except NodeError as error:
        assert_sentence(error.message)
        assert not error.param or error.param in node.Params.model_fields
        assert not error.fix or node_class(error.fix)
        return error


def assert_sentence(message: str) -> None:
    assert len(message) > 15
    assert message[0].isupper() or not message[0].isalpha()
    assert message.rstrip().endswith((".", "?"))
    assert "Traceback" not in message
    assert "NoneType" not in message


def tables_in(outputs: dict[str, object]) -> list[Table]:
    return [value for value in outputs.values() if isinstance(value, Table)]


def models_in(outputs: dict[str, object]) -> list[Model]:
    return [value for value in outputs.values() if isinstance(value, Model)]


def snapshot(table: Table) -> list[object]:
    kept = [(name, values.dtype, values.tolist()) for name, values in table.columns.items()]
    return [repr(kept), table.schema, table.steps, table.row_ids.tolist(), table.replay]


def same(one: np.ndarray, two: np.ndarray) -> bool:
    if "O" in {one.dtype.kind, two.dtype.kind}:
        return one.tolist() == two.tolist()
    if one.dtype.kind == "M":
        return np.array_equal(one, two, equal_nan=True)
    return np.allclose(one, two, rtol=1e-12, atol=1e-12, equal_nan=True)


# Identity and form


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


def assert_described_rightly(table: Table) -> None:
    assert tuple(table.columns) == table.schema.names
    for column in table.schema.each():
        values = table.columns[column.name]
        assert values.shape == (table.rows,), column.name
        expected = "f" if column.type.is_numeric else "M" if column.type is ColumnType.DATE else "O"
        assert values.dtype.kind == expected, (column.name, values.dtype)
        assert_values_fit(column, values)


def assert_values_fit(column: Column, values: np.ndarray) -> None:
    present = values[~is_missing(values)]
    if not column.nullable:
        assert len(present) == len(values), f"{column.name} has gaps though it says it has none"
    if column.categories is not None:
        assert set(present.tolist()) <= set(column.categories), column.name
    if column.type is ColumnType.BOOLEAN:
        assert set(present.tolist()) <= {0.0, 1.0}, column.name
    if column.type is ColumnType.INTEGER:
        finite = present[np.isfinite(present)]
        assert (finite == np.trunc(finite)).all(), column.name


def assert_steps_repeat(source: Table, made: Table) -> None:
    """The recipe gives the same columns from raw rows, for all rows, for one, and for one column alone.

    Rows a cross-fitted step was learned from are left out: they hold what was learned without them.
    """
    assert not source.steps
    steps = [step_from_json(json.loads(json.dumps(step_to_json(step), allow_nan=False))) for step in made.steps]
    made = made.take(~made.differs_from_steps)
    raw = {name: values[np.isin(source.row_ids, made.row_ids)] for name, values in source.columns.items()}
    everything = run_steps(steps, raw)
    for name, values in made.columns.items():
        assert same(values, everything[name]), name
    for at in range(min(3, made.rows)):
        one = run_steps(steps, {name: values[at : at + 1] for name, values in raw.items()})
        for name, values in made.columns.items():
            assert same(values[at : at + 1], one[name]), name
        assert_row_repeats(steps, raw, made, at)
    for name in itertools.islice(made.columns, 12):
        kept, needed = prune(steps, [name])
        alone = run_steps(kept, {raw_name: values for raw_name, values in raw.items() if raw_name in needed})
        assert same(made.columns[name], alone[name]), name


def assert_row_repeats(steps: list[Step], raw: dict[str, np.ndarray], made: Table, at: int) -> None:
    """Where a step works on a row of Python values, it gives the very bits that the arrays have."""
    if not all(step.takes_rows for step in steps):
        return
    row = {name: values[at].item() if values.dtype != object else values[at] for name, values in raw.items()}
    for step in steps:
        step.apply_row(row)
    for name, values in made.columns.items():
        if values.dtype.kind == "f":
            assert np.float64(row[name]).tobytes() == values[at : at + 1].tobytes() or np.isnan(values[at]), name
        elif values.dtype == object:
            assert row[name] == values[at], name


def assert_inferred_rightly(node: type[Node], table: Table, params: object, outputs: dict[str, object]) -> None:
    known = KnownSchemas({"d": table.schema})
    inferred = node.infer({port.name: table.schema for port in node.input_ports()}, params, known)
    for port, schema in inferred.items():
        assert json.loads(schema.model_dump_json())
        made = outputs[port].schema
        if not schema.is_open:
            assert [(c.name, c.type, c.role) for c in schema.each()] == [(c.name, c.type, c.role) for c in made.each()]
            for column in schema.each():
                assert column.nullable or not made.column(column.name).nullable, column.name


@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_nothing_is_inferred_from_nothing(node):
    if node.input_ports():
        params = next(iter(variants(node)))
        assert node.infer({port.name: None for port in node.input_ports()}, params, KnownSchemas()) == {}


@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_other_rows_do_not_change_what_was_learned_from_the_training_rows(node):
    """No leak: whatever the rows kept aside hold, the steps are the same."""
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
                assert [step_to_json(s) for s in left.steps] == [step_to_json(s) for s in right.steps], params


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


# Models


@pytest.fixture(autouse=True)
def signing_key(monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")


@pytest.mark.parametrize("name", [*GOOD, *POOR])
@pytest.mark.parametrize("node", LEARNERS, ids=of)
def test_model_that_comes_out_predicts_a_row_of_what_went_in(node, name):
    table = (GOOD | POOR)[name]()
    before = snapshot(table)
    for given in (table, split(table)):
        outputs = run(node, given, node.Params())
        assert snapshot(table) == before
        if isinstance(outputs, NodeError):
            continue
        assert headline(node, {node.input_ports()[0].name: given}, outputs)
        for model in models_in(outputs):
            assert_predicts(model, table)


@pytest.mark.parametrize("node", LEARNERS, ids=of)
def test_tables_ready_to_learn_from_give_a_model(node):
    outputs = [run(node, split(ready(target=target)), node.Params()) for target in ("price", "bought")]
    assert any(not isinstance(made, NodeError) and models_in(made) for made in outputs)


@pytest.mark.parametrize("node", MODEL_TAKERS, ids=of)
@pytest.mark.parametrize("target", ["price", "bought"])
def test_node_that_takes_a_model_gives_a_result(node, target):
    table = split(ready(60, target=target))
    model = invoke(node_class("model.linear"), {"table": table}, node_class("model.linear").Params(), ListContext())[
        "model"
    ]
    outputs = run(node, None, node.Params()) if not node.input_ports() else _run_on_model(node, model)
    assert headline(node, {node.input_ports()[0].name: model}, outputs)
    for made in models_in(outputs):
        assert_predicts(made, table)
    for made in outputs.values():
        if isinstance(made, Package):
            assert Program.load(made.program, made.files).predict_rows([raw_row(table, model)]).predictions


def _run_on_model(node: type[Node], model: Model) -> dict[str, object]:
    cheap = {name: 2 for name in ("trials", "folds") if name in node.Params.model_fields}
    return invoke(node, {node.input_ports()[0].name: model}, node.Params(**cheap), ListContext())


@pytest.mark.parametrize("node", LEARNERS, ids=of)
def test_same_seed_gives_the_same_model(node):
    table = split(ready())
    one, two = (run(node, table, node.Params()) for _ in range(2))
    for left, right in zip(models_in(one), models_in(two), strict=True):
        assert left.metrics == right.metrics
        assert same(left.expected, right.expected)


def raw_row(table: Table, model: Model, at: int = 0) -> dict[str, object]:
    return {name: as_json(table.sample.columns[name][at]) for name in model.raw_schema.names}


def as_json(value: object) -> object:
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def assert_predicts(model: Model, table: Table) -> None:
    packed = package(model, "contract", ListContext())
    program = Program.load(packed.program, packed.files)
    usable = [at for at in range(len(table.sample.row_ids)) if _is_finite(raw_row(table, model, at))]
    answer = program.predict_rows([raw_row(table, model, usable[0])])
    assert len(answer.predictions) == 1


def _is_finite(row: dict[str, object]) -> bool:
    return not any(isinstance(value, float) and math.isinf(value) for value in row.values())

"""What the contract tests share: nodes by kind, ways to run them, and what holds for whatever comes out."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.invoke import invoke
from tasks.contract.model import Model
from tasks.contract.node import Node
from tasks.contract.registry import all_nodes, node_class
from tasks.contract.schema import Column, ColumnType
from tasks.contract.table import Partition, Table, is_missing
from tasks.contract.transform import Transform, prune, run_transforms, transform_from_json, transform_to_json
from tasks.contract.wires import Wire
from tasks.export import params_schema
from tasks.inference.packaging import package
from tasks.inference.program import Program
from tests.contexts import KnownSchemas, ListContext

NODES = list(all_nodes().values())
TABLE_NODES = [node for node in NODES if [port.wire for port in node.input_ports()] == [Wire.TABLE]]
SOURCES = [node for node in NODES if not node.input_ports()]
MODEL_TAKERS = [node for node in NODES if [port.wire for port in node.input_ports()] == [Wire.MODEL]]
CHANGERS = [node for node in (*TABLE_NODES, *SOURCES) if all(port.wire is Wire.TABLE for port in node.output_ports())]
LEARNERS = [node for node in TABLE_NODES if any(port.wire is Wire.MODEL for port in node.output_ports())]


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
    return [repr(kept), table.schema, table.transforms, table.row_ids.tolist(), table.replay]


def same(one: np.ndarray, two: np.ndarray) -> bool:
    if "O" in {one.dtype.kind, two.dtype.kind}:
        return one.tolist() == two.tolist()
    if one.dtype.kind == "M":
        return np.array_equal(one, two, equal_nan=True)
    return np.allclose(one, two, rtol=1e-12, atol=1e-12, equal_nan=True)


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

    Rows a cross-fitted transform was learned from are left out: they hold what was learned without them.
    """
    assert not source.transforms
    stored = json.dumps([transform_to_json(transform) for transform in made.transforms], allow_nan=False)
    transforms = [transform_from_json(one) for one in json.loads(stored)]
    assert tuple(transforms) == made.transforms
    made = made.take(~made.differs_from_recipe)
    raw = {name: values[np.isin(source.row_ids, made.row_ids)] for name, values in source.columns.items()}
    everything = run_transforms(transforms, raw)
    for transform in transforms:
        assert transform.null_propagation() == Transform.null_propagation(transform), (
            "what it says of gaps is not what its parts say"
        )
    for name, values in made.columns.items():
        assert same(values, everything[name]), name
    for at in range(min(3, made.rows)):
        one = run_transforms(transforms, {name: values[at : at + 1] for name, values in raw.items()})
        for name, values in made.columns.items():
            assert same(values[at : at + 1], one[name]), name
        assert_row_repeats(transforms, raw, made, at)
    for name in itertools.islice(made.columns, 12):
        kept, needed = prune(transforms, [name])
        alone = run_transforms(kept, {raw_name: values for raw_name, values in raw.items() if raw_name in needed})
        assert same(made.columns[name], alone[name]), name


def assert_row_repeats(transforms: list[Transform], raw: dict[str, np.ndarray], made: Table, at: int) -> None:
    """Where a transform works on a row of Python values, it gives the very bits that the arrays have."""
    if not all(transform.supports_single_row for transform in transforms):
        return
    row = {name: values[at].item() if values.dtype != object else values[at] for name, values in raw.items()}
    for transform in transforms:
        transform.apply_row(row)
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

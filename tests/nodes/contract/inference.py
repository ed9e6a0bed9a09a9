"""What ``infer`` says of columns before a run, against what a run gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.node import Node
from tasks.contract.schema import Column, Schema
from tasks.contract.table import Table, is_missing
from tests.contexts import KnownSchemas
from tests.nodes.contract.broken import Broken, located, require
from tests.nodes.contract.kinds import run
from tests.nodes.contract.outputs import check_range
from tests.nodes.contract.variants import DATASET, Variant, variants


def check_inference(node: type[Node], table: Table, variant: Variant, outputs: Mapping[str, Any]) -> None:
    """What infer says of columns holds for those that run gave."""
    inferred = infer(node, table.schema, variant)
    for port in node.output_ports():
        if isinstance(outputs[port.name], Table):
            require(port.name in inferred, f"infer says nothing of the output {port.name}: the canvas cannot check it.")
    for port_name, schema in inferred.items():
        made: Schema = outputs[port_name].schema
        require(json.loads(schema.model_dump_json()), "infer gives a schema that is no JSON.")
        if not schema.is_open:
            told, given = schema.names, made.names
            require(told == given, f"infer said the columns {told}, run gave {given}.")
        for column in schema.each():
            found = made.find(column.name)
            if found is not None:
                _check_inferred(column, found, outputs[port_name].columns[column.name])


def _check_inferred(told: Column, given: Column, values: np.ndarray) -> None:
    name = told.name
    for what in ("type", "role"):
        said, is_so = getattr(told, what), getattr(given, what)
        require(said == is_so, f"infer said that {name} has the {what} {said}, run gave {is_so}.")
    require(
        told.nullable or not given.nullable, f"infer said that {name} has no gaps, run gave a column that may have."
    )
    if told.type.is_numeric:
        check_range(told, values[~is_missing(values)], "infer said")
    if told.categories is not None:
        allowed = set(told.categories)
        present = set(values[~is_missing(values)].tolist()) | set(given.categories or ())
        new = sorted(present - allowed)
        require(not new, f"infer said that {name} has the categories {told.categories}, run gave {new[:3]} too.")


def infer(node: type[Node], schema: Schema | None, variant: Variant) -> Mapping[str, Schema]:
    """Return what infer says.

    Raises:
        Broken: It raised, though run gave a result.
    """
    known = KnownSchemas({} if schema is None else {DATASET: schema})
    try:
        return node.infer({port.name: schema for port in node.input_ports()}, variant.params, known)
    except Exception as error:
        raise Broken(f"infer raised {type(error).__name__}: {error}, and run gives a result.") from error


def check_unknown_columns(node: type[Node], schema: Schema) -> None:
    """Nothing is inferred from nothing, and what came in open goes out open."""
    if not node.input_ports():
        return
    default = next(iter(variants(node, schema)))
    with located("Before the columns are known"):
        require(infer(node, None, default) == {}, "infer gives columns though those that come in are not known.")
    for made in infer(node, schema.model_copy(update={"is_open": True}), default).values():
        require(made.is_open, "infer forgets that more columns may come in: keep schema.is_open.")


def check_openness(node: type[Node], tables: list[Table]) -> None:
    """A schema that infer leaves open has columns that it did not name, at least on some table."""
    is_open = differs = False
    for table in tables:
        for variant in variants(node, table.schema):
            outputs = run(node, table, variant)
            if isinstance(outputs, NodeError):
                continue
            for port, schema in infer(node, table.schema, variant).items():
                is_open = is_open or schema.is_open
                differs = differs or (schema.is_open and schema.names != outputs[port].schema.names)
    require(
        differs or not is_open,
        "infer leaves the columns open though it names all that run gives: no later node can be checked on the canvas.",
    )

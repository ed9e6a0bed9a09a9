"""What a person may call a new column: a name that is there already is refused, or left to the column that has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from tasks.contract.errors import NodeError
from tasks.contract.node import Node
from tasks.contract.params_schema import params_schema
from tasks.contract.table import Table
from tests.nodes.contract.broken import require
from tests.nodes.contract.effects import busy
from tests.nodes.contract.equality import same
from tests.nodes.contract.kinds import run, tables_in
from tests.nodes.contract.variants import UNKNOWN_COLUMN, Variant, variants


def check_names_that_are_taken(node: type[Node], table: Table) -> None:
    """A free text that becomes the name of a column overwrites none that is there, the target least of all.

    Which texts become names is seen from a name that no column has.
    """
    for text, start in _free_texts(node, table):
        free = _with(node, start, text, UNKNOWN_COLUMN)
        if free is None or not any(UNKNOWN_COLUMN in made.schema for made in tables_in(run(node, table, free))):
            continue
        for name in table.schema.names:
            taken = _with(node, start, text, name)
            if taken is not None:
                _check_kept(node, table, taken, text, name, before=run(node, table, free))


def _check_kept(
    node: type[Node], table: Table, taken: Variant, text: str, name: str, *, before: Mapping[str, Any] | NodeError
) -> None:
    """The column called ``name`` is as it is when the new one has a name of its own."""
    for made, other in zip(tables_in(run(node, table, taken)), tables_in(before), strict=False):
        if name not in made.schema or name not in other.schema:
            continue
        is_same = same(made.columns[name], other.columns[name])
        what = "the target" if name == table.schema.target else "a column that is there"
        require(
            is_same,
            f"With {taken} it overwrites {name}, {what}, and says nothing: its parameter {text} is the name of a new "
            "column. Refuse a name that is taken with refuse_existing_columns(...) of tasks/nodes/column_selection.py, "
            "or add to the name until it is free. Where a column is meant to change, pick it with column(...).",
        )


def _free_texts(node: type[Node], table: Table) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each parameter of free text with the others at rest, and with pickers that hold columns."""
    for name, field in params_schema(node)["properties"].items():
        hints = field.get("x-lepton", {})
        if field.get("type") != "string" or "enum" in field or hints.get("widget"):
            continue
        needed = {other: values[0] for other, values in hints.get("showWhen", {}).items()}
        rest = next(iter(variants(node, table.schema))).params.model_dump() | needed
        yield name, rest
        yield name, {**rest, **{other: value for other, value in busy(node, table).items() if other not in needed}}


def _with(node: type[Node], start: Mapping[str, Any], text: str, value: str) -> Variant | None:
    try:
        return Variant(node.Params.model_validate({**start, text: value}), name=text)
    except ValidationError:
        return None

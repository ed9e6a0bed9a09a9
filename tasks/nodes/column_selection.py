"""Which columns a node works on: those a person chose, or else all features of the right types."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tasks.contract.errors import NodeError
from tasks.contract.schema import Column, ColumnType, Role, Schema

WORDS = frozenset({ColumnType.CATEGORY, ColumnType.TEXT})


def chosen(
    schema: Schema, names: Collection[str], *, types: Collection[ColumnType], param: str = "columns"
) -> tuple[Column, ...]:
    """Return the named columns, or all features of these types when none is named. The target is left alone.

    Raises:
        NodeError: A named column is not there, is the target, or has another type.
    """
    if not names:
        return tuple(column for column in schema.features() if column.type in types)
    return tuple(column for name in names if (column := _named(schema, name, types, param)) is not None)


def existing(schema: Schema, name: str, *, param: str) -> Column | None:
    """Return the named column; ``None`` when it may still come, before a run.

    Raises:
        NodeError: It is not there.
    """
    found = schema.find(name)
    if found is None and not schema.is_open:
        raise NodeError(f"There is no column “{name}” here. Choose one of the columns that come in.", param=param)
    return found


def refuse_taken(schema: Schema, names: Iterable[str]) -> None:
    """Do nothing if none of the columns to be made is there already.

    Raises:
        NodeError: One is.
    """
    taken = frozenset(schema.names)
    for name in names:
        if name in taken:
            raise NodeError(f"There is already a column “{name}”. Rename or drop it first.", fix="clean.columns")


def _named(schema: Schema, name: str, types: Collection[ColumnType], param: str) -> Column | None:
    column = existing(schema, name, param=param)
    if column is None:
        return None
    if column.role is Role.TARGET:
        raise NodeError(f"“{name}” is the target and has to stay as it is. Take it out of the list.", param=param)
    if column.type not in types:
        listed = ", ".join(sorted(types))
        raise NodeError(
            f"“{name}” is a column of type {column.type}; this works on {listed}. "
            "Take it out of the list, or change its type with Columns.",
            param=param,
            fix="clean.columns",
        )
    return column

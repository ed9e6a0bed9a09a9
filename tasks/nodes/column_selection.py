"""Which columns a node works on: those a person chose, or else all features of the right types."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tasks.contract.errors import NodeError
from tasks.contract.schema import Column, ColumnType, Role, Schema
from tasks.graph.messages import Choices, Message, Term

WORDS = frozenset({ColumnType.CATEGORY, ColumnType.TEXT})


def chosen(
    schema: Schema,
    names: Collection[str],
    *,
    types: Collection[ColumnType],
    param: str = "columns",
    may_be_target: bool = False,
) -> tuple[Column, ...]:
    """Return the named columns, or all features of these types when none is named. The target is left alone.

    Args:
        may_be_target: Whether the target may be named.

    Raises:
        NodeError: A named column is not there, is the target, or has another type.
    """
    if not names:
        return tuple(column for column in schema.features() if column.type in types)
    found = [_named(schema, name, types, param, may_be_target=may_be_target) for name in names]
    return tuple(column for column in found if column is not None)


def existing(schema: Schema, name: str, *, param: str) -> Column | None:
    """Return the named column; ``None`` when it may still come, before a run.

    Raises:
        NodeError: It is not there.
    """
    found = schema.find(name)
    if found is None and not schema.is_open:
        raise NodeError(
            Message("columns.not_there", "The input has no column “{column}”. Choose one of its columns.", column=name),
            param=param,
        )
    return found


def refuse_existing_columns(schema: Schema, names: Iterable[str]) -> None:
    """Refuse columns to be made whose names the table has already.

    Raises:
        NodeError: One is.
    """
    taken = frozenset(schema.names)
    for name in names:
        if name in taken:
            raise NodeError(
                Message("columns.taken", "There is already a column “{column}”. Rename or drop it first.", column=name),
                fix="clean.columns",
            )


def _named(
    schema: Schema, name: str, types: Collection[ColumnType], param: str, *, may_be_target: bool
) -> Column | None:
    column = existing(schema, name, param=param)
    if column is None:
        return None
    if column.role is Role.TARGET and not may_be_target:
        raise NodeError(
            Message(
                "columns.is_target",
                "“{column}” is the target and must stay as it is. Remove it from the list.",
                column=name,
            ),
            param=param,
        )
    if column.type not in types:
        raise NodeError(
            Message(
                "columns.wrong_type",
                "“{column}” is a column of type {type}; this node works on {types}. Remove it from the list, or change "
                "its type with Columns.",
                column=name,
                type=Term(f"type.{column.type}", str(column.type)),
                types=Choices(Term(f"type.{kind}", str(kind)) for kind in sorted(types)),
            ),
            param=param,
            fix="clean.columns",
        )
    return column

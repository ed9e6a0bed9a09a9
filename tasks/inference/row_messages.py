"""Sentences about rows that cannot be answered, or are answered with a warning.

Each has an id, so that the page can translate it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from typing import Any

from tasks.contract.schema import ColumnType
from tasks.graph.messages import Message, Names, Term

SHOWN = 80
"""Characters shown of a name or a value that came in; a body can hold one of megabytes."""

NAMED_IN_WARNINGS = 20
"""Names listed in one warning; the rest is counted."""

NOT_A_ROW = Message("rows.not_an_object", "A row must be an object of column names and values.")

_WANTED = {
    ColumnType.NUMBER: Term("rows.wanted.number", "a number"),
    ColumnType.INTEGER: Term("rows.wanted.integer", "a whole number"),
    ColumnType.BOOLEAN: Term("rows.wanted.boolean", "true or false"),
    ColumnType.CATEGORY: Term("rows.wanted.text", "text"),
    ColumnType.TEXT: Term("rows.wanted.text", "text"),
    ColumnType.DATE: Term("rows.wanted.date", "a date such as 2026-01-31 or 2026-01-31T09:30:00"),
}


def in_row(row: int, problem: str) -> Message:
    """Return a fault of a row as a sentence that says which: from 0, as places count them in every answer."""
    return Message("rows.in_row", "Row {row} (the first is row 0): {problem}", row=row, problem=problem)


def problem_summary(problems: int, first: str, *, are_all: bool) -> Message:
    """Return the sentence about several faults, of which the first is given; ``are_all``: none is uncounted."""
    if are_all:
        return Message("rows.problems", "{count} values cannot be accepted. {first}", count=problems, first=first)
    return Message(
        "rows.many_problems", "More than {count} values cannot be accepted. {first}", count=problems, first=first
    )


def missing_column(column: str) -> Message:
    """Return the sentence about a column that a row lacks."""
    return Message(
        "rows.absent",
        "“{column}” is absent. Give a value, or null where the model can answer without one.",
        column=column,
    )


def null_value(column: str) -> Message:
    """Return the sentence about a missing value where the model needs one."""
    return Message("rows.null", "“{column}” may not be null: the model needs a value here.", column=column)


def wrong_type(column: str, wanted: ColumnType, value: Any) -> Message:
    """Return the sentence about a value of another type than its column has."""
    return Message(
        "rows.wrong_type", "“{column}” must be {wanted}, not {value}.",
        column=column, wanted=_WANTED[wanted], value=_shown(value),
    )  # fmt: skip


def wrong_column_length(lengths: dict[str, int], short: str, long: str) -> Message:
    """Return the sentence about columns of different lengths."""
    return Message(
        "rows.unequal_columns",
        "All columns must have the same number of values; “{short}” has {fewest}, “{long}” has {most}.",
        short=short,
        fewest=lengths[short],
        long=long,
        most=lengths[long],
    )


def wrong_field_count(fields: int, heading: int) -> Message:
    """Return the sentence about a line of CSV text with more or fewer fields than the heading."""
    return Message(
        "rows.uneven", "This row has {count} fields, but the heading has {width}.", count=fields, width=heading
    )


def damaged(line: int) -> Message:
    """Return the sentence about a line of CSV text with bytes that are no UTF-8."""
    return Message(
        "rows.damaged",
        "This row, on line {line} of the body, holds bytes that are no UTF-8 text. Correct that line.",
        line=line,
    )


def no_answer(column: str, value: float) -> Message:
    """Return the sentence about a row whose prediction is no number; ``column``: farthest from zero, may be empty."""
    if not column:
        return Message(
            "rows.endless", "The model has no finite answer to this row. Send values like those in training."
        )
    return Message(
        "rows.endless_column",
        "“{column}” is {value}, and the model has no finite answer to that. Send one like those in training.",
        column=column,
        value=f"{value:.6g}",
    )


def unknown_columns(columns: Collection[str]) -> Message:
    """Return the warning about columns that the model does not use."""
    return Message(
        "rows.unused", "Columns that the model does not use were ignored: {columns}.", columns=_listed(columns)
    )


def unknown_values(column: str, values: Collection[str]) -> Message:
    """Return the warning about values that did not occur in training."""
    return Message(
        "rows.unseen",
        "“{column}”: {values} did not occur in training, so the answer is less certain.",
        column=column,
        values=_listed(values),
    )


def far_outside(column: str, value: float, low: float | None, high: float | None) -> Message:
    """Return the warning about a number far outside the range of training."""
    return Message(
        "rows.far_outside",
        "“{column}”: {value} lies far outside the values of training ({low} to {high}), so the answer is less certain.",
        column=column,
        value=f"{value:.6g}",
        low=f"{low:.6g}",
        high=f"{high:.6g}",
    )


def date_far_outside(column: str, value: datetime, first: datetime, last: datetime) -> Message:
    """Return the warning about a date far outside those of training."""
    is_day = all(moment.time() == time.min for moment in (value, first, last))
    shown = [str(moment.date() if is_day else moment) for moment in (value, first, last)]
    return Message(
        "rows.far_outside",
        "“{column}”: {value} lies far outside the values of training ({low} to {high}), so the answer is less certain.",
        column=column,
        value=shown[0],
        low=shown[1],
        high=shown[2],
    )


def _listed(texts: Collection[str]) -> Names:
    return Names((text[:SHOWN] for text in sorted(texts)), NAMED_IN_WARNINGS)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return Message("rows.text_value", "the text “{text}”", text=value[:40])
    if isinstance(value, int | float):
        return f"{value:.6g}" if isinstance(value, float) else str(value)[:40]
    return Term("json.list", "a list") if isinstance(value, list) else Term("json.object", "an object")

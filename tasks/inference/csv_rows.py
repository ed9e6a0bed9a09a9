"""Raw columns from CSV text, and answers as CSV that a spreadsheet cannot mistake for formulas."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from tasks.contract.schema import ColumnType, Schema
from tasks.graph.messages import Message
from tasks.inference import row_messages
from tasks.inference.row_messages import SHOWN
from tasks.inference.rows import NAMED, RowProblems

SEPARATORS = (",", ";", "\t")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


class BadTable(ValueError):
    """Text that is no CSV table."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


class LongTable(ValueError):
    """A table of more rows than are wanted."""


def read_csv(content: bytes, schema: Schema, most_rows: int) -> dict[str, list[Any]]:
    """Return the columns of CSV text with a heading line, as JSON would bring them; an empty field is missing.

    Raises:
        BadTable: The text is no table.
        LongTable: It has more rows than ``most_rows``; it is read no further.
        RowProblems: A line has more or fewer fields than the heading.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTable(
            Message(
                "csv.not_utf8",
                "The body is not UTF-8 text: byte {position} cannot be read. Save the file as UTF-8.",
                position=error.start,
            )
        ) from None
    names, rows = _lines(text, most_rows)
    if not rows:
        raise BadTable(Message("csv.no_row", "There is a heading but no row. Send at least one."))
    if len(set(names)) < len(names):
        ((twice, _),) = Counter(names).most_common(1)
        raise BadTable(
            Message(
                "csv.repeated_column", "The heading has “{column}” twice. Name each column once.", column=twice[:SHOWN]
            )
        )
    uneven = (
        (at, "", row_messages.wrong_field_count(len(row), len(names)))
        for at, row in enumerate(rows)
        if len(row) != len(names)
    )
    wrong = list(islice(uneven, NAMED))
    if wrong:
        raise RowProblems(wrong, are_all=len(wrong) < NAMED)
    read = {column.name: _READERS[column.type] for column in schema.each()}
    turned = zip(*rows, strict=True)
    return {
        name: [read[name](field) if field != "" else None for field in fields] if name in read else list(fields)
        for name, fields in zip(names, turned, strict=True)
    }


def write_csv(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """Return columns of equal length as CSV text; what a spreadsheet would run as a formula gets a quote in front."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow([_safe(name) for name in columns])
    writer.writerows(map(_safe_row, zip(*columns.values(), strict=True)))
    return sink.getvalue().encode()


def _lines(text: str, most_rows: int) -> tuple[list[str], list[list[str]]]:
    """Return heading and rows. An empty line is no row, but where there is one column: there it is a missing value."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        names = next(filter(None, lines), [])
        records = (line or [""] for line in lines if line or len(names) == 1)
        rows = list(islice(records, most_rows + 1))
    except csv.Error as error:
        raise BadTable(
            Message(
                "csv.unreadable",
                "The body is no CSV table: line {line}: {error}. Put a field that holds a quote or a separator into "
                "double quotes.",
                line=lines.line_num,
                error=str(error),
            )
        ) from None
    if not names:
        raise BadTable(Message("csv.empty", "The body is empty. Send a line of column names and at least one row."))
    if len(rows) > most_rows:
        raise LongTable
    return names, rows


def _separator(text: str) -> str:
    heading = text.split("\n", 1)[0]
    counts = {separator: heading.count(separator) for separator in SEPARATORS}
    return max(counts, key=counts.__getitem__)


def _number(field: str) -> Any:
    try:
        return field if "_" in field else float(field)
    except ValueError:
        return field


def _whole(field: str) -> Any:
    try:
        return int(field) if len(field) < 20 and "_" not in field else _number(field)
    except ValueError:
        return _number(field)


def _boolean(field: str) -> Any:
    return BOOLEANS.get(field.strip().lower(), field)


_READERS: Mapping[ColumnType, Callable[[str], Any]] = {
    ColumnType.NUMBER: _number,
    ColumnType.INTEGER: _whole,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.CATEGORY: str,
    ColumnType.TEXT: str,
    ColumnType.DATE: str.strip,
}


def _safe(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def _safe_row(values: Iterable[Any]) -> list[Any]:
    return [_safe(value) for value in values]

"""Raw columns from CSV text, and answers as CSV that a spreadsheet cannot mistake for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tasks.contract.schema import ColumnType, Schema
from tasks.inference.rows import RowProblems

SEPARATORS = (",", ";", "\t")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


class BadTable(ValueError):
    """Text that is no CSV table; the message is a sentence."""


def read_csv(content: bytes, schema: Schema) -> dict[str, list[Any]]:
    """Return the columns of CSV text with a heading line, as JSON would bring them; an empty field is missing.

    Raises:
        BadTable: The text is no table.
        RowProblems: A line has more or fewer fields than the heading.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"The body is not UTF-8 text: byte {error.start} cannot be read. Save the file as UTF-8."
        raise BadTable(message) from None
    names, rows = _lines(text)
    if not rows:
        raise BadTable("There is a heading but no row.")
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise BadTable(f"The heading has “{twice[:80]}” twice.")
    uneven = [(at, "", _uneven(len(row), len(names))) for at, row in enumerate(rows) if len(row) != len(names)]
    if uneven:
        raise RowProblems(uneven)
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


def _lines(text: str) -> tuple[list[str], list[list[str]]]:
    """Return heading and rows. An empty line is no row, but where there is one column: there it is a missing value."""
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True))
    except csv.Error as error:
        raise BadTable(f"The body is no CSV table: {error}.") from None
    while lines and not lines[0]:
        del lines[0]
    if not lines:
        raise BadTable("The body is empty. Send a line of column names and at least one row.")
    names = lines[0]
    return names, [line or [""] for line in lines[1:] if line or len(names) == 1]


def _separator(text: str) -> str:
    heading = text.split("\n", 1)[0]
    counts = {separator: heading.count(separator) for separator in SEPARATORS}
    return max(counts, key=counts.__getitem__)


def _uneven(found: int, wanted: int) -> str:
    return f"This row has {found} fields, but the heading has {wanted}."


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

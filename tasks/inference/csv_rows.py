"""Raw columns from CSV text, and answers as CSV that a spreadsheet cannot mistake for formulas."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from tasks.contract.schema import ColumnType, Schema
from tasks.inference.rows import NAMED, SHOWN, RowProblems

SEPARATORS = (",", ";", "\t")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


class BadTable(ValueError):
    """Text that is no CSV table; the message is a sentence."""


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
        message = f"The body is not UTF-8 text: byte {error.start} cannot be read. Save the file as UTF-8."
        raise BadTable(message) from None
    names, rows = _lines(text, most_rows)
    if not rows:
        raise BadTable("There is a heading but no row. Send at least one.")
    if len(set(names)) < len(names):
        ((twice, _),) = Counter(names).most_common(1)
        raise BadTable(f"The heading has “{twice[:SHOWN]}” twice. Name each column once.")
    uneven = ((at, "", _uneven(len(row), len(names))) for at, row in enumerate(rows) if len(row) != len(names))
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
        told = (line or [""] for line in lines if line or len(names) == 1)
        rows = list(islice(told, most_rows + 1))
    except csv.Error as error:
        message = f"The body is no CSV table: line {lines.line_num}: {error}."
        raise BadTable(f"{message} Put a field that holds a quote or a separator into double quotes.") from None
    if not names:
        raise BadTable("The body is empty. Send a line of column names and at least one row.")
    if len(rows) > most_rows:
        raise LongTable
    return names, rows


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

"""Raw columns from CSV text, and answers as CSV, for programs and for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from tasks.contract.reading import Reading
from tasks.contract.schema import ColumnType, Schema
from tasks.graph.messages import Message
from tasks.inference import row_messages
from tasks.inference.csv_records import (
    MARK,
    BadTable,
    Records,
    marked_lines,
    not_utf8,
    records_as_trained,
    records_with_heading,
    text_of,
)
from tasks.inference.row_messages import SHOWN
from tasks.inference.rows import NAMED, RowProblems

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


class CsvColumns(NamedTuple):
    """The columns of a CSV body, as JSON would bring them, and what its sender should know."""

    columns: dict[str, list[Any]]
    warnings: tuple[str, ...] = ()


def read_csv(content: bytes, schema: Schema, most_rows: int, reading: Reading | None = None) -> CsvColumns:
    """Return the columns of CSV text; an empty field is missing.

    The file that a model was trained on is read as it was then; any other needs a heading.

    Args:
        content: The text.
        schema: The raw columns that are asked for.
        most_rows: How many rows are answered at a time.
        reading: How the file that the model was trained on was read. Then cells stay texts, for the reader of raw rows
            knows how each column is spelled.

    Raises:
        BadTable: The text is no table.
        LongTable: It has more rows than ``most_rows``; it is read no further.
        RowProblems: A line has more or fewer fields than the heading, or bytes that are no text.
    """
    file = None if reading is None else reading.file
    text = text_of(content, file)
    if file is None or reading is None:
        found = records_with_heading(text, most_rows)
    else:
        found = records_as_trained(text, schema, reading, file, most_rows)
    found = _without_damaged(found, text, sets_aside=file is not None and file.sets_aside)
    names, rows = found.names, found.rows
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
    read = {} if file is not None else {column.name: _READERS[column.type] for column in schema.each()}
    known = frozenset(schema.names)
    columns: dict[str, list[Any]] = {}
    for name, fields in zip(names, zip(*rows, strict=True), strict=True):
        value = read.get(name, str)
        columns[name] = [value(field) if field != "" else None for field in fields] if name in known else list(fields)
    return CsvColumns(columns, found.warnings)


def _without_damaged(found: Records, text: str, *, sets_aside: bool) -> Records:
    """Return the rows without those that hold bytes that are no text, which a warning counts.

    Args:
        found: What was read.
        text: What it was read of.
        sets_aside: Such rows were left out when the model was trained.

    Raises:
        BadTable: The heading holds some.
        RowProblems: A row does, and no rows were left out in training.
    """
    lines = marked_lines(text)
    if not lines:
        return found
    if any(MARK in name for name in found.names):
        raise not_utf8(lines[0])
    damaged = [at for at, row in enumerate(found.rows) if any(MARK in field for field in row)]
    if not damaged:
        return found
    if not sets_aside:
        at_lines = lines if len(lines) == len(damaged) else lines[:1] * len(damaged)
        wrong = [(at, "", row_messages.damaged(line)) for at, line in zip(damaged, at_lines, strict=True)]
        raise RowProblems(wrong[:NAMED], are_all=len(wrong) <= NAMED)
    message = Message(
        "csv.damaged",
        "{count:,} rows hold bytes that are no UTF-8 text and were left out, the first on line {line}.",
        one="1 row holds bytes that are no UTF-8 text and was left out: line {line}.",
        count=len(damaged),
        line=lines[0],
    )
    gone = frozenset(damaged)
    kept = [row for at, row in enumerate(found.rows) if at not in gone]
    return found._replace(rows=kept, warnings=(*found.warnings, message))


def write_csv(columns: Mapping[str, Sequence[Any]], *, for_spreadsheet: bool) -> bytes:
    """Return columns of equal length as CSV text.

    Args:
        columns: Name to values.
        for_spreadsheet: A person opens it: what a spreadsheet would run as a formula gets a quote in front. A program
            gets every text as it is.
    """
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    written = _safe if for_spreadsheet else _plain
    writer.writerow([written(name) for name in columns])
    writer.writerows([written(value) for value in row] for row in zip(*columns.values(), strict=True))
    return sink.getvalue().encode()


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
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value

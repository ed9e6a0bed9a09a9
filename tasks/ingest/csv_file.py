"""CSV and its kin, read without a silent misread: every value as it was written first, types afterwards."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.contract.schema import Column, Schema
from tasks.graph.messages import Message
from tasks.ingest.column_types import type_columns
from tasks.ingest.content import Content, open_content
from tasks.ingest.dialect import CsvDialect, find_dialect, ragged_row
from tasks.ingest.errors import IngestError
from tasks.ingest.options import MAX_CELL_BYTES, Note, Notes, ReadOptions

_BLOCK_BYTES = 1 << 26


@dataclass(frozen=True, eq=False)
class Ingested:
    """A file as columns. ``columns``: name to array of shape (rows,); ``notes``: what was decided or doubtful."""

    columns: Mapping[str, np.ndarray]
    schema: Schema
    notes: tuple[Note, ...]


def read_csv(path: Path, options: ReadOptions) -> Ingested:
    """Return the columns of a CSV or TSV file, plain or gzipped.

    Raises:
        IngestError: The file is no table, or could be read in more than one way.
    """
    notes = Notes()
    content = open_content(path, options, notes)
    dialect = find_dialect(content.data, options, notes)
    names, words = read_words(content, dialect, notes)
    return typed(names, words, options, notes, semicolon=dialect.delimiter == ";")


def typed(names: list[str], words: list[Any], options: ReadOptions, notes: Notes, *, semicolon: bool) -> Ingested:
    """Return words as typed columns under their names.

    Args:
        words: One Arrow string array per column.
        semicolon: The file parts its columns by semicolons, as tables with decimal commas do.
    """
    columns: dict[str, np.ndarray] = {}
    described: list[Column] = []
    for column, values in type_columns(names, words, options, notes, semicolon=semicolon):
        columns[column.name] = values
        described.append(column)
    return Ingested(columns, Schema.of(described), tuple(notes.all))


def read_words(content: Content, dialect: CsvDialect, notes: Notes) -> tuple[list[str], list[Any]]:
    """Return column names and one Arrow string array per column; an empty unquoted value is null."""
    table = _parse(content, dialect)
    words = [column.combine_chunks() for column in table.columns]
    header = [_first(column) for column in words] if dialect.has_header else [""] * dialect.width
    if dialect.has_header:
        words = [column.slice(1) for column in words]
    _refuse_giant_cells(words, header)
    _note_blank_lines(content, dialect, table.num_rows, notes)
    header, words = _without_trailing_empty(header, words, dialect, notes)
    return unique_names(header, notes), words


def unique_names(header: list[str], notes: Notes) -> list[str]:
    """Return column names that are all there and all different."""
    names: list[str] = []
    taken: Counter[str] = Counter()
    given = {name.strip() for name in header}
    for position, written in enumerate(header, start=1):
        name = written.strip() or f"column_{position}"
        taken[name] += 1
        if taken[name] > 1 or (not written.strip() and name in given):
            number = 2
            while f"{name}_{number}" in given or f"{name}_{number}" in names:
                number += 1
            changed = f"{name}_{number}"
            message = Message(
                "reading.name_repeated",
                "A second column “{name}” was renamed to “{changed}”.",
                name=name,
                changed=changed,
            )
            notes.add("name_repeated", message, changed)
            name = changed
        elif not written.strip() and any(given):
            message = Message(
                "reading.name_missing",
                "Column {position} has no name; it was named “{name}”.",
                position=position,
                name=name,
            )
            notes.add("name_missing", message, name)
        names.append(name)
    return names


def _parse(content: Content, dialect: CsvDialect) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    text = [pa.large_string()] * dialect.width  # a column may hold more than 2 GiB
    names = [str(position) for position in range(dialect.width)]
    buffer = pa.py_buffer(content.data).slice(dialect.start)
    try:
        return csv.read_csv(
            pa.BufferReader(buffer),
            read_options=csv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES),
            parse_options=csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char='"' if dialect.has_quotes else False,
                newlines_in_values=dialect.has_quotes,
                ignore_empty_lines=True,
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict(zip(names, text, strict=True)),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
                check_utf8=False,  # it was checked as a whole
            ),
        )
    except pa.ArrowInvalid as error:
        ragged = ragged_row(content.data, dialect)
        if ragged is not None:
            raise ragged from error
        raise IngestError(
            Message(
                "file.long_row",
                "A row is longer than {size} MiB. Check for a quotation mark that is not closed.",
                size=_BLOCK_BYTES >> 20,
            )
        ) from error


def _first(words: Any) -> str:
    return str(words[0].as_py() or "") if len(words) else ""


def _refuse_giant_cells(words: list[Any], header: list[str]) -> None:
    import pyarrow.compute as pc

    for name, column in zip(header, words, strict=True):
        longest = pc.max(pc.binary_length(column)).as_py() or 0
        if longest > MAX_CELL_BYTES:
            raise IngestError(
                Message(
                    "file.long_value",
                    "A value of column “{column}” is {size:.1f} MiB long; at most 1 MiB is accepted. Check for a "
                    "quotation mark that is not closed.",
                    column=name,
                    size=round(longest / MAX_CELL_BYTES, 1),
                )
            )


def _note_blank_lines(content: Content, dialect: CsvDialect, records: int, notes: Notes) -> None:
    if dialect.width != 1:
        return
    body = bytes(content.data[dialect.start :])
    blank = len(re.findall(rb"(?<=\n)\r?\n", body)) or len(re.findall(rb"(?<=\r)\r", body))
    if blank and records:
        message = Message(
            "reading.blank_lines",
            "{count:,} blank lines were skipped. Write missing values as NA to keep their rows.",
            one="1 blank line was skipped. Write missing values as NA to keep their rows.",
            count=blank,
        )
        notes.add("blank_lines", message)


def _without_trailing_empty(
    header: list[str], words: list[Any], dialect: CsvDialect, notes: Notes
) -> tuple[list[str], list[Any]]:
    """Return the columns without a last one that is only a delimiter at each line's end."""
    if dialect.has_header and len(words) > 1 and not header[-1].strip() and words[-1].null_count == len(words[-1]):
        message = Message(
            "reading.trailing_delimiter", "Each line ends with a delimiter; the empty last column was left out."
        )
        notes.add("trailing_delimiter", message)
        return header[:-1], words[:-1]
    return header, words

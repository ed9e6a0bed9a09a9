"""CSV and its kin, read without a silent misread: every value as it was written first, types afterwards."""

from __future__ import annotations

import csv as csv_text
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tasks.contract.backslashes import unescaped
from tasks.contract.reading import FileReading, Reading
from tasks.contract.schema import Schema
from tasks.graph.messages import Message
from tasks.ingest.column_names import note_unknown_columns, unique_names, written_names
from tasks.ingest.column_types import describe, text_state, type_columns, typing_state
from tasks.ingest.content import Content, line_text, open_content
from tasks.ingest.damaged_text import without_damaged
from tasks.ingest.dialect import QUOTE, CsvDialect, find_dialect, line_finder, ragged_row, records_of
from tasks.ingest.errors import IngestError
from tasks.ingest.escapes import with_null_marks_out, without_sequences
from tasks.ingest.footnotes import without_footnotes, without_import_rows
from tasks.ingest.options import MAX_CELL_BYTES, Note, Notes, ReadOptions
from tasks.ingest.outside_lines import first_texts, lines_before, without_end
from tasks.ingest.plain_delimiter import with_plain_delimiter
from tasks.ingest.total_rows import Totals, without_totals
from tasks.ingest.typed_column import DictionaryColumn, TypedColumn

_BLOCK_BYTES = 1 << 26


SHOWN_CHARACTERS = 80
FEW_MISFITS = 3
"""So many rows of another length are set aside in any file, more where they are at most one in a hundred."""


class Words(NamedTuple):
    """A text table before its types are known.

    Attributes:
        header: What its columns are called in the file.
        columns: One Arrow string array per column.
        sets_aside: Rows of another length were left out.
        pads: Rows with fewer values than there are columns were filled up.
        totals: Rows that were left out as totals of the others.
        footnotes: Texts of last rows that were left out as notes.
        has_leading: A first column that is only a delimiter at each line's begin was left out.
    """

    header: list[str]
    columns: list[Any]
    sets_aside: bool
    pads: bool
    totals: Totals
    footnotes: tuple[str, ...]
    has_leading: bool


@dataclass(frozen=True, eq=False)
class Ingested:
    """A file as columns.

    Attributes:
        columns: Name to array of shape (rows,).
        schema: Describes them.
        notes: What was decided or doubtful.
        reading: How the file was read.
        words: Column to its texts, where they say more than its values do.
    """

    columns: Mapping[str, np.ndarray]
    schema: Schema
    notes: tuple[Note, ...]
    reading: Reading
    words: Mapping[str, DictionaryColumn] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Iterable[tuple[str, TypedColumn]], notes: Notes, reading: Reading) -> Ingested:
        """Return typed columns under their names.

        Args:
            columns: Each with its name, in order.
            notes: What was noticed while they were read.
            reading: What is known beside how each column spells its values.
        """
        typed = dict(columns)
        spelled = {name: column.reading for name, column in typed.items() if column.reading is not None}
        return cls(
            {name: column.values for name, column in typed.items()},
            Schema.of(describe(name, column.type, column.values) for name, column in typed.items()),
            tuple(notes.all),
            reading.model_copy(update={"columns": spelled}),
            {name: column.words for name, column in typed.items() if column.words is not None},
        )

    def words_at(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the texts of some rows as the file has them, ``None`` for an empty cell; `words` names the columns."""
        return {name: column.texts_of_rows(frozenset(), rows) for name, column in self.words.items()}


def read_csv(path: Path, options: ReadOptions) -> Ingested:
    """Return the columns of a CSV or TSV file, plain or gzipped.

    Raises:
        IngestError: The file is no table, or could be read in more than one way.
    """
    notes = Notes()
    ingested, _ = read_content(open_content(path, options, notes), options, notes)
    return ingested


def read_content(whole: Content, options: ReadOptions, notes: Notes) -> tuple[Ingested, list[Any]]:
    """Return the columns of a text table, and their texts as one Arrow string array each.

    Raises:
        IngestError: The text is no table, or could be read in more than one way.
    """
    content, below = without_end(whole, options.skip_rows_at_end)
    plain = with_plain_delimiter(content, options.delimiter)
    content = plain.content
    said = options.model_copy(update={"delimiter": plain.delimiter}) if plain.delimiter else options
    dialect = replace(find_dialect(content.data, said, notes), plain=plain)
    content = with_null_marks_out(content, dialect.start, dialect.delimiter) if dialect.escape else content
    header, words, sets_aside, pads, totals, footnotes, has_leading = read_words(content, dialect, options, notes)
    names = unique_names(header, notes)
    note_unknown_columns(names, options, notes)
    state = typing_state(options, notes)
    reading = Reading(
        file=FileReading(
            encoding=content.encoding,
            delimiter=dialect.written_delimiter,
            has_header=dialect.has_header,
            header_rows=2 if dialect.has_two_rows else 1,
            # Where none stands, another export of the same program may have some.
            has_quotes=bool(dialect.quote)
            or (options.quote != "none" and all(note.code != "plain_quotes" for note in notes.all)),
            quote=dialect.quote or QUOTE,
            escape=dialect.escape,
            has_sequences=dialect.has_sequences,
            sets_aside=sets_aside,
            pads=pads,
            totals=totals.called,
            totals_anywhere=totals.anywhere,
            footnotes=footnotes,
            lines_above=options.skip_rows,
            lines_below=options.skip_rows_at_end,
            outside=first_texts([*lines_before(whole, options.skip_rows), *below], dialect),
        ),
        names=written_names(header, names),
        missing=tuple(sorted(state.missing)),
        missing_numbers=tuple(sorted(state.missing_numbers)),
    )
    line_of = line_finder(content, dialect, ["", *names] if has_leading else names)
    columns = type_columns(names, words, options, notes, semicolon=dialect.delimiter == ";", line_of=line_of)
    return Ingested.of(columns, notes, reading), words


def reading_of_types(header: list[str], names: list[str], options: ReadOptions, notes: Notes) -> Reading:
    """Return how a file with types of its own is read: only its names and its texts can be otherwise than they came."""
    note_unknown_columns(names, options, notes)
    missing = tuple(sorted(text_state(options, notes).missing))
    return Reading(names=written_names(header, names), missing=missing, missing_numbers=missing)


def read_words(content: Content, dialect: CsvDialect, options: ReadOptions, notes: Notes) -> Words:
    """Return the header as it is written and one Arrow string array per column; an empty unquoted value is null."""
    table, misfits = _parse(content, dialect)
    pads = misfits > 0 and options.bad_rows == "pad"
    if pads:
        table, misfits = _parse(*_padded(content, dialect, notes))
    if misfits:
        _set_aside(content, dialect, options, misfits, table.num_rows, notes)
    words = [column.combine_chunks() for column in table.columns]
    words = dialect.plain.restored_columns(words) if dialect.plain else words
    header = [dialect.restored(name) for name in dialect.header]
    if dialect.has_sequences:
        header, words = [unescaped(name) for name in header], [without_sequences(column) for column in words]
    if content.damage is not None:
        words = without_damaged(header, words, content.damage, options, notes)
    _refuse_giant_cells(words, header)
    _note_blank_lines(content, dialect, table.num_rows, notes)
    header, words, has_leading = _without_outer_empty(header, words, dialect, notes)
    words = without_import_rows(words, notes) if dialect.has_header else words
    words = _without_headers(header, words, notes) if dialect.has_header else words
    words, footnotes = without_footnotes(words, content, dialect, options, notes)
    words, totals = without_totals(words, notes) if options.totals == "leave_out" else (words, Totals())
    is_short = misfits > 0 or content.damage is not None
    return Words(
        header, words, sets_aside=is_short, pads=pads, totals=totals, footnotes=footnotes, has_leading=has_leading
    )


def _padded(content: Content, dialect: CsvDialect, notes: Notes) -> tuple[Content, CsvDialect]:
    """Return the rows alone, those with fewer values than there are columns filled up with empty ones."""
    made = io.StringIO(newline="")
    writer = csv_text.writer(made, delimiter=dialect.delimiter, quotechar=dialect.quote or QUOTE, lineterminator="\n")
    short = 0
    for record in records_of(content.data, dialect):
        short += 0 < len(record) < dialect.width
        row = record + [""] * (dialect.width - len(record)) if record else []
        if dialect.quote or dialect.escape:
            writer.writerow(row)
        else:
            made.write(dialect.delimiter.join(row) + "\n")
    if short:
        message = Message(
            "reading.padded",
            "{count:,} rows have fewer values than there are columns; their last columns were left empty.",
            one="1 row has fewer values than there are columns; its last columns were left empty.",
            count=short,
        )
        notes.add("padded", message)
    data = made.getvalue().encode()
    quote = dialect.quote or (QUOTE if dialect.escape else "")  # what was escaped stands in quotes now
    return replace(content, data=data, size=len(data)), replace(dialect, start=0, quote=quote, escape="")


def _set_aside(
    content: Content, dialect: CsvDialect, options: ReadOptions, misfits: int, rows: int, notes: Notes
) -> None:
    """Note that rows were left out for their length, unless they are too many or a person wants none to be.

    Raises:
        IngestError: They are.
    """
    few = misfits <= max(FEW_MISFITS, rows // 100) and misfits * 5 <= rows
    first = ragged_row(content.data, dialect, may_be_short=options.bad_rows == "pad")
    if first is None:
        raise IngestError(
            Message(
                "file.long_row",
                "A row is longer than {size} MiB. Check for a quotation mark that is not closed.",
                size=_BLOCK_BYTES >> 20,
            )
        )
    if options.bad_rows == "refuse" or (options.bad_rows == "auto" and not few):
        raise first
    message = Message(
        "reading.set_aside",
        "{count:,} rows have more or fewer values than there are columns and were set aside, the first on line {line} "
        "(“{text}”).",
        one="1 row has more or fewer values than there are columns and was set aside: line {line} (“{text}”).",
        count=misfits,
        line=first.line or 0,
        text=dialect.restored(line_text(content.data, first.line, SHOWN_CHARACTERS)) if first.line else "",
    )
    notes.add("set_aside", message)


def _parse(content: Content, dialect: CsvDialect) -> tuple[Any, int]:
    """Return the rows as an Arrow table of texts, and how many others have more or fewer values."""
    import pyarrow as pa
    from pyarrow import csv

    text = [pa.large_string()] * dialect.width  # a column may hold more than 2 GiB
    names = [str(position) for position in range(dialect.width)]
    buffer = pa.py_buffer(content.data).slice(dialect.start)
    if not buffer.size:
        return pa.table([pa.array([], pa.large_string())] * dialect.width, names=names), 0
    misfits = 0

    def skip(row: Any) -> str:  # noqa: ARG001 - called by Arrow
        nonlocal misfits
        misfits += 1
        return "skip"

    try:
        table = csv.read_csv(
            pa.BufferReader(buffer),
            read_options=csv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES),
            parse_options=csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote or False,
                escape_char=dialect.escape or False,
                newlines_in_values=bool(dialect.quote or dialect.escape),
                ignore_empty_lines=True,
                invalid_row_handler=skip,
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict(zip(names, text, strict=True)),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
                check_utf8=False,  # it was checked as a whole
            ),
        )
        return table, misfits
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


def _without_headers(header: list[str], words: list[Any], notes: Notes) -> list[Any]:
    """Return the columns without rows that say again what the columns are called, as in files that were joined."""
    import pyarrow.compute as pc

    same = None
    for name, column in zip(header, words, strict=True):
        equal = pc.fill_null(pc.equal(column, name), fill_value=not name)
        same = equal if same is None else pc.and_(same, equal)
        if not pc.any(same).as_py():
            return words
    count = pc.sum(same).as_py() or 0
    message = Message(
        "reading.headers",
        "{count:,} rows repeat the header and were left out.",
        one="1 row repeats the header and was left out.",
        count=count,
    )
    notes.add("headers", message)
    return [column.filter(pc.invert(same)) for column in words]


def _without_outer_empty(
    header: list[str], words: list[Any], dialect: CsvDialect, notes: Notes
) -> tuple[list[str], list[Any], bool]:
    """Return the columns without a last one that is only a delimiter at each line's end, and a first one likewise.

    The third is whether the first one was left out.
    """
    if dialect.has_header and len(words) > 1 and not header[-1].strip() and words[-1].null_count == len(words[-1]):
        message = Message(
            "reading.trailing_delimiter", "Each line ends with a delimiter; the empty last column was left out."
        )
        notes.add("trailing_delimiter", message)
        header, words = header[:-1], words[:-1]
    if dialect.has_header and len(words) > 1 and not header[0].strip() and words[0].null_count == len(words[0]):
        message = Message(
            "reading.leading_delimiter", "Each line begins with a delimiter; the empty first column was left out."
        )
        notes.add("leading_delimiter", message)
        return header[1:], words[1:], True
    return header, words, False

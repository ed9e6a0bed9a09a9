"""How a text table is written: delimiter, quotes, header. Decided from its first records."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TextIO

from tasks.contract.backslashes import ESCAPE
from tasks.contract.reading import joined_header
from tasks.graph.messages import Choices, Message, Term
from tasks.ingest.content import Content, line_at
from tasks.ingest.errors import IngestError
from tasks.ingest.escapes import escapes_delimiters, has_null_marks, has_sequences
from tasks.ingest.options import MAX_CELL_BYTES, MAX_COLUMNS, Notes, ReadOptions
from tasks.ingest.plain_delimiter import PlainText
from tasks.ingest.quotes import check_quotes, note_escape, streamed
from tasks.ingest.single_quotes import SINGLE_QUOTE, has_single_quotes, note_single_quotes
from tasks.ingest.table_head import Record, has_groups, has_names, header_of, is_value, lines_above

DELIMITERS = (",", ";", "\t", "|")
RARE_DELIMITERS = ("^", "~", " ")
"""Looked for where none of the usual ones is there."""
_NAMES = {
    ",": Term("delimiter.comma", "commas"),
    ";": Term("delimiter.semicolon", "semicolons"),
    "\t": Term("delimiter.tab", "tabs"),
    "|": Term("delimiter.bar", "vertical bars"),
    "^": Term("delimiter.caret", "carets"),
    "~": Term("delimiter.tilde", "tildes"),
    " ": Term("delimiter.blank", "blanks"),
}
_HEAD_BYTES = 1 << 18
_MOST_LOOKED = 2000
QUOTE = '"'


@dataclass(frozen=True)
class CsvDialect:
    r"""How a text table is written.

    Attributes:
        delimiter: What separates its columns in the text that is parsed.
        width: How many columns a row has.
        header: What the columns are called, empty texts where there is no header.
        has_header: A record names the columns.
        has_two_rows: The first of two records names groups of columns, the second the columns of each.
        escape: What takes its meaning from the character behind it; empty for nothing.
        has_sequences: Backslashes begin sequences, and a cell ``\N`` is empty.
        plain: The text that is parsed, where that is not the file's.
        quote: What values may stand in, by the rules; empty for nothing.
        start: Where the first row begins.
    """

    delimiter: str
    width: int
    header: tuple[str, ...]
    has_header: bool
    quote: str
    start: int
    has_two_rows: bool = False
    escape: str = ""
    plain: PlainText | None = None
    has_sequences: bool = False

    @property
    def written_delimiter(self) -> str:
        """What separates the columns in the file."""
        return (self.plain and self.plain.written) or self.delimiter

    def restored(self, text: str) -> str:
        """Return a piece of the text that is parsed as the file has it."""
        return self.plain.restored(text) if self.plain else text


def find_dialect(data: Any, options: ReadOptions, notes: Notes) -> CsvDialect:
    """Return how the text is written.

    Raises:
        IngestError: It is JSON, has too many columns, or its quotes cannot be read in one way only.
    """
    start, said = _start(data, options)
    head = _head(data, start)
    if head.lstrip()[:1] in {"{", "["} and _looks_like_json(head):
        raise IngestError(
            Message(
                "file.is_json", "Line 1 starts like JSON, not like a table. Rename the file so that it ends in .json."
            ),
            line=1,
        )
    delimiter = options.delimiter or said or _delimiter(head, notes)
    _refuse_too_wide(head, delimiter)
    quote = "" if options.quote == "none" else QUOTE if options.quote == "auto" else options.quote
    if options.quote == "auto" and has_single_quotes(data, start, head, delimiter):
        quote = SINGLE_QUOTE
        note_single_quotes(notes)
    are_used, escape = check_quotes(data, start, delimiter, quote, notes, options.escape)
    quote = quote if are_used else ""
    if options.escape == "auto" and not escape and not quote and escapes_delimiters(head, delimiter):
        escape = ESCAPE
        note_escape(notes)
    found = list(islice(_placed(head, delimiter, quote, escape), 200))
    if not found:
        raise IngestError(Message("file.only_blank", "The file contains only blank lines."), line=1)
    above = 0 if options.skip_rows or options.header == "no" else lines_above(found)
    above, has_two_rows = _two_rows(found, above, options)
    if above:
        _note_lines_above(found[:above], notes)
    found = found[above:]
    records = [record.cells for record in found]
    if has_two_rows:
        records = [joined_header(records[0], records[1]), *records[2:]]
        _note_two_rows(found, records[0], notes)
    has_header = has_two_rows or options.header == "yes" or (options.header == "auto" and has_names(records))
    if not has_header and options.header == "auto":
        message = Message(
            "reading.no_header", "The first line looks like values, so the columns were named column_1, column_2, …"
        )
        notes.add("no_header", message)
    if len(records[0]) == 1 and not options.delimiter:
        message = Message(
            "reading.one_column",
            "Only one column was found. If there are more, read the file again with its delimiter.",
        )
        notes.add("one_column", message)
    header = header_of(records, has_header=has_header)
    first = found[int(has_two_rows)].next_line if has_header else found[0].line
    for _ in range(first):
        start = _next_line(data, start, is_last=True)
    decodes = options.escape == "auto" and not (quote or escape) and _has_sequences(data, delimiter, notes)
    return CsvDialect(
        delimiter, len(header), header, has_header, quote, start, has_two_rows, escape, has_sequences=decodes
    )


def _has_sequences(data: Any, delimiter: str, notes: Notes) -> bool:
    if not has_null_marks(data, delimiter) or not has_sequences(data):
        return False
    if bytes(data).replace(b"\\N", b"").find(b"\\") >= 0:
        message = Message(
            "reading.sequences",
            "Sequences such as \\t were read as the characters they stand for, as databases write them beside \\N for "
            "no value. If backslashes are part of the values, read the file again without an escape character.",
        )
        notes.add("sequences", message)
    return True


def _two_rows(found: Sequence[Record], above: int, options: ReadOptions) -> tuple[int, bool]:
    """Return how many records stand above the table, and whether two name its columns.

    A record of few groups looks like a title, so the last that was taken for one may be the first of the two.

    Raises:
        IngestError: A person said that two do, and there is one.
    """
    if options.header not in {"auto", "two_rows"}:
        return above, False
    records = [record.cells for record in found]
    places = [place for place in (above - 1, above) if place >= 0]
    at = next((place for place in places if has_groups(records[place:])), None)
    if at is not None or options.header == "auto":
        return (above, False) if at is None else (at, True)
    if above and sum(bool(cell.strip()) for cell in records[above - 1]) > 1:
        above -= 1
    if len(records) < above + 2:
        raise IngestError(
            Message("file.one_header_row", "There is no second row of column names. Choose one row of column names.")
        )
    return above, True


def _note_two_rows(found: Sequence[Record], names: Sequence[str], notes: Notes) -> None:
    groups = [*found[0].cells, *[""] * len(names)]
    joined = (name for name, group in zip(names, groups, strict=False) if group.strip() and name != group.strip())
    message = Message(
        "reading.two_header_rows",
        "The names of the columns stand in two rows and were joined, as in “{name}”. If the second row holds values, "
        "read the file again with one row of column names.",
        name=next(joined, names[0]),
    )
    notes.add("two_header_rows", message)


def _placed(text: str, delimiter: str, quote: str, escape: str) -> Iterator[Record]:
    """Yield the records of a text that are not blank."""
    reader = _reader(io.StringIO(text, newline=""), delimiter, quote, escape)
    line = 0
    for cells in reader:
        if cells:
            yield Record(line, reader.line_num, cells)
        line = reader.line_num


def _note_lines_above(records: Sequence[Record], notes: Notes) -> None:
    text = next((cell.strip() for record in records for cell in record.cells if cell.strip()), "")
    message = Message(
        "reading.lines_above",
        "{count:,} lines above the table were left out (“{text}”).",
        one="1 line above the table was left out (“{text}”).",
        count=records[-1].next_line,
        text=text[:80],
    )
    notes.add("lines_above", message)


def named(delimiter: str) -> Term | str:
    """Return what a delimiter is called; one without a name is called by itself."""
    return _NAMES.get(delimiter, f"“{delimiter}”")


def records_of(data: Any, dialect: CsvDialect) -> Any:
    """Return a reader of the rows; its ``line_num`` counts from where they begin."""
    return _reader(streamed(data, dialect.start), dialect.delimiter, dialect.quote, dialect.escape)


def record_of(line: str, dialect: CsvDialect) -> list[str]:
    """Return the values of one line of the file."""
    source = io.StringIO(line, newline="")
    return next(_reader(source, dialect.written_delimiter, dialect.quote, dialect.escape), [])


def line_finder(content: Content, dialect: CsvDialect, names: Sequence[str]) -> Callable[[str, str], int | None]:
    """Return what finds the first line that has a text in a column; ``None`` where it takes more than one line."""

    def line_of(column: str, text: str) -> int | None:
        data = content.data if hasattr(content.data, "rfind") else bytes(content.data)
        at = names.index(column)
        pattern = re.compile(re.escape(text.strip().encode()))
        for found in islice(pattern.finditer(data, dialect.start), _MOST_LOOKED):
            begin = data.rfind(b"\n", 0, found.start()) + 1
            end = data.find(b"\n", found.end())
            line = bytes(data[begin : len(data) if end < 0 else end]).decode(errors="replace")
            record = record_of(dialect.restored(line.rstrip("\r")), dialect)
            if at < len(record) and record[at].strip() == text.strip():
                return line_at(data, begin)
        return None

    return line_of


def ragged_row(data: Any, dialect: CsvDialect, *, may_be_short: bool = False) -> IngestError | None:
    """Return the error that names the first line whose number of values differs from the first, if there is one.

    Args:
        data: The text.
        dialect: How it is written.
        may_be_short: Rows with fewer values are none that it names.
    """
    first = line_at(data, dialect.start)
    reader = records_of(data, dialect)
    begin = 1
    for record in reader:
        if record and len(record) != dialect.width and not (may_be_short and len(record) < dialect.width):
            line = first + begin - 1
            facts: dict[str, Any] = {
                "line": line,
                "count": len(record),
                "width": dialect.width,
                "delimiter": named(dialect.written_delimiter),
            }
            if dialect.has_header:
                message = Message(
                    "file.ragged",
                    "Line {line} has {count:,} values, but the header has {width:,}. Correct that line, or put quotes "
                    "around values that contain {delimiter}. Title lines above the header can be skipped by reading "
                    "the file again.",
                    one="Line {line} has one value, but the header has {width:,}. Correct that line, or put quotes "
                    "around values that contain {delimiter}. Title lines above the header can be skipped by reading "
                    "the file again.",
                    **facts,
                )
            else:
                message = Message(
                    "file.ragged_without_header",
                    "Line {line} has {count:,} values, but the first line has {width:,}. Correct that line, or put "
                    "quotes around values that contain {delimiter}. Title lines can be skipped by reading the file "
                    "again.",
                    one="Line {line} has one value, but the first line has {width:,}. Correct that line, or put "
                    "quotes around values that contain {delimiter}. Title lines can be skipped by reading the file "
                    "again.",
                    **facts,
                )
            return IngestError(message, line=line)
        begin = reader.line_num + 1
    return None


def _start(data: Any, options: ReadOptions) -> tuple[int, str]:
    """Return where the table begins and the delimiter that a ``sep=`` line of Excel names."""
    start = 0
    for _ in range(options.skip_rows):
        start = _next_line(data, start)
    delimiter = ""
    line = bytes(data[start : start + 6])
    if line[:4].lower() == b"sep=" and line[4:5].decode(errors="replace") in DELIMITERS and line[5:6] in {b"\r", b"\n"}:
        delimiter = line[4:5].decode()
        start = _next_line(data, start)
    return start, delimiter


def _next_line(data: Any, start: int, *, is_last: bool = False) -> int:
    """Return where the next line begins; where there is none, the end, or an error unless this ``is_last``."""
    window = bytes(data[start : start + _HEAD_BYTES])
    ends = [at for at in (window.find(b"\n"), window.find(b"\r")) if at >= 0]
    if not ends and is_last:
        return len(data)
    if not ends:
        raise IngestError(Message("file.all_skipped", "No line is left after the skipped ones. Skip fewer lines."))
    end = min(ends)
    return start + end + (2 if window[end : end + 2] == b"\r\n" else 1)


def _head(data: Any, start: int) -> str:
    window = bytes(data[start : start + _HEAD_BYTES])
    if len(window) == _HEAD_BYTES:
        cut = max(window.rfind(b"\n"), window.rfind(b"\r"))
        if cut < 0:  # one line longer than the window: as much of it as can be a header
            window = bytes(data[start : start + MAX_CELL_BYTES])
            cut = len(window) - 1
        window = window[: cut + 1]
    return window.decode("utf-8", errors="ignore")


def _looks_like_json(head: str) -> bool:
    body = head.lstrip()
    inner = body[1:].lstrip()[:1]
    return (body[0] == "{" and inner in {'"', "}"}) or (body[0] == "[" and inner in {"{", "[", '"', "]"})


def _reader(lines: TextIO, delimiter: str, quote: str, escape: str = "") -> Any:
    csv.field_size_limit(64 * MAX_CELL_BYTES)
    if quote:
        return csv.reader(lines, delimiter=delimiter, quotechar=quote, escapechar=escape or None)
    return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, escapechar=escape or None)


def _records(text: str, delimiter: str) -> Any:
    quote = QUOTE if QUOTE in text else ""
    return (record for record in _reader(io.StringIO(text, newline=""), delimiter, quote) if record)


def _delimiter(head: str, notes: Notes) -> str:
    """Return the delimiter that parts the first records most evenly; wider wins between equals."""
    scores = {}
    for delimiter in DELIMITERS:
        widths = [len(record) for record in islice(_records(head, delimiter), 200)]
        if not widths:
            return ","
        width, count = Counter(widths).most_common(1)[0]
        if width > 1:
            scores[delimiter] = (count / len(widths), widths[0] == width, width)
    if not scores:
        return _rare_delimiter(head)
    best = max(scores, key=lambda delimiter: scores[delimiter])
    even = [delimiter for delimiter, (share, first, _) in scores.items() if share == 1 and first]
    if len(even) > 1:
        message = Message(
            "reading.delimiter",
            "Columns were separated by {delimiter}; {others} would separate them evenly too.",
            delimiter=named(best),
            others=Choices(named(one) for one in even if one != best),
        )
        notes.add("delimiter", message)
    return best


def _rare_delimiter(head: str) -> str:
    """Return a delimiter that is only one where it parts all records alike and every value below the first is one."""
    for delimiter in RARE_DELIMITERS:
        records = list(islice(_records(head, delimiter), 200))
        widths = {len(record) for record in records}
        if len(records) > 1 and len(widths) == 1 and widths != {1}:
            values = [cell for record in records[1:] for cell in record]
            if delimiter != " " or all(is_value(cell) for cell in values):
                return delimiter
    return ","


def _refuse_too_wide(head: str, delimiter: str) -> None:
    first = re.split("[\r\n]", head, maxsplit=1)[0]
    columns = first.count(delimiter) + 1
    if columns > MAX_COLUMNS:
        raise IngestError(
            Message(
                "file.too_wide",
                "Line 1 has {count:,} columns or more; at most {maximum:,} are accepted.",
                count=columns,
                maximum=MAX_COLUMNS,
            ),
            line=1,
        )

"""The records of CSV text: of any table with a heading, and of one that is written as the training file was."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice, pairwise
from typing import Any, NamedTuple

from tasks.contract.backslashes import unescaped, without_null_marks
from tasks.contract.reading import FileReading, Reading, joined_header
from tasks.contract.schema import Schema
from tasks.graph.messages import Message

MARK = "\ufffe"
"""Stands for bytes that are no UTF-8; no text holds it, for Unicode says that it is no character."""
DAMAGE_HANDLER = "lepton_mark_damage"
"""Name of what puts it there, for ``bytes.decode``."""
END = "\ufdd0"
"""Stands behind the last record of a text; no text holds it, for Unicode says that it is no character."""
FEW_LINES = 3
"""So many damaged lines any body may have, more where they are at most one in twenty."""
codecs.register_error(DAMAGE_HANDLER, lambda error: (MARK, getattr(error, "end", 0)))

LINE_ENDS = ("\n", "\r")
SEPARATORS = (",", ";", "\t")
HEADING_LINES = 50
"""Records among which a heading is looked for."""
MOST_TOTALS = 3
"""Rows at the end of a table that may hold totals; one farther up that is called so is a row."""
MOST_FOOTNOTES = 10
"""Records at the end of a file that may be notes below the table, and lines that are named."""
_MARKED_NOTE = re.compile(
    r"(?:sources?|notes?|footnotes?|remarks?|disclaimer|copyright|quellen?|anmerkung(?:en)?|hinweise?|fu(?:ß|ss)note|stand"
    r"|nota|notas|fuentes?|remarque|fonte|fonti|bron|källa|источник|примечание|注|备注|说明|来源|数据来源|资料来源|出典"
    r"|\(?[a-z0-9]\))\s*[:：)]\s*\S|(?:[*†‡©]|\([a-z0-9]\))\s*\S",
    re.IGNORECASE,
)


class Records(NamedTuple):
    """A heading and the rows below it, and what their sender should know."""

    names: list[str]
    rows: list[list[str]]
    warnings: tuple[str, ...] = ()


class BadTable(ValueError):
    """Text that is no CSV table."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


class LongTable(ValueError):
    """A table of more rows than are wanted."""


def text_of(content: bytes, file: FileReading | None) -> str:
    """Return a body as text: UTF-8, or the encoding of the file that the model was trained on.

    Of text that is UTF-8 but for a few lines, `MARK` stands for bytes that are none.

    Raises:
        BadTable: It is neither, or holds the character NUL.
    """
    text = _decoded(content, file)
    if (at := text.find("\0")) >= 0:
        message = Message(
            "csv.binary",
            "Line {line} of the body holds the character NUL, so it is damaged or no text table.",
            line=text.count("\n", 0, at) + 1,
        )
        raise BadTable(message)
    return text


def _decoded(content: bytes, file: FileReading | None) -> str:
    try:
        return _without_marks(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        if file is not None and file.encoding != "utf-8":
            try:
                return _without_marks(content.decode(file.encoding))
            except UnicodeDecodeError:
                pass
        marked = _without_marks(content.decode("utf-8-sig", errors=DAMAGE_HANDLER))
        damaged = len(marked_lines(marked))
        if damaged <= FEW_LINES or damaged * 20 <= marked.count("\n"):
            return marked
        raise not_utf8(content.count(b"\n", 0, error.start) + 1) from None


def _without_marks(text: str) -> str:
    """Return a text without byte order marks, as they stand inside files that were joined."""
    return text.replace("\ufeff", "") if "\ufeff" in text else text


def not_utf8(line: int) -> BadTable:
    """Return the error of a line with bytes that are no UTF-8, where its row cannot be left out."""
    return BadTable(
        Message(
            "csv.not_utf8_line",
            "Line {line} of the body is not UTF-8 text. Save the file as UTF-8.",
            line=line,
        )
    )


def marked_lines(text: str) -> list[int]:
    """Return the lines, counted from 1, that hold a `MARK`."""
    if MARK not in text:
        return []
    return [at for at, line in enumerate(text.split("\n"), start=1) if MARK in line]


def unreadable(line: int, error: csv.Error) -> BadTable:
    """Return the error of a line that breaks the rules of CSV."""
    return BadTable(
        Message(
            "csv.unreadable",
            "The body is no CSV table: line {line}: {error}. Put a field that holds a quote or a separator into "
            "double quotes.",
            line=line,
            error=str(error),
        )
    )


def _cut_off(line: int) -> BadTable:
    """Return the error of a quotation mark that is never closed: what follows it may be a part of the table only."""
    return BadTable(
        Message(
            "csv.cut_off",
            "The quotation mark opened on line {line} of the body is never closed: the body is cut off, or a quotation "
            "mark is missing.",
            line=line,
        )
    )


def records_with_heading(text: str, most_rows: int) -> Records:
    """Return heading and rows. An empty line is no row, but where there is one column: there it is a missing value.

    Raises:
        BadTable: It breaks the rules of CSV, or is empty.
        LongTable: It has more rows than ``most_rows``.
    """
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    rows: list[list[str]] = []
    begin = 0
    try:
        names = next(filter(None, lines), [])
        begin = lines.line_num
        for line in lines:
            if line or len(names) == 1:
                rows.append(line or [""])
            if len(rows) > most_rows:
                raise LongTable
            begin = lines.line_num
    except csv.Error as error:
        if str(error) == "unexpected end of data":
            raise _cut_off(begin + 1) from None
        raise unreadable(lines.line_num, error) from None
    if not names:
        raise BadTable(Message("csv.empty", "The body is empty. Send a line of column names and at least one row."))
    return Records(names, rows)


def _separator(text: str) -> str:
    heading = text.split("\n", 1)[0]
    counts = {separator: heading.count(separator) for separator in SEPARATORS}
    return max(counts, key=counts.__getitem__)


def records_as_trained(text: str, schema: Schema, reading: Reading, file: FileReading, most_rows: int) -> Records:
    """Return the rows of text that is written as the training file was, under the names of the raw columns.

    Lines above the heading are left out. So are rows of kinds that were set aside in training.

    Raises:
        BadTable: It breaks the rules of CSV, or is empty.
        LongTable: It has more rows than ``most_rows``.
    """
    asked = frozenset(schema.names)
    found: list[list[str]] = []
    searched = HEADING_LINES + file.lines_above
    for separator in dict.fromkeys((file.delimiter, *SEPARATORS)):
        records = _parsed(text, separator, file, most_rows)
        found = found or records
        at, heading = _heading(records[:searched], asked, reading, file)
        if heading:
            begin = at + 3 if is_import_row(records[at + 2] if at + 2 < len(records) else []) else at + 1
            places = [place for place in range(begin, len(records)) if records[place] != records[at]]
            below = [records[place] for place in places]
            fitting = _fitting(named(heading, reading), below, file, most_rows)
            rows = _with_left_out(fitting, places, partial(_lines, text, separator, file))
            return _with_repeated_headings(rows, len(records) - begin - len(below))
    if not file.has_header and found:
        width = len(found[min(file.lines_above, len(found) - 1)])
        above = range(min(file.lines_above, len(found)))
        places = [place for place in above if not _is_outside(found[place], width, file)]
        places += range(file.lines_above, len(found))
        names = named([""] * width, reading)
        if asked <= set(names):
            fitting = _fitting(names, [found[place] for place in places], file, most_rows)
            return _with_left_out(fitting, places, partial(_lines, text, file.delimiter, file))
    return records_with_heading(text, most_rows)


def named(header: Sequence[str], reading: Reading) -> list[str]:
    """Return what the columns under a header are called, by the names that they got in training."""
    changed = {(name.written, name.occurrence): name.column for name in reading.names}
    seen: Counter[str] = Counter()
    names = []
    for at, written in enumerate(header, start=1):
        seen[written] += 1
        names.append(changed.get((written, seen[written])) or written.strip() or f"column_{at}")
    return names


def _heading(
    records: Sequence[list[str]], asked: frozenset[str], reading: Reading, file: FileReading
) -> tuple[int, list[str]]:
    """Return the record in which a heading ends that names all columns asked for, and its names, none without one."""
    if not asked:
        return 0, []
    if file.header_rows == 2:
        filled = [at for at, record in enumerate(records) if record != [""]]
        for first, second in pairwise(filled):
            joined = joined_header(records[first], records[second])
            if asked <= set(named(joined, reading)):
                return second, joined
    found = ((at, record) for at, record in enumerate(records) if asked <= set(named(record, reading)))
    return next(found, (0, []))


def _parsed(text: str, separator: str, file: FileReading, most_rows: int) -> list[list[str]]:
    most = most_rows + HEADING_LINES + file.lines_above + 1
    ended = text if not text or text.endswith(LINE_ENDS) else f"{text}\n"
    lines = _reader(ended + END, separator, file)
    try:
        records = list(islice((line or [""] for line in lines), most + 1))
    except csv.Error as error:
        raise unreadable(lines.line_num, error) from None
    if len(records) <= most and records[-1] != [END]:
        raise _cut_off(_lines(text, separator, file, [len(records) - 1])[0])
    del records[-1]
    if file.has_sequences:
        return [["" if cell == "\\N" else unescaped(cell) for cell in record] for record in records]
    return records


def _reader(text: str, separator: str, file: FileReading) -> Any:
    if file.escape and "\\N" in text:
        text = without_null_marks(text, separator)
    style: dict[str, Any] = {"quotechar": file.quote} if file.has_quotes else {"quoting": csv.QUOTE_NONE}
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, escapechar=file.escape or None, **style)


def _lines(text: str, separator: str, file: FileReading, places: Sequence[int]) -> list[int]:
    """Return the lines, counted from 1, on which some records of a text begin."""
    wanted = set(places)
    lines = _reader(text, separator, file)
    begins, begin = [], 1
    for at, _ in enumerate(islice(lines, max(places) + 1)):
        if at in wanted:
            begins.append(begin)
        begin = lines.line_num + 1
    return begins


class _Fitting(NamedTuple):
    """Rows, and which records are none: ``aside`` as such were in training, ``empty`` as they have no value."""

    names: list[str]
    rows: list[list[str]]
    aside: list[int]
    empty: list[int]


def _fitting(names: list[str], records: list[list[str]], file: FileReading, most_rows: int) -> _Fitting:
    """Return the rows below a heading, without those that were set aside in training."""
    width = len(names)
    rows, aside, empty = list[list[str]](), list[int](), list[int]()
    last = len(records) - file.lines_below
    totals_from = max((at for at, record in enumerate(records) if any(record)), default=0) + 1 - MOST_TOTALS
    notes_from = _notes_from(records, file)
    totals_from = 0 if file.totals_anywhere else min(totals_from, notes_from - MOST_TOTALS)
    for at, record in enumerate(records):
        row = record[:width] if len(record) > width and not any(record[width:]) else record
        is_empty = width > 1 and not (any(row) and any(map(str.strip, row)))
        if is_empty or (at >= last and _is_outside(row, width, file)):
            if is_empty and len(record) > 1:
                empty.append(at)
            continue
        if file.pads and len(row) < width:
            row = row + [""] * (width - len(row))
        is_total = bool(file.totals) and at >= totals_from and len(row) == width and is_total_row(row, file.totals)
        if is_total or at >= notes_from or (file.sets_aside and len(row) != width):
            aside.append(at)
        else:
            rows.append(row)
    if len(rows) > most_rows:
        raise LongTable
    return _Fitting(names, rows, aside, empty)


def _notes_from(records: Sequence[Sequence[str]], file: FileReading) -> int:
    """Return at which record notes below the table begin, where the training file had some."""
    begin = len(records)
    if not file.footnotes:
        return begin
    lone = 0
    for at in range(len(records) - 1, -1, -1):
        texts = [cell.strip() for cell in records[at] if cell.strip()]
        lone += len(texts)
        if len(texts) > 1 or lone > MOST_FOOTNOTES:
            break
        if texts and (texts[0].casefold()[:200] in file.footnotes or is_marked_note(texts[0])):
            begin = at
    return begin


def is_import_row(cells: Sequence[str]) -> bool:
    """Return whether a record is the third of a survey's export: below names and questions, what an import needs."""
    return bool(cells) and all(cell.startswith('{"ImportId"') for cell in cells)


def is_marked_note(text: str) -> bool:
    """Return whether a text begins as notes below a table do: with “Source:”, with an asterisk."""
    return _MARKED_NOTE.match(text) is not None


def shown_lines(lines: Sequence[int]) -> str:
    """Return the first few of some lines for a message."""
    return ", ".join(map(str, lines[:MOST_FOOTNOTES])) + (", …" if len(lines) > MOST_FOOTNOTES else "")


def _with_left_out(found: _Fitting, places: Sequence[int], lines: Callable[[Sequence[int]], Sequence[int]]) -> Records:
    """Return the rows with warnings that name the lines of what was left out, so that the answers can be matched."""
    warnings = []
    if found.aside:
        message = Message(
            "csv.set_aside",
            "{count:,} rows were left out, as such rows were when the model was trained (totals, notes below the "
            "table, or rows of another length): line {lines}.",
            one="1 row was left out, as such rows were when the model was trained (a total, a note below the table, or "
            "a row of another length): line {lines}.",
            count=len(found.aside),
            lines=shown_lines(lines([places[at] for at in found.aside[: MOST_FOOTNOTES + 1]])),
        )
        warnings.append(message)
    if found.empty:
        message = Message(
            "csv.empty_rows",
            "{count:,} lines hold separators but no value and were left out: line {lines}.",
            one="1 line holds separators but no value and was left out: line {lines}.",
            count=len(found.empty),
            lines=shown_lines(lines([places[at] for at in found.empty[: MOST_FOOTNOTES + 1]])),
        )
        warnings.append(message)
    return Records(found.names, found.rows, tuple(warnings))


def _with_repeated_headings(found: Records, count: int) -> Records:
    """Return the rows with a warning of so many lines among them that repeated the heading."""
    if not count:
        return found
    message = Message(
        "csv.repeated_heading",
        "{count:,} lines that repeat the heading were left out.",
        one="1 line that repeats the heading was left out.",
        count=count,
    )
    return found._replace(warnings=(*found.warnings, message))


def _is_outside(record: Sequence[str], width: int, file: FileReading) -> bool:
    """Return whether a record at an end of the file is one that a person said to leave out, and no row."""
    return len(record) != width or is_total_row(record, file.outside)


def is_total_row(row: Sequence[str], totals: Sequence[str]) -> bool:
    """Return whether the first text of a row is one of those that rows of totals begin with."""
    first = next((text.strip() for text in row if text.strip()), "")
    return first.casefold().rstrip(":") in totals

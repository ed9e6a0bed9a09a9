"""Records that are no rows though they are as wide as rows: separators alone, and notes below the table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tasks.contract.spelling import MISSING_NUMBERS
from tasks.graph.messages import Message
from tasks.inference.csv_records import MOST_FOOTNOTES, is_import_row, is_marked_note, shown_lines
from tasks.ingest.content import Content, line_at
from tasks.ingest.dialect import CsvDialect
from tasks.ingest.options import Choice, Notes, ReadOptions
from tasks.ingest.table_head import is_value

_KEEP = (Choice(Message("choice.keep_totals", "Keep them as rows"), {"footnotes": "keep"}),)
_LOOKED = 200
"""Rows above a note that tell whether it could be a row."""
_LONGEST = 200


class Rows(NamedTuple):
    """Columns of texts without records that are no rows. ``footnotes``: the texts of notes, in small letters."""

    columns: list[Any]
    footnotes: tuple[str, ...] = ()


def without_footnotes(
    columns: list[Any], content: Content, dialect: CsvDialect, options: ReadOptions, notes: Notes
) -> Rows:
    """Return columns of texts without records that hold no value, and without notes below the table.

    A note is a last record with one text alone that begins like one, stands apart from the rows, or stands in a column
    of numbers.

    Args:
        columns: One Arrow string array per column; of a single column every record is a row.
        content: The text they were read of.
        dialect: How it is written.
        options: Whether notes stay.
        notes: Takes a note of what was left out.
    """
    if len(columns) < 2 or not len(columns[0]):
        return Rows(columns)
    empty = _empty_rows(columns)
    texts = _notes_below(columns, empty) if options.footnotes == "leave_out" else {}
    if texts:
        message = Message(
            "reading.footnotes",
            "{count:,} records below the table hold notes and were left out: line {lines} (“{text}”).",
            one="1 record below the table holds a note and was left out: line {lines} (“{text}”).",
            count=len(texts),
            lines=shown_lines(_lines_of_texts(content, dialect, [texts[at] for at in sorted(texts)])),
            text=texts[min(texts)][:80],
        )
        notes.add("footnotes", message, choices=_KEEP)
    if len(empty):
        lines = _empty_lines(content, dialect, len(empty))
        message = (
            Message(
                "reading.empty_rows",
                "{count:,} lines hold separators but no value and were left out: line {lines}.",
                one="1 line holds separators but no value and was left out: line {lines}.",
                count=len(empty),
                lines=shown_lines(lines),
            )
            if lines
            else Message(
                "reading.empty_rows_counted", "{count:,} rows have no value and were left out.", count=len(empty)
            )
        )
        notes.add("empty_rows", message)
    if not texts and not len(empty):
        return Rows(columns)
    import pyarrow as pa

    kept = np.ones(len(columns[0]), dtype=bool)
    kept[empty] = False
    kept[list(texts)] = False
    mask = pa.array(kept)
    found = tuple(dict.fromkeys(text.casefold()[:_LONGEST] for text in texts.values()))
    return Rows([column.filter(mask) for column in columns], found)


def without_import_rows(columns: list[Any], notes: Notes) -> list[Any]:
    """Return columns of texts without the two rows that a survey's export has below the names of its columns."""
    if not columns or len(columns[0]) < 2 or not is_import_row([column[1].as_py() or "" for column in columns]):
        return columns
    message = Message(
        "reading.question_rows",
        "The file is the export of a survey: the two rows below the names, of questions and of what an import needs, "
        "were left out.",
    )
    notes.add("question_rows", message)
    return [column.slice(2) for column in columns]


def _empty_rows(columns: Sequence[Any]) -> np.ndarray:
    """Return the rows that have nothing but blanks; no column behind one that is full everywhere is looked at."""
    import pyarrow.compute as pc

    found = None
    for column in columns:
        # What is missing and what is blank both say false here.
        is_empty = pc.or_kleene(pc.is_null(column), pc.equal(column, ""))
        is_empty = pc.or_kleene(is_empty, pc.utf8_is_space(column))
        found = is_empty if found is None else pc.and_(found, is_empty)
        if not pc.any(found).as_py():
            return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(found.to_numpy(zero_copy_only=False)) if found is not None else np.zeros(0, dtype=np.intp)


def _notes_below(columns: Sequence[Any], empty: np.ndarray) -> dict[int, str]:
    """Return row to text of the notes at the end of a table."""
    gaps = set(empty[-_LOOKED:].tolist())
    lone: dict[int, str] = {}
    place = -1
    at = len(columns[0]) - 1
    while at > 0 and len(lone) <= MOST_FOOTNOTES:
        if at not in gaps:
            cells = {where: text for where, column in enumerate(columns) if (text := _cell(column, at))}
            if len(cells) != 1:
                break
            place, text = next(iter(cells.items()))
            lone[at] = text
        at -= 1
    if not lone or len(lone) > MOST_FOOTNOTES or at <= 0:
        return {}
    above = [row for row in range(max(0, at - _LOOKED), at + 1) if row not in gaps]
    may_be_row = any(sum(bool(_cell(column, row)) for column in columns) == 1 for row in above)
    values = [text for row in above if (text := _cell(columns[place], row)) not in MISSING_NUMBERS]
    holds_values = bool(values) and all(map(is_value, values))
    for row in sorted(lone):
        text = lone[row]
        is_apart = row - 1 in gaps and len(columns) > 2 and not may_be_row
        is_misfit = holds_values and " " in text and not is_value(text) and text not in MISSING_NUMBERS
        if is_marked_note(text) or is_apart or is_misfit:
            return {later: lone[later] for later in lone if later >= row}
    return {}


def _cell(column: Any, at: int) -> str:
    return str(column[at].as_py() or "").strip()


def _empty_lines(content: Content, dialect: CsvDialect, count: int) -> list[int]:
    """Return the lines that hold separators alone; none where others than the rows left out look so too."""
    mark = re.escape(dialect.delimiter.encode())
    quote = re.escape(dialect.quote.encode()) if dialect.quote else b""
    blank = rb"[ \t" + quote + rb"]*"
    pattern = re.compile(rb"(?<=[\r\n])" + blank + mark + rb"(?:" + blank + mark + rb")*" + blank + rb"(?=[\r\n]|\Z)")
    places = [found.start() for found in pattern.finditer(content.data, max(0, dialect.start - 1))]
    return [line_at(content.data, place) for place in places[:MOST_FOOTNOTES]] if len(places) == count else []


def _lines_of_texts(content: Content, dialect: CsvDialect, texts: Sequence[str]) -> list[int]:
    """Return the last lines of the text that hold these texts, in order."""
    data = content.data if hasattr(content.data, "rfind") else bytes(content.data)
    end, found = len(data), list[int]()
    for text in reversed(texts):
        at = data.rfind(text.splitlines()[0].encode(), dialect.start, end)
        if at < 0:
            break
        found.append(line_at(data, at))
        end = at
    return found[::-1]

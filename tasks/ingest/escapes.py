"""A character that takes its meaning from the quotation mark or delimiter behind it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from tasks.contract.backslashes import ESCAPE, SEQUENCES, without_null_marks
from tasks.ingest.content import Content
from tasks.ingest.options import MAX_CELL_BYTES

_OTHER_BACKSLASH = re.compile(rb"\\(?![bfnrtv\\N])")


def escaped_places(buffer: np.ndarray, escape: str) -> np.ndarray:
    """Return which bytes an escape character stands before, in order; a pair of them is one plain character."""
    marks = np.flatnonzero(buffer == ord(escape))
    if not len(marks):
        return marks
    begins = np.flatnonzero(np.concatenate([[True], np.diff(marks) != 1]))
    lengths = np.diff(np.append(begins, len(marks)))
    ends = marks[begins + lengths - 1] + 1
    places: np.ndarray = ends[lengths % 2 == 1]
    return places


def escapes_delimiters(head: str, delimiter: str) -> bool:
    """Return whether first lines without quotation marks have the same length only if escaped delimiters are plain."""
    if ESCAPE + delimiter not in head and not (ESCAPE + "\n" in head and has_null_marks(head.encode(), delimiter)):
        return False
    widths = [_widths(head, delimiter, escape) for escape in (None, ESCAPE)]
    return len(widths[0]) > 1 and len(widths[1]) == 1 and widths[1] != {1}


def has_null_marks(data: Any, delimiter: str) -> bool:
    r"""Return whether a cell without quotation marks is ``\N``."""
    text = data if hasattr(data, "find") else bytes(data)
    if text.find(b"\\N") < 0:
        return False
    mark = re.escape(delimiter.encode())
    return re.search(rb"[\r\n" + mark + rb"]\\N(?:[\r\n" + mark + rb"]|\Z)", text) is not None


def has_sequences(data: Any) -> bool:
    """Return whether every backslash of a text without quotation marks begins a sequence, as databases write them."""
    # A pair is one backslash, so a path such as C:\\Users with plain backslashes is no such text.
    return _OTHER_BACKSLASH.search(bytes(data).replace(b"\\\\", b"")) is None


def with_null_marks_out(content: Content, start: int, delimiter: str) -> Content:
    r"""Return a text in which cells ``\N`` are empty, from the position ``start`` on."""
    text = bytes(content.data)
    if b"\\N" not in text:
        return content
    data = text[: max(0, start - 1)] + without_null_marks(text[max(0, start - 1) :], delimiter)
    return replace(content, data=data, size=len(data))


def without_sequences(column: Any) -> Any:
    r"""Return an Arrow string array with what sequences stand for; a text ``\N`` is null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pc.any(pc.match_substring(column, ESCAPE)).as_py():
        return column
    column = pc.if_else(pc.equal(column, ESCAPE + "N"), pa.scalar(None, column.type), column)
    # No text holds a zero byte, so one may stand for a pair meanwhile.
    column = pc.replace_substring(column, 2 * ESCAPE, "\0")
    for letter, meant in SEQUENCES.items():
        column = pc.replace_substring(column, ESCAPE + letter, meant) if letter != ESCAPE else column
    return pc.replace_substring(column, "\0", ESCAPE)


def _widths(head: str, delimiter: str, escape: str | None) -> set[int]:
    csv.field_size_limit(64 * MAX_CELL_BYTES)
    reader = csv.reader(
        io.StringIO(head, newline=""), delimiter=delimiter, escapechar=escape, quoting=csv.QUOTE_NONE, quotechar=None
    )
    return {len(record) for record in islice(filter(None, reader), 200)}

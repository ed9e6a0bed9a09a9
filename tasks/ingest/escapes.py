"""A character that takes its meaning from the quotation mark or delimiter behind it."""

from __future__ import annotations

import csv
import io
from itertools import islice

import numpy as np

from tasks.ingest.options import MAX_CELL_BYTES

ESCAPE = "\\"


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
    if ESCAPE + delimiter not in head:
        return False
    widths = [_widths(head, delimiter, escape) for escape in (None, ESCAPE)]
    return len(widths[0]) > 1 and len(widths[1]) == 1 and widths[1] != {1}


def _widths(head: str, delimiter: str, escape: str | None) -> set[int]:
    csv.field_size_limit(64 * MAX_CELL_BYTES)
    reader = csv.reader(
        io.StringIO(head, newline=""), delimiter=delimiter, escapechar=escape, quoting=csv.QUOTE_NONE, quotechar=None
    )
    return {len(record) for record in islice(filter(None, reader), 200)}

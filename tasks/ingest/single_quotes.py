"""Single quotation marks that values stand in: found out from the first lines, where nobody said so."""

from __future__ import annotations

import re
from typing import Any

from tasks.graph.messages import Message
from tasks.ingest.errors import IngestError
from tasks.ingest.options import Choice, Notes
from tasks.ingest.quotes import check_quotes
from tasks.ingest.table_head import is_value

SINGLE_QUOTE = "'"
_LINES = 200
_FEWEST = 3
_SHARE = 0.9
_PLAIN = (Choice(Message("choice.plain_single_quotes", "Keep them: they are part of the values"), {"quote": "none"}),)


def has_single_quotes(data: Any, start: int, head: str, delimiter: str) -> bool:
    """Return whether nearly all texts of the first lines stand in single quotation marks, and all of the file fit that.

    Args:
        data: The text.
        start: Where the table begins.
        head: Its first lines.
        delimiter: What separates its columns.
    """
    if SINGLE_QUOTE + delimiter not in head and delimiter + SINGLE_QUOTE not in head:
        return False
    mark = re.escape(delimiter)
    # A value in quotation marks may hold delimiters; any other ends at the next one.
    cell = re.compile(rf"('(?:[^'\r\n]|'')*')(?=[{mark}\r\n]|\Z)|[^{mark}\r\n]+")
    quoted = bare = 0
    for line in head.splitlines()[1:_LINES]:  # names of columns may stand bare
        for found in cell.finditer(line):
            if found[1]:
                quoted += 1
            else:
                bare += not is_value(found[0]) and bool(found[0].strip())
    if quoted < _FEWEST or quoted < _SHARE * (quoted + bare):
        return False
    noticed = Notes()
    try:
        are_used, _ = check_quotes(data, start, delimiter, SINGLE_QUOTE, noticed)
    except IngestError:
        return False
    return are_used and not noticed.all


def note_single_quotes(notes: Notes) -> None:
    """Note that single quotation marks are no part of values."""
    message = Message(
        "reading.single_quotes", "Values stand in single quotation marks, which were left out, as in 'value'."
    )
    notes.add("single_quotes", message, choices=_PLAIN)

"""Quotation marks in a text table: whether values stand in them by the rules."""

from __future__ import annotations

import csv
import io
from typing import Any, NamedTuple, TextIO

import numpy as np

from tasks.contract.backslashes import ESCAPE
from tasks.graph.messages import Message
from tasks.ingest.content import line_at
from tasks.ingest.errors import IngestError
from tasks.ingest.escapes import escaped_places
from tasks.ingest.options import MAX_CELL_BYTES, Notes

_SPACE = ord(" ")


def streamed(data: Any, start: int) -> TextIO:
    """Return the text as a stream, decoded piece by piece: as one string it would take four times its size."""
    return io.TextIOWrapper(io.BytesIO(data[start:]), encoding="utf-8", newline="")


class Quotes(NamedTuple):
    """Whether values stand in quotation marks, and the character that a mark inside stands behind; empty for none."""

    are_used: bool
    escape: str = ""


def check_quotes(data: Any, start: int, delimiter: str, quote: str, notes: Notes, escape: str = "none") -> Quotes:
    """Return whether quoted fields are there and written by the rules.

    In order, quotes must open and close in turn: an opening one stands after a delimiter or a line break, or directly
    after the one before (that is how a quote inside a field is written); a closing one stands before such. Where this
    does not hold, it may hold for those behind no backslash. Else quotes inside unquoted fields are plain characters;
    anything else could be read in two ways.

    Args:
        data: The text.
        start: Where the table begins.
        delimiter: What separates its columns.
        quote: The quotation mark; empty for none.
        notes: Takes a note of what was noticed.
        escape: What takes its meaning from the character behind it: ``none``, a backslash, or ``auto``.

    Raises:
        IngestError: The quotes can be read in two ways.
    """
    buffer = np.frombuffer(data, dtype=np.uint8)[start:]
    at = np.flatnonzero(buffer == ord(quote)) if quote else np.zeros(0, dtype=np.intp)
    edge = np.zeros(256, dtype=bool)
    edge[[ord(delimiter), 10, 13]] = True
    fine_open, fine_close = _in_order(buffer, at, edge)
    is_fine = fine_open.all() and fine_close.all() and len(fine_open) == len(fine_close)
    found = escape if escape == ESCAPE else ""
    if escape == ESCAPE or (escape == "auto" and not is_fine):
        bare = at[~np.isin(at, escaped_places(buffer, ESCAPE))]
        fine = _in_order(buffer, bare, edge)
        are_fine = bool(fine[0].all() and fine[1].all() and len(fine[0]) == len(fine[1]))
        if found or (are_fine and 0 < len(bare) < len(at)):
            if not found:
                note_escape(notes)
            at, (fine_open, fine_close), is_fine, found = bare, fine, are_fine, ESCAPE
    _refuse_two_line_breaks(data, start, buffer, at)
    if not len(at):
        return Quotes(are_used=False, escape=found)
    if is_fine:
        return Quotes(are_used=True, escape=found)
    opens, closes = at[::2], at[1::2]
    spaced = at[(at > 1) & (buffer[at - 1] == _SPACE) & edge[buffer[at - 2]]]
    if len(spaced):
        line = line_at(data, start + int(spaced[0]))
        raise IngestError(
            Message(
                "file.space_before_quote",
                "On line {line} there is a space between the delimiter and a quotation mark, so the value may or may "
                "not be quoted. Remove the spaces after delimiters.",
                line=line,
            ),
            line=line,
        )
    before_each = np.where(at > 0, buffer[at - 1], 10)
    starts = at[edge[before_each]]
    if not len(starts) or _reads_strictly(data, start, delimiter, quote, found):
        plain = _plain_quotes(at, edge[before_each] if len(starts) else np.zeros(len(at), dtype=bool))
        message = Message(
            "reading.plain_quotes_counted",
            "{count:,} quotation marks inside values were read as plain characters, the first on line {line}.",
            one="1 quotation mark inside a value was read as a plain character, on line {line}.",
            count=len(plain),
            line=line_at(data, start + int(plain[0])),
        )
        notes.add("plain_quotes", message)
        return Quotes(are_used=bool(len(starts)), escape=found)
    wrong_open = opens[~fine_open][:1]
    wrong_close = closes[~fine_close][:1]
    unclosed = opens[-1:] if len(opens) > len(closes) else opens[:0]
    first = int(np.concatenate([wrong_open, wrong_close, unclosed]).min())
    line = line_at(data, start + first)
    raise IngestError(
        Message(
            "file.ambiguous_quotes",
            "The quotation marks on line {line} can be read in more than one way. A value in quotes must be closed "
            'before the next delimiter, and a quotation mark inside it is written twice ("").',
            line=line,
        ),
        line=line,
    )


def _in_order(buffer: np.ndarray, at: np.ndarray, edge: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which of the quotes that open values in turn stand where one may, and which of those that close them do.

    Args:
        buffer: The text as bytes.
        at: Where quotes stand, in order.
        edge: Whether a byte may stand before an opening or behind a closing one: shape (256,).
    """
    opens, closes = at[::2], at[1::2]
    before = np.where(opens > 0, buffer[opens - 1], 10)
    after = np.where(closes + 1 < len(buffer), buffer[np.minimum(closes + 1, len(buffer) - 1)], 10)
    fine_open = edge[before]
    fine_open[1:] |= opens[1:] == closes[: len(opens) - 1] + 1
    fine_close = edge[after]
    inner = closes[: len(opens) - 1] + 1 == opens[1:]
    fine_close[: len(inner)] |= inner
    return fine_open, fine_close


def note_escape(notes: Notes) -> None:
    """Note that backslashes are no part of values."""
    message = Message(
        "reading.escape_found",
        'A backslash before a character, as in \\", was read as an escape and left out. If backslashes are part of the '
        "values, read the file again without an escape character.",
    )
    notes.add("escape_found", message)


def _plain_quotes(at: np.ndarray, may_open: np.ndarray) -> list[int]:
    """Return which quotes neither open nor close a value nor stand twice in one for themselves.

    Args:
        at: Where quotes stand, in order.
        may_open: Which of them stand where a value begins.
    """
    plain = []
    places, is_inside, index = at.tolist(), False, 0
    while index < len(places):
        if is_inside and index + 1 < len(places) and places[index + 1] == places[index] + 1:
            index += 1
        elif is_inside or may_open[index]:
            is_inside = not is_inside
        else:
            plain.append(places[index])
        index += 1
    return plain


def _reads_strictly(data: Any, start: int, delimiter: str, quote: str, escape: str) -> bool:
    """Return whether every value that begins with a quotation mark is closed by one before the next delimiter."""
    csv.field_size_limit(64 * MAX_CELL_BYTES)
    try:
        lines = streamed(data, start)
        for _ in csv.reader(lines, delimiter=delimiter, quotechar=quote, escapechar=escape or None, strict=True):
            pass
    except csv.Error:
        return False
    return True


def _refuse_two_line_breaks(data: Any, start: int, buffer: np.ndarray, quotes: np.ndarray) -> None:
    """Refuse lone carriage returns beside line feeds, outside quotes: a line break to some readers only.

    Raises:
        IngestError: There is one.
    """
    returns = np.flatnonzero(buffer == 13)
    if not len(returns) or not (buffer == 10).any():
        return
    following = buffer[np.minimum(returns + 1, len(buffer) - 1)]
    lone = returns[following != 10]
    outside = lone[np.searchsorted(quotes, lone) % 2 == 0]
    if len(outside):
        line = line_at(data, start + int(outside[0]))
        raise IngestError(
            Message(
                "file.line_breaks",
                "Line {line} contains a carriage return that may or may not be a line break, since other lines end "
                "differently. Save the file with one kind of line break.",
                line=line,
            ),
            line=line,
        )

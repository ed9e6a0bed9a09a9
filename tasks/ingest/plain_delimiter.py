"""Delimiters outside ASCII: the text is parsed with a character in their place that stands nowhere in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

from tasks.graph.messages import Message
from tasks.ingest.content import Content
from tasks.ingest.errors import IngestError
from tasks.ingest.options import MAX_CELL_BYTES

UNUSUAL_DELIMITERS = ("§", "¦", "¬", "¶", "·", "•", "｜", "；", "，")
"""Looked for where no usual delimiter parts the first lines alike."""
USUAL_DELIMITERS = (",", ";", "\t", "|")
_STAND_INS = tuple(map(chr, (0x1F, 0x1E, 0x1D, 0x1C, *range(1, 9), 0x0E, 0x0F)))
_HEAD_BYTES = 1 << 18
_LINES = 200


class PlainText(NamedTuple):
    """A text whose delimiter is an ASCII character.

    Attributes:
        content: The text.
        delimiter: The character that stands in it for another one; empty where none does.
        written: The delimiter that the file has instead.
    """

    content: Content
    delimiter: str = ""
    written: str = ""

    def restored(self, text: str) -> str:
        """Return a piece of the text as the file has it."""
        return text.replace(self.delimiter, self.written) if self.delimiter else text

    def restored_columns(self, columns: Sequence[Any]) -> list[Any]:
        """Return Arrow string arrays as the file has their texts."""
        import pyarrow.compute as pc

        if not self.delimiter:
            return list(columns)
        return [pc.replace_substring(column, self.delimiter, self.written) for column in columns]


def with_plain_delimiter(content: Content, chosen: str) -> PlainText:
    """Return a text with an ASCII delimiter.

    Args:
        content: The text.
        chosen: Its delimiter as a person says; empty to find out from its first lines.

    Raises:
        IngestError: Every character that could stand for the delimiter is in the text.
    """
    written = chosen if chosen and not chosen.isascii() else "" if chosen else _unusual(content)
    if not written:
        return PlainText(content)
    data = bytes(content.data)
    stand_in = next((mark for mark in _STAND_INS if mark.encode() not in data), None)
    if stand_in is None:
        raise IngestError(
            Message(
                "file.control_characters", "The file is full of control characters. Save it with a usual delimiter."
            )
        )
    # In UTF-8 the bytes of a character are never part of those of another.
    data = data.replace(written.encode(), stand_in.encode())
    return PlainText(replace(content, data=data, size=len(data)), stand_in, written)


def _unusual(content: Content) -> str:
    """Return a delimiter outside ASCII that parts all first lines alike where no usual one does; empty for none."""
    window = bytes(content.data[:_HEAD_BYTES])
    if window.isascii():
        return ""
    head = window if len(window) < _HEAD_BYTES else window[: window.rfind(b"\n") + 1]
    text = head.decode(errors="ignore")
    present = [mark for mark in UNUSUAL_DELIMITERS if mark in text]
    if not present or any(_parts_alike(text, mark) for mark in USUAL_DELIMITERS):
        return ""
    return next((mark for mark in present if _parts_alike(text, mark)), "")


def _parts_alike(text: str, mark: str) -> bool:
    csv.field_size_limit(64 * MAX_CELL_BYTES)
    records = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        widths = [len(record) for record in islice(filter(None, records), _LINES)]
    except csv.Error:
        return False
    return len(widths) > 1 and len(set(widths)) == 1 and widths[0] > 1

"""UTF-8 text with a few bytes that are none: found, marked, and the rows that hold one set aside."""

from __future__ import annotations

import codecs
import re
from itertools import islice
from typing import Any

from tasks.graph.messages import Message
from tasks.inference.csv_records import DAMAGE_HANDLER, MARK
from tasks.ingest.errors import IngestError
from tasks.ingest.options import Notes, ReadOptions

FEW_ROWS = 3
"""So many damaged rows are set aside in any file, more where they are at most one in a hundred."""
_SURE = 0.99
_LIKELY = 0.8
_LOOKED = 1 << 22
_LETTER = re.compile(
    rb"(?:[\xc2-\xdf]|\xe0[\xa0-\xbf]|[\xe1-\xef][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]|[\xf1-\xf3][\x80-\xbf]{2}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf])[\x80-\xbf]|(?P<bad>[\x80-\xff])"
)


def valid_share(data: Any) -> float:
    """Return the share of the letters beyond ASCII that are UTF-8; 0 where there are none.

    A last letter that the end of the text cuts does not count.
    """
    good = bad = last = 0
    for found in islice(_LETTER.finditer(data), _LOOKED):
        if found["bad"] is None:
            good += 1
        elif found.start() < len(data) - 3 or not _is_cut(bytes(data[-3:])):
            bad += 1
        last = good + bad
    return good / last if last else 0.0


def is_certain_utf8(data: Any) -> bool:
    """Return whether text is UTF-8 but for a few bytes, whatever else it might be."""
    return valid_share(data) > _SURE


def is_probable_utf8(data: Any) -> bool:
    """Return whether text is UTF-8 rather than in an encoding of one byte a letter."""
    return valid_share(data) > _LIKELY


def marked(data: Any) -> bytes:
    """Return text with `MARK` for each run of bytes that is no UTF-8."""
    return bytes(data).decode("utf-8", errors=DAMAGE_HANDLER).encode()


def without_damaged(
    header: list[str], words: list[Any], damage: IngestError, options: ReadOptions, notes: Notes
) -> list[Any]:
    """Return columns of texts without the rows that hold a mark, which a note counts.

    Args:
        header: What the columns are called.
        words: One Arrow string array per column.
        damage: Names the first line with such a byte.
        options: Whether a person wants rows to be set aside.
        notes: Takes the note.

    Raises:
        IngestError: They are many, none are to be set aside, or a column's name is damaged.
    """
    import pyarrow.compute as pc

    is_damaged = None
    for column in words:
        found = pc.fill_null(pc.match_substring(column, MARK), fill_value=False)
        is_damaged = found if is_damaged is None else pc.or_(is_damaged, found)
    count = (pc.sum(is_damaged).as_py() or 0) if is_damaged is not None else 0
    rows = len(words[0]) if words else 0
    few = count <= max(FEW_ROWS, rows // 100) and count * 5 <= rows
    if not count and MARK not in "".join(header):
        return words  # it was in lines that are left out anyway
    if options.bad_rows == "refuse" or not count or (options.bad_rows == "auto" and not few):
        raise damage
    message = Message(
        "reading.damaged",
        "{count:,} rows hold bytes that are no UTF-8 text and were set aside, the first on line {line}.",
        one="1 row holds bytes that are no UTF-8 text and was set aside: line {line}.",
        count=count,
        line=damage.line or 0,
    )
    notes.add("damaged", message)
    return [column.filter(pc.invert(is_damaged)) for column in words]


def _is_cut(end: bytes) -> bool:
    """Return whether text ends within a letter of UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
    decoder.decode(end)
    return bool(decoder.getstate()[0])

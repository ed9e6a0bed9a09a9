"""Finds out whether a file writes decimals with a point or a comma."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tasks.graph.messages import Message
from tasks.ingest.options import Notes

COMMA_DECIMAL = re.compile(r"\s*[+-]?\d+,\d+\s*", re.ASCII)
POINT_THOUSANDS = re.compile(r"\s*[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?\s*", re.ASCII)
PLAIN = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)


def is_comma_number(word: str) -> bool:
    """Return whether a text is a number in a file of decimal commas."""
    return bool(PLAIN.fullmatch(word) or COMMA_DECIMAL.fullmatch(word) or POINT_THOUSANDS.fullmatch(word))


@dataclass(frozen=True)
class _Evidence:
    """What a column says about the file's decimal mark. ``is_thousands_like``: points, each before three digits."""

    commas: bool = False
    points: bool = False
    is_thousands_like: bool = False


def find_decimal(
    names: list[str], columns: list[Any], notes: Notes, missing: frozenset[str], *, semicolon: bool
) -> tuple[str, bool]:
    """Return the decimal mark of the file, and whether some columns have commas and others points.

    It is a comma only where a column can be read in no other way.

    Args:
        columns: One Arrow string array per name.
        missing: Texts that mean “no value”.
        semicolon: The file separates its columns by semicolons, as tables with decimal commas do.
    """
    found = [_evidence(column, missing, semicolon=semicolon) for column in columns]
    commas, points = any(one.commas for one in found), any(one.points for one in found)
    if commas:
        notes.add("decimal_comma", Message("reading.decimal_comma", "Numbers were read with a decimal comma (12,5)."))
        return ",", points
    if semicolon and not points:
        for name, one in zip(names, found, strict=True):
            if one.is_thousands_like:
                message = Message(
                    "reading.points",
                    "Numbers in column “{column}” like 1.234 were read with decimal points. If they are thousands, "
                    "read the file again with a decimal comma.",
                    column=name,
                )
                notes.add("points", message, name)
    return ".", False


def _evidence(column: Any, missing: frozenset[str], *, semicolon: bool) -> _Evidence:
    import pyarrow.compute as pc

    start = column.slice(0, 2000)
    has_comma = pc.any(pc.match_substring(start, ",")).as_py()
    if not has_comma and not pc.any(pc.match_substring(start, ".")).as_py():
        return _Evidence()
    sample = column if has_comma else start
    distinct = [w for w in pc.unique(sample).to_pylist() if w and w.strip() not in missing]
    if not distinct or not all(is_comma_number(w) for w in distinct):
        return _Evidence()
    with_comma = [w for w in distinct if COMMA_DECIMAL.fullmatch(w)]
    with_point = [w for w in distinct if "." in w]
    points = any(not POINT_THOUSANDS.fullmatch(w) for w in with_point)
    proof = any(len(w.strip().rpartition(",")[2]) != 3 for w in with_comma)
    commas = not points and (proof or (semicolon and bool(with_comma)))
    return _Evidence(commas, points, bool(with_point) and not points)

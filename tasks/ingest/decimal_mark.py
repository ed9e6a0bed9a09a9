"""Finds out whether a file writes decimals with a point or a comma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tasks.graph.messages import Message
from tasks.ingest.number_formats import (
    COMMA_DECIMAL,
    POINT_THOUSANDS,
    FileMarks,
    amounts,
    are_sure_thousands,
    is_comma_number,
)
from tasks.ingest.options import Choice, Notes


@dataclass(frozen=True)
class _Evidence:
    """What a column says about the file's marks.

    ``is_thousands_like``: points, each before three digits, as in ``example``.
    """

    commas: bool = False
    points: bool = False
    is_thousands_like: bool = False
    comma_thousands: bool = False
    example: str = ""


def find_decimal(
    names: list[str], columns: list[Any], notes: Notes, missing: frozenset[str], *, semicolon: bool
) -> FileMarks:
    """Return the decimal mark of the file, and whether some columns have commas and others points.

    It is a comma only where a column can be read in no other way.

    Args:
        names: The columns.
        columns: One Arrow string array per name.
        notes: Where what was decided is noted.
        missing: Texts that mean “no value”.
        semicolon: The file separates its columns by semicolons, as tables with decimal commas do.
    """
    found = [_evidence(column, missing, semicolon=semicolon) for column in columns]
    commas, points = any(one.commas for one in found), any(one.points for one in found)
    comma_thousands = any(one.comma_thousands for one in found)
    if commas and not comma_thousands:
        notes.add("decimal_comma", Message("reading.decimal_comma", "Numbers were read with a decimal comma (12,5)."))
        return FileMarks(",", points)
    if semicolon and not points:
        for name, one in zip(names, found, strict=True):
            if one.is_thousands_like:
                message = Message(
                    "reading.points_like",
                    "Numbers in column “{column}” like {example} were read with decimal points. They may be thousands.",
                    column=name,
                    example=one.example,
                )
                label = Message(
                    "choice.decimal_comma",
                    "Read the file with a decimal comma: {example} is {value}",
                    example=one.example,
                    value=one.example.replace(".", ""),
                )
                notes.add("points", message, name, (Choice(label, {"decimal": ","}),))
    return FileMarks(has_comma_thousands=comma_thousands)


def _evidence(column: Any, missing: frozenset[str], *, semicolon: bool) -> _Evidence:
    import pyarrow.compute as pc

    start = column.slice(0, 2000)
    has_comma = pc.any(pc.match_substring(start, ",")).as_py()
    if not has_comma and not pc.any(pc.match_substring(start, ".")).as_py():
        return _Evidence()
    sample = column if has_comma else start
    distinct = [w for w in pc.unique(sample).to_pylist() if w and w.strip() not in missing]
    found = amounts(distinct) if distinct else None
    if found is None:
        return _Evidence()
    words = found.bare
    if are_sure_thousands(words) and all(is_comma_number(w.replace(",", "")) for w in words):
        return _Evidence(comma_thousands=True)
    if not all(is_comma_number(word) for word in words):
        return _Evidence()
    with_comma = [word for word in words if COMMA_DECIMAL.fullmatch(word)]
    with_point = [word for word in words if "." in word]
    points = any(not POINT_THOUSANDS.fullmatch(word) for word in with_point)
    proof = any(len(word.rpartition(",")[2]) != 3 for word in with_comma)
    # 1.234,50 can only be read with a decimal comma
    proof = proof or any("," in word for word in with_point)
    commas = not points and (proof or (semicolon and bool(with_comma)))
    is_thousands_like = bool(with_point) and not points
    return _Evidence(commas, points, is_thousands_like, example=with_point[0] if is_thousands_like else "")

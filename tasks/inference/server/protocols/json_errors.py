"""The sentence about a body that is almost JSON.

Clients in Python write NaN and Infinity, which JSON does not have; those are named by row and column.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, TypeAlias

from tasks.inference.row_messages import SHOWN, in_row

LONGEST_BYTES = 256 * 1024
"""A longer body is not parsed a second time, which would block other requests: only orjson's message is given."""

_LONGEST_NUMBER = 300  # digits: what has fewer is within the floats, and costs nothing to read
_Path: TypeAlias = "tuple[_Path, int | str] | None"


@dataclass(frozen=True)
class _Strange:
    """A number that JSON does not have, as it was written."""

    text: str


def strange_number(content: bytes) -> tuple[str, str] | None:
    """Return the location of the first number that JSON does not have, and a sentence about it.

    Returns:
        ``None`` when that is not what is wrong with the body, or it is too long to look.
    """
    if len(content) > LONGEST_BYTES:
        return None
    try:
        data = json.loads(content, parse_constant=_Strange, parse_float=_number, parse_int=_number)
    except (ValueError, RecursionError):
        return None
    found = _first(data)
    if found is None:
        return None
    path, text = found
    shown = text if len(text) <= SHOWN else f"{text[: SHOWN // 2]}… ({len(text)} characters)"
    row, name = _row_and_column(data, path)
    what = f"“{name[:SHOWN]}” is {shown}, which is no number in JSON. Send null for a missing value."
    return (name[:SHOWN], what) if row is None else (f"rows.{row}.{name[:SHOWN]}", in_row(row, what))


def _number(text: str) -> Any:
    if len(text) < _LONGEST_NUMBER and "e" not in text.lower():
        return 0  # only what is strange matters
    return 0 if math.isfinite(float(text)) else _Strange(text)


def _first(data: Any) -> tuple[list[int | str], str] | None:
    """Return path and text of the first strange number, in the order of the text."""
    waiting: list[tuple[Any, _Path]] = [(data, None)]
    while waiting:
        value, path = waiting.pop()
        if type(value) is _Strange:
            return _listed(path), value.text
        if type(value) is dict:
            waiting.extend((inner, (path, name)) for name, inner in reversed(value.items()))
        elif type(value) is list:
            waiting.extend((inner, (path, at)) for at, inner in reversed(list(enumerate(value))))
    return None


def _listed(path: _Path) -> list[int | str]:
    names: list[int | str] = []
    while path is not None:
        path, name = path
        names.append(name)
    return names[::-1]


def _row_and_column(data: Any, path: list[int | str]) -> tuple[int | None, str]:
    """Return row and column of a value, or no row and its path where it lies in none."""
    match path:
        case ["rows" | "instances" | "dataframe_records" | "inputs", int(row), str(name)]:
            return row, name
        case ["columns" | "instances" | "inputs", str(name), int(row), *_]:
            return row, name
        case ["dataframe_split", "data", int(row), int(at)]:
            names = data["dataframe_split"].get("columns")
            if type(names) is list and at < len(names):
                return row, str(names[at])
        case ["inputs", int(at), "data", int(row), *_]:
            return row, str(data["inputs"][at].get("name"))
    return None, ".".join(map(str, path))

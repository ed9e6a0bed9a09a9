"""Columns of plain numbers and of ISO dates, read as a whole by Arrow: the way nearly all columns go."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from tasks.contract.schema import ColumnType
from tasks.contract.spelling import folded

EXACT = 2.0**53
"""Whole numbers up to here are held exactly; one that is read as this may have been the next."""
_CODE = re.compile(r"\d+[eE]\d+", re.ASCII)


def quick_numbers(column: Any) -> np.ndarray | None:
    """Return the column as numbers if every word is a plain one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.null_count == len(column):
        return None
    first = next((word for word in column.slice(0, 100).to_pylist() if word), "")
    if _CODE.fullmatch(first) or first.startswith("+"):
        return None  # may be a code or a telephone number, which has to be looked at
    try:
        numeric = pc.cast(column, pa.float64())
    except pa.ArrowInvalid:
        return None
    zero_first = pc.and_(pc.starts_with(column, "0"), pc.greater(pc.binary_length(column), 1))
    doubtful = column.filter(pc.fill_null(zero_first, fill_value=False))
    if len(doubtful) and pc.any(pc.match_substring_regex(doubtful, r"^0\d")).as_py():
        return None
    if first.isdigit() and _have_one_length(column) and pc.any(pc.match_substring(column, "E")).as_py():
        return None
    values = np.asarray(numeric.to_numpy(zero_copy_only=False), dtype=np.float64)
    with np.errstate(invalid="ignore"):
        if (np.abs(values) >= EXACT).any():
            return None
    return values


def _have_one_length(column: Any) -> bool:
    import pyarrow.compute as pc

    found = pc.min_max(pc.binary_length(column)).as_py()
    return bool(found["min"] == found["max"])


def number_type(values: np.ndarray) -> ColumnType:
    """Return integer for numbers that are all whole, otherwise number."""
    present = values[~np.isnan(values)]
    if not len(present):
        return ColumnType.NUMBER
    whole = np.isfinite(present).all() and (present == np.trunc(present)).all()
    return ColumnType.INTEGER if whole else ColumnType.NUMBER


def quick_dates(given: list[str | None]) -> np.ndarray | None:
    """Return dates if every word is one as ISO 8601 has it, without a zone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        moments = pc.cast(pa.array(given, pa.large_string()), pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    return np.asarray(moments.to_numpy(zero_copy_only=False))


def is_too_long(word: str, value: float) -> bool:
    """Return whether a text that was read as this number is a whole one of more digits than are held exactly."""
    if not EXACT <= abs(value) < np.inf or "e" in word.lower():
        return False
    digits = re.sub(r"[^0-9]", "", folded(word)).lstrip("0")
    return len(digits) <= len(str(int(abs(value)))) and int(digits or "0") > EXACT

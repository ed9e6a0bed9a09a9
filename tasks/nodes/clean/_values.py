"""Conversions between texts, numbers, booleans and dates, value by value."""

from __future__ import annotations

from typing import Any

import numpy as np

from tasks.contract.schema import ColumnType
from tasks.contract.spelling import date

_TRUE = frozenset({"true", "t", "yes", "y", "1", "on"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "off"})


def convert_each(values: np.ndarray, read: Any, dtype: Any) -> np.ndarray:
    """Return what ``read`` makes of each word, asked once per different word; ``None`` where it is missing."""
    known = {word: None if word is None else read(word) for word in set(values.tolist())}
    made = np.empty(len(values), dtype=object)
    made[:] = [known[word] for word in values]
    return (
        made.astype(dtype) if dtype is not np.float64 else np.asarray([np.nan if v is None else v for v in made], float)
    )


def normalised_text(word: str) -> str | None:
    """Return a text in lower case with single spaces, ``None`` when nothing is left."""
    return " ".join(word.split()).lower() or None


def boolean(word: str) -> float | None:
    """Return 1 or 0 for a word that means yes or no, ``None`` for any other."""
    text = word.strip().lower()
    return 1.0 if text in _TRUE else 0.0 if text in _FALSE else None


def parsed_date(word: str, *, day_first: bool) -> Any:
    """Return the date that a text gives, also one of eight digits; ``None`` when it gives none."""
    text = word.strip()
    if len(text) == 8 and text.isdigit():
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return date(text, day_first=day_first)


def as_kind(values: np.ndarray, kind: ColumnType) -> np.ndarray:
    """Return numbers rounded for an integer column, and without what is neither 0 nor 1 for a boolean one."""
    if kind is ColumnType.INTEGER:
        return np.asarray(np.rint(values))
    if kind is ColumnType.BOOLEAN:
        return np.where(np.isin(values, (0.0, 1.0)), values, np.nan)
    return values


def as_text(values: np.ndarray) -> np.ndarray:
    """Return numbers and dates as words: 3 and not 3.0, 2024-01-31 and not 2024-01-31T00:00:00."""
    if values.dtype.kind == "M":
        words = [None if item is None else item.isoformat().removesuffix("T00:00:00") for item in values.tolist()]
    else:
        words = [_written_number(item) for item in values.tolist()]
    return np.array(words, dtype=object)


def _written_number(value: float) -> str | None:
    if value != value:  # noqa: PLR0124 - NaN
        return None
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)

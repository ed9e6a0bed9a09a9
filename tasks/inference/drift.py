"""How far what comes in has moved from what a model learned from: reference shares, and counts in the same bins.

A reference is JSON data in a package's manifest. Counts are whole numbers, so they add up over processes and minutes;
what they mean is worked out elsewhere, where no NumPy is (``apps/serving/drift.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import is_missing

BINS = 10
NAMED_CATEGORIES = 12
MOST_KNOWN = 1000
"""More distinct values than this are no categories: their length is looked at instead."""

NUMBER, CATEGORY, LENGTH, DATE = "number", "category", "length", "date"


def reference_of(
    schema: Schema, columns: Mapping[str, np.ndarray], predictions: Sequence[Any], classes: Sequence[Any] | None
) -> dict[str, Any]:
    """Return how training rows and the model's answers were spread.

    Args:
        schema: The raw columns that are asked for.
        columns: Raw rows the model was fitted on; each array of shape (rows,).
        predictions: What the model answered to rows it was not fitted on.
        classes: The classes as they are answered; ``None`` where it answers numbers.

    Returns:
        ``{rows, columns: {name: one}, prediction: one}``, where one is ``{kind, edges or categories, known, low, high,
        shares, missing, unseen}``: shares of the rows in each bin, of missing values, and of values outside what
        was known, all from 0 to 1.
    """
    rows = len(next(iter(columns.values()))) if columns else 0
    spread = {column.name: _reference(column, columns[column.name]) for column in schema.each()}
    if classes is None:
        answer = Column(name="", type=ColumnType.NUMBER)
    else:
        answer = Column(name="", type=ColumnType.CATEGORY, categories=tuple(map(_word, classes)))
    answered = _answers(predictions, is_class=classes is not None)
    return {"rows": rows, "columns": spread, "prediction": _reference(answer, answered)}


def count(
    reference: Mapping[str, Any], columns: Mapping[str, np.ndarray], predictions: Sequence[Any]
) -> dict[str, Any]:
    """Return how rows fall into the bins of a reference.

    Returns:
        ``{rows, columns: {name: counts}, prediction: counts}``; counts: one a bin, then those that were not seen in
        training, then those that are missing.
    """
    known = {name: _counted(one, columns[name]) for name, one in reference["columns"].items() if name in columns}
    is_class = reference["prediction"]["kind"] == CATEGORY
    answered = _counted(reference["prediction"], _answers(predictions, is_class=is_class))
    return {"rows": len(predictions), "columns": known, "prediction": answered}


def add(mine: dict[str, Any], theirs: Mapping[str, Any]) -> None:
    """Add counts of the same reference to ``mine``, which may be empty."""
    if not mine:
        mine.update({**theirs, "columns": dict(theirs["columns"])})
        return
    mine["rows"] += theirs["rows"]
    mine["prediction"] = _sum(mine["prediction"], theirs["prediction"])
    for name, counts in theirs["columns"].items():
        mine["columns"][name] = _sum(mine["columns"].get(name, [0] * len(counts)), counts)


def _sum(one: Sequence[int], other: Sequence[int]) -> list[int]:
    if len(one) != len(other):
        return list(other)  # an endpoint that was made anew under the same name has other bins
    return [a + b for a, b in zip(one, other, strict=True)]


def _answers(predictions: Sequence[Any], *, is_class: bool) -> np.ndarray:
    if not is_class:
        return np.asarray(predictions, dtype=np.float64)
    made = np.empty(len(predictions), dtype=object)
    made[:] = [_word(value) for value in predictions]
    return made


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reference(column: Column, values: np.ndarray) -> dict[str, Any]:
    missing = is_missing(values)
    present = values[~missing]
    one = _bins_of(column, present)
    counts = _counted(one, values)
    total = max(len(values), 1)
    *inside, _, absent = counts
    return {**one, "shares": [n / total for n in inside], "missing": absent / total, "unseen": 0.0}


def _bins_of(column: Column, present: np.ndarray) -> dict[str, Any]:
    if column.type in (ColumnType.CATEGORY, ColumnType.TEXT):
        names, counts = np.unique(present.astype(str), return_counts=True)
        known = set(names.tolist()) | set(column.categories or ())
        if column.type is ColumnType.TEXT or len(known) > MOST_KNOWN:
            return {"kind": LENGTH, **_range(_lengths(present))}
        named = [str(names[at]) for at in np.argsort(-counts, kind="stable")[:NAMED_CATEGORIES]]
        return {"kind": CATEGORY, "categories": named, "known": sorted(known)}
    if column.type is ColumnType.BOOLEAN:
        return {"kind": CATEGORY, "categories": ["false", "true"], "known": ["false", "true"]}
    return {"kind": DATE if column.type is ColumnType.DATE else NUMBER, **_range(_as_numbers(present))}


def _range(values: np.ndarray) -> dict[str, Any]:
    """Return edges between bins of equally many values, each edge once, and the range. Finite values count."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return {"edges": [], "low": None, "high": None}
    edges = np.unique(np.quantile(finite, np.linspace(0, 1, BINS + 1)[1:-1]))
    low, high = float(finite.min()), float(finite.max())
    inside = edges[edges > low].tolist()
    # Of a value that never changed, what lies below and above it are bins too.
    return {"edges": inside or [low, float(np.nextafter(high, np.inf))], "low": low, "high": high}


def _counted(one: Mapping[str, Any], values: np.ndarray) -> list[int]:
    missing = is_missing(values)
    present = values[~missing]
    if one["kind"] == CATEGORY:
        return [*_in_categories(one, present), int(missing.sum())]
    numbers = _lengths(present) if one["kind"] == LENGTH else _as_numbers(present)
    place = np.searchsorted(np.asarray(one["edges"], dtype=np.float64), numbers, side="right")
    inside = np.bincount(place, minlength=len(one["edges"]) + 1).tolist()
    outside = 0 if one["low"] is None else int(((numbers < one["low"]) | (numbers > one["high"])).sum())
    return [*inside, outside, int(missing.sum())]


def _in_categories(one: Mapping[str, Any], present: np.ndarray) -> list[int]:
    """Return counts of the named categories, of all others, and of unseen ones."""
    place = {name: at for at, name in enumerate(one["categories"])}
    known = frozenset(one["known"])
    counts = [0] * (len(place) + 1)
    unseen = 0
    words = ["true" if value else "false" for value in present] if present.dtype.kind == "f" else present.tolist()
    for word in words:
        counts[place.get(word, -1)] += 1
        unseen += word not in known
    return [*counts, unseen]


def _lengths(present: np.ndarray) -> np.ndarray:
    return np.asarray([len(value) for value in present], dtype=np.float64)


def _as_numbers(present: np.ndarray) -> np.ndarray:
    """Return numbers as they are and moments as seconds since 1970."""
    if present.dtype.kind == "M":
        return present.astype("datetime64[us]").astype(np.int64) / 1e6
    return present.astype(np.float64)

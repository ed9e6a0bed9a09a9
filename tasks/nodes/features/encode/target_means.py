"""Means of the target per word: for the endpoint from all training rows, for a training row from the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.folds import fold_of_each
from tasks.contract.schema import Column, Schema
from tasks.contract.table import Table
from tasks.graph.messages import Message

CROSS_FITS = 5
"""Parts the training rows are divided into; each row's number comes from the other parts."""


@dataclass(frozen=True)
class TargetMeans:
    """What was learned of each column.

    ``numbers``: column to word to mean. ``overall``: the mean for words never seen. ``gaps``: column to the mean where
    the word is missing. ``in_training``: column to what the training rows get, shape (training rows,).
    """

    numbers: dict[str, dict[str, float]]
    overall: float
    gaps: dict[str, float]
    in_training: dict[str, np.ndarray]


def averaged_target(schema: Schema) -> Column:
    """Return the target if it can be averaged, as far as its description tells.

    Raises:
        NodeError: It cannot.
    """
    target = schema.find(schema.target)
    if target is None:
        raise NodeError(
            Message("encode.no_target", "Target encoding needs a target. Choose one at the data source."),
            param="method",
        )
    if not target.type.is_numeric and (target.categories is not None and len(target.categories) > 2):
        raise NodeError(
            Message(
                "encode.too_many_classes",
                "Target encoding needs a numeric target or one of two classes; “{target}” has {count:,} classes. "
                "Choose another method.",
                target=target.name,
                count=len(target.categories),
            ),
            param="method",
        )
    return target


def target_means(table: Table, picked: tuple[Column, ...], smoothing: float, seed: int) -> TargetMeans:
    """Return the target's mean per word, drawn towards the overall mean, and what the training rows get.

    The endpoint and the rows kept aside get the means of all training rows. A training row gets means made without its
    own part of them: otherwise a word that is there once would spell out its row's target, and a model would trust the
    column far too much.

    Source: Micci-Barreca 2001, doi:10.1145/507533.507538, with a linear weight; cross-fitting as scikit-learn's
    ``TargetEncoder``. Deviation: all parts are drawn towards the same overall mean, so that the part cannot be told
    from the number.

    Args:
        table: Has a target.
        picked: Columns of words.
        smoothing: Rows that the overall mean counts for.
        seed: Chooses the parts.

    Raises:
        NodeError: The target cannot be averaged.
    """
    target = _target_numbers(table, averaged_target(table.schema))[table.training_mask]
    usable = np.flatnonzero(np.isfinite(target))
    if not len(usable):
        raise NodeError(
            Message("encode.no_target_value", "No training row has a value of the target, so it has no mean."),
            param="method",
        )
    known, overall = target[usable], float(target[usable].mean())
    places = np.flatnonzero(table.training_mask)[usable]
    folds = fold_of_each(table, places, CROSS_FITS, like=known, seed=seed)
    made = TargetMeans({}, overall, {}, {})
    for column in picked:
        words = table.training(column.name)
        means, cross_fitted = _means(words[usable], known, folds, overall=overall, smoothing=smoothing)
        gap = means.pop(None, overall)
        values = np.fromiter((gap if w is None else means.get(w, overall) for w in words), np.float64, len(words))
        values[usable] = cross_fitted
        made.gaps[column.name] = gap
        made.numbers[column.name] = {str(word): mean for word, mean in means.items()}
        made.in_training[column.name] = values
    return made


def _means(
    words: np.ndarray, target: np.ndarray, folds: np.ndarray, *, overall: float, smoothing: float
) -> tuple[dict[str | None, float], np.ndarray]:
    """Return the mean of each word over all rows, and for each row the mean of its word over the other folds."""
    places: dict[str | None, int] = {}
    codes = np.fromiter((places.setdefault(word, len(places)) for word in words), dtype=np.intp, count=len(words))
    cells = folds * len(places) + codes
    size = CROSS_FITS * len(places)
    sums = np.bincount(cells, weights=target, minlength=size).reshape(CROSS_FITS, -1)  # (folds, words)
    counts = np.bincount(cells, minlength=size).reshape(CROSS_FITS, -1)
    all_means = (sums.sum(axis=0) + smoothing * overall) / (counts.sum(axis=0) + smoothing)
    other_sums, other_counts = sums.sum(axis=0) - sums, counts.sum(axis=0) - counts
    weight = other_counts + smoothing
    others = np.where(other_counts > 0, (other_sums + smoothing * overall) / np.where(weight > 0, weight, 1), overall)
    return {word: float(all_means[at]) for word, at in places.items()}, others[folds, codes]


def _target_numbers(table: Table, target: Column) -> np.ndarray:
    """Return the target as numbers: shape (rows,), NaN where missing; of two classes the second in order is 1."""
    values = table.columns[target.name]
    if target.type.is_numeric:
        return values
    if values.dtype != object:
        raise NodeError(
            Message(
                "encode.target_is_date",
                "The target “{target}” is a date and has no mean. Choose another method.",
                target=target.name,
            ),
            param="method",
        )
    classes = sorted({word for word in table.training(target.name) if word is not None})
    if len(classes) > 2:
        raise NodeError(
            Message(
                "encode.too_many_classes",
                "Target encoding needs a numeric target or one of two classes; “{target}” has {count:,} classes. "
                "Choose another method.",
                target=target.name,
                count=len(classes),
            ),
            param="method",
        )
    numbers = {word: float(at) for at, word in enumerate(classes)}
    return np.fromiter((numbers.get(word, np.nan) for word in values), dtype=np.float64, count=len(values))

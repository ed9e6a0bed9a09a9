"""The probability from which the positive class is answered, chosen on training rows that a fit has not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tasks.contract.context import RunContext
from tasks.contract.folds import fold_of_each, moments_of
from tasks.contract.predictor import Estimator
from tasks.contract.table import Partition
from tasks.graph.messages import Message
from tasks.training.fit_limits import FitLimits, limits_of
from tasks.training.silent_context import SilentContext
from tasks.training.training_data import Prepared

FOLDS = 3
"""Parts of the training rows that are put aside in turn."""

FITS = 2.0
"""What the fits without one part each take together, in times that the fit on all rows takes."""

_EDGE = 1e-6  # a threshold lies between 0 and 1, both excluded


def best_threshold(
    prepared: Prepared, fit: Callable[[Prepared, RunContext], Estimator], context: RunContext
) -> float | None:
    """Return the probability of the positive class from which to answer it, so that its F1 is best.

    Each part of the training rows is answered by a fit without it. Rows that a model is scored on are never looked at.

    Args:
        prepared: Two classes, the positive one second.
        fit: Fits on the training rows of what it is given.

    Returns:
        Above 0 and below 1; ``None``, after a line in the log, where the positive class has too few rows for parts.
    """
    limits = limits_of(context)
    context.progress(0.95, Message("progress.threshold", "Choosing the threshold"))
    truth, scores, weights = [], [], []
    for fold, aside in _folds(prepared, context.seed):
        quiet = SilentContext(context, FitLimits(limits.deadline, limits.rounds, limits.clock))
        quiet.progress(0)
        scores.append(fit(fold, quiet).predict(prepared.matrix[aside])[:, 1])
        truth.append(prepared.truth[aside])
        weights.append(np.ones(len(truth[-1])) if prepared.row_weights is None else prepared.row_weights[aside])
    found = None
    if truth:
        found = _best(np.concatenate(truth), np.concatenate(scores), np.concatenate(weights))
    if found is None:
        context.log(
            Message(
                "log.threshold_not_chosen",
                "Too few training rows are “{name}” to choose a threshold on; it stays as it is set.",
                name=prepared.classes[1],
            )
        )
        return None
    context.log(
        Message(
            "log.threshold_chosen",
            "“{name}” is answered from a probability of {threshold} on: there its F1 is best on parts of the training "
            "rows.",
            name=prepared.classes[1],
            threshold=f"{found:.3g}",
        )
    )
    return found


def _folds(prepared: Prepared, seed: int) -> Iterator[tuple[Prepared, np.ndarray]]:
    """Yield what to fit on, and a mask of the rows put aside, which are newer in a split by time.

    Divisions in which the fit would see one class only are left out.
    """
    table = prepared.table
    training = table.training_mask
    places = np.flatnonzero(training)
    counts = np.bincount(prepared.truth[places], minlength=2)
    moments = moments_of(table)
    parts = min(FOLDS, int(counts.min()))
    if parts < 2:
        return
    if moments is not None:
        ordered = np.sort(moments[places])
        starts = np.unique(ordered[[len(ordered) * block // (FOLDS + 1) for block in range(1, FOLDS + 1)]])
        part_of = np.searchsorted(starts, moments[places], side="right") - 1
    else:
        part_of = fold_of_each(table, places, parts, like=prepared.truth[places], seed=seed)
    for part in range(int(part_of.max()) + 1):
        fitted = places[part_of < part if moments is not None else part_of != part]
        aside = np.zeros(len(training), dtype=bool)
        aside[places[part_of == part]] = True
        if not aside.any() or len(np.unique(prepared.truth[fitted])) < 2:
            continue
        partition = np.where(table.mask(Partition.VALID), Partition.VALID, Partition.TEST).astype(np.uint8)
        partition[fitted] = Partition.TRAIN
        yield replace(prepared, table=replace(table, partition=partition)), aside


def _best(truth: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float | None:
    """Return the threshold with the largest F1 of class 1; halfway to the next lower score, so that ties fall alike.

    Args:
        truth: Shape (rows,), 0 or 1.
        scores: Shape (rows,), probability of class 1.
        weights: Shape (rows,), how much each row counts.
    """
    order = np.argsort(-scores, kind="stable")
    sorted_scores, own = scores[order], weights[order]
    positives = np.cumsum(own * truth[order])
    if positives[-1] <= 0:
        return None
    f1 = 2 * positives / (np.cumsum(own) + positives[-1])
    ends = np.append(np.flatnonzero(np.diff(sorted_scores) < 0), len(order) - 1)  # the last row of each equal score
    best = int(ends[np.argmax(f1[ends])])
    lower = sorted_scores[best + 1] if best + 1 < len(order) else 0.0
    return float(np.clip((sorted_scores[best] + lower) / 2, _EDGE, 1 - _EDGE))

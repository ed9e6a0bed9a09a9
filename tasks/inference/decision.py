"""From probabilities to an answer, in one place: training, evaluation and the endpoint decide alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TIE = 1e-6
"""Probabilities closer than this are equal, so that a tie falls alike whatever the last digits are."""


def decide(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    """Return the position of the answered class of each row.

    Two classes: the second one, which is the positive, from ``threshold`` on. More: the likeliest, the first of equals.

    Args:
        probabilities: Shape (rows, classes).
        threshold: Probability of the second class from which it is answered.

    Returns:
        Array of shape (rows,), int64.
    """
    if probabilities.shape[1] == 2:
        return np.asarray(probabilities[:, 1] >= threshold - TIE, dtype=np.int64)
    best = probabilities.max(axis=1, keepdims=True)
    return np.asarray(np.argmax(probabilities >= best - TIE, axis=1))


def decide_one(probabilities: Sequence[float], threshold: float) -> int:
    """Return what `decide` returns for one row."""
    if len(probabilities) == 2:
        return int(probabilities[1] >= threshold - TIE)
    least = max(probabilities) - TIE
    return next(at for at, share in enumerate(probabilities) if share >= least)

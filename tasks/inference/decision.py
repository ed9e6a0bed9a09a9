"""From probabilities to an answer, in one place: training, evaluation and the endpoint decide alike."""

from __future__ import annotations

import numpy as np

TIE = 1e-6
"""Probabilities closer than this are equal, so that a tie falls alike whatever the last digits are."""


def decide(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    """Return the position of the answered class of each row.

    Two classes: the second one from ``threshold`` on. More: the likeliest, the first of equals.

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

"""Scores of predictions, always with those of a constant baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from tasks.contract.model import Task
from tasks.inference.decision import decide

GREATER_IS_BETTER: Mapping[str, bool] = {
    "r2": True,
    "rmse": False,
    "mae": False,
    "mape": False,
    "accuracy": True,
    "auc": True,
    "f1": True,
    "log_loss": False,
    "average_precision": True,
}
HEADLINE: Mapping[Task, str] = {Task.REGRESSION: "rmse", Task.CLASSIFICATION: "auc"}


def regression_scores(
    truth: np.ndarray, predicted: np.ndarray, guess: float, weights: np.ndarray | None = None
) -> dict[str, float]:
    """Return R², RMSE, MAE and MAPE, and RMSE of always answering ``guess``.

    Args:
        truth: Shape (rows,).
        predicted: Shape (rows,).
        guess: Mean of the target in the training rows.
        weights: Shape (rows,), how much each row counts; alike when ``None``.

    Returns:
        Measure to value; R² is NaN for a constant truth, MAPE (percent) leaves zeros of the truth out.
    """
    weights = _usable(weights)
    error = predicted - truth
    spread = _mean(np.square(truth - _mean(truth, weights)), weights)
    squared = _mean(np.square(error), weights)
    other = truth != 0
    shares = np.abs(error[other] / truth[other])
    of_other = _usable(None if weights is None else weights[other])
    return {
        "r2": 1 - squared / spread if spread > 0 else float("nan"),
        "rmse": math.sqrt(squared),
        "mae": _mean(np.abs(error), weights),
        "mape": 100 * _mean(shares, of_other) if other.any() else float("nan"),
        "baseline_rmse": math.sqrt(_mean(np.square(truth - guess), weights)),
    }


def classification_scores(
    truth: np.ndarray,
    probabilities: np.ndarray,
    shares: np.ndarray,
    *,
    threshold: float = 0.5,
    weights: np.ndarray | None = None,
) -> dict[str, float]:
    """Return accuracy, AUC, F1, log loss, average precision (two classes), and accuracy of the commonest class.

    F1 is that of the second class of two, the positive one, and the mean over more. AUC of more than two classes is the
    mean of each class against the rest, over the classes that occur.

    Args:
        truth: Shape (rows,), positions of the classes.
        probabilities: Shape (rows, classes).
        shares: Shape (classes,), how common each class was in training.
        threshold: As for `decide`.
        weights: Shape (rows,), how much each row counts; alike when ``None``.
    """
    from sklearn.metrics import f1_score

    weights = _usable(weights)
    count = probabilities.shape[1]
    chosen = decide(probabilities, threshold)
    clipped = np.clip(probabilities[np.arange(len(truth)), truth], np.finfo(np.float64).eps, 1)
    average = "binary" if count == 2 else "macro"
    made = {
        "accuracy": _mean(chosen == truth, weights),
        "auc": area_under_curve(truth, probabilities, weights),
        "f1": float(f1_score(truth, chosen, average=average, zero_division=0.0, sample_weight=weights)),
        "log_loss": _mean(-np.log(clipped), weights),
    }
    if count == 2:
        made["average_precision"] = _average_precision(truth, probabilities[:, 1], weights)
    made["baseline_accuracy"] = _mean(truth == int(np.argmax(shares)), weights)
    return made


def area_under_curve(truth: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the area under the ROC curve; NaN when the truth holds one class only."""
    from sklearn.metrics import roc_auc_score

    counted = np.ones(len(truth), dtype=bool) if weights is None else weights > 0
    columns = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    areas = [
        float(roc_auc_score(truth == at, probabilities[:, at], sample_weight=weights))
        for at in columns
        if 0 < int((truth[counted] == at).sum()) < int(counted.sum())
    ]
    return float(np.mean(areas)) if areas else float("nan")


def _average_precision(truth: np.ndarray, second: np.ndarray, weights: np.ndarray | None) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(truth, second, sample_weight=weights)) if truth.any() else float("nan")


def _mean(values: np.ndarray, weights: np.ndarray | None) -> float:
    return float(np.average(values, weights=weights))


def _usable(weights: np.ndarray | None) -> np.ndarray | None:
    """Return the weights, or ``None`` where all are 0: then all rows count alike."""
    return weights if weights is not None and weights.any() else None

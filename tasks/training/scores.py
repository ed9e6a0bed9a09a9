"""Measures of predictions, always beside what a constant guess would have reached."""

from __future__ import annotations

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


def regression_scores(truth: np.ndarray, predicted: np.ndarray, guess: float) -> dict[str, float]:
    """Return R², RMSE, MAE and MAPE, and RMSE of always answering ``guess``.

    Args:
        truth: Shape (rows,).
        predicted: Shape (rows,).
        guess: Mean of the target in the training rows.

    Returns:
        Measure to value; R² is NaN for a constant truth, MAPE (percent) leaves zeros of the truth out.
    """
    error = predicted - truth
    spread = float(np.square(truth - truth.mean()).sum())
    other = truth != 0
    return {
        "r2": 1 - float(np.square(error).sum()) / spread if spread > 0 else float("nan"),
        "rmse": float(np.sqrt(np.square(error).mean())),
        "mae": float(np.abs(error).mean()),
        "mape": 100 * float(np.abs(error[other] / truth[other]).mean()) if other.any() else float("nan"),
        "baseline_rmse": float(np.sqrt(np.square(truth - guess).mean())),
    }


def classification_scores(
    truth: np.ndarray, probabilities: np.ndarray, shares: np.ndarray, threshold: float = 0.5
) -> dict[str, float]:
    """Return accuracy, AUC, F1, log loss, average precision (two classes), and accuracy of the commonest class.

    F1 is that of the second class of two, and the mean over more. AUC of more than two classes is the mean of each
    class against the rest, over the classes that occur.

    Args:
        truth: Shape (rows,), positions of the classes.
        probabilities: Shape (rows, classes).
        shares: Shape (classes,), how common each class was in training.
        threshold: As for `decide`.
    """
    from sklearn.metrics import f1_score

    count = probabilities.shape[1]
    chosen = decide(probabilities, threshold)
    clipped = np.clip(probabilities[np.arange(len(truth)), truth], np.finfo(np.float64).eps, 1)
    average = "binary" if count == 2 else "macro"
    made = {
        "accuracy": float((chosen == truth).mean()),
        "auc": area_under_curve(truth, probabilities),
        "f1": float(f1_score(truth, chosen, average=average, zero_division=0.0)),
        "log_loss": float(-np.log(clipped).mean()),
    }
    if count == 2:
        made["average_precision"] = _average_precision(truth, probabilities[:, 1])
    made["baseline_accuracy"] = float((truth == int(np.argmax(shares))).mean())
    return made


def area_under_curve(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the area under the ROC curve; NaN when the truth holds one class only."""
    from sklearn.metrics import roc_auc_score

    columns = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    areas = [
        float(roc_auc_score(truth == at, probabilities[:, at]))
        for at in columns
        if 0 < int((truth == at).sum()) < len(truth)
    ]
    return float(np.mean(areas)) if areas else float("nan")


def _average_precision(truth: np.ndarray, second: np.ndarray) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(truth, second)) if truth.any() else float("nan")

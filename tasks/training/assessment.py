"""Predictions of a fitted model with the true values, on the evaluation rows, and the importance of each raw column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.contract.context import RunContext
from tasks.contract.errors import NodeError
from tasks.contract.invoke import held_out_parts
from tasks.contract.model import Model, Task
from tasks.contract.table import Partition
from tasks.contract.transform import prune
from tasks.graph.messages import Message
from tasks.inference.decision import decide
from tasks.training.columns import class_positions
from tasks.training.judgement import TargetFacts, judged_rows
from tasks.training.row_weights import row_weights
from tasks.training.scores import area_under_curve, classification_scores, regression_scores
from tasks.verdict.judge import judge
from tasks.verdict.values import Verdict

MOST_PERMUTED_ROWS = 2000


@dataclass(frozen=True, eq=False)
class Assessed:
    """What a model says of some rows, and what was true.

    Attributes:
        model: The model.
        part: The rows looked at.
        row_ids: Shape (rows,), positions in the source.
        matrix: Shape (rows, features).
        truth: Shape (rows,): values, or int64 positions of the classes.
        predicted: Shape (rows,) or (rows, classes).
        scores: Measure to value.
        verdict: What the scores are worth; leaks are those the model was trained with.
    """

    model: Model
    part: Partition
    row_ids: np.ndarray
    matrix: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray
    scores: dict[str, float]
    verdict: Verdict | None = None

    @property
    def chosen(self) -> np.ndarray:
        """Return the position of the answered class of each row; classification only."""
        return decide(self.predicted, self.model.threshold)


def assess(model: Model, part: Partition | None = None) -> Assessed:
    """Return the model's answers for one part of its table.

    Args:
        part: Test if there is one, else validation, else training rows when ``None``.

    Raises:
        NodeError: No row belongs to that part.
    """
    table = model.training
    chosen = held_out_parts(table)[0] if part is None else part
    mask = table.mask(chosen)
    if not mask.any():
        raise NodeError(
            Message(
                "training.no_rows_to_score",
                "The split left no rows in this part. Choose another part to score on, or change the split.",
            ),
            param="scored_rows",
        )
    matrix = table.matrix(model.features, mask)
    predicted = model.estimator.predict(matrix)
    column, values = table.schema.column(model.target), table.columns[model.target]
    weights, training = row_weights(table), table.training_mask
    own = None if weights is None else weights[mask]
    of_training = None if weights is None else weights[training]
    if model.task is Task.REGRESSION:
        truth = values[mask]
        scores = regression_scores(truth, predicted, float(np.average(values[training], weights=of_training)), own)
    else:
        positions = class_positions(column, values, model.classes)
        truth = positions[mask]
        shares = np.bincount(positions[training], weights=of_training, minlength=len(model.classes))
        scores = classification_scores(truth, predicted, shares, threshold=model.threshold, weights=own)
        values = positions
    known = model.verdict
    facts = TargetFacts(model.task, model.target, model.classes, model.threshold, known.dropped if known else 0)
    judged = judged_rows(facts, values[training], truth, predicted, scores, chosen)
    verdict = judge(judged, known.notes if known else ())
    return Assessed(model, chosen, table.row_ids[mask], matrix, truth, predicted, scores, verdict)


def permutation_importance(assessed: Assessed, context: RunContext, *, repeats: int = 3) -> dict[str, float]:
    """Return how much the score worsens when the values of a raw column are shuffled among the rows.

    Features made from the same raw columns are shuffled together. The score is RMSE, or the area under the curve
    (log loss where one class only occurs).

    Source: L. Breiman, Random Forests, Machine Learning 45 (2001), doi:10.1023/A:1010933404324, section 10. Deviation:
    columns are shuffled on held-out rows, not on out-of-bag rows.

    Returns:
        Raw column to mean worsening, largest first. Above zero: the model needs it.
    """
    random = np.random.default_rng(context.seed)
    rows = np.arange(len(assessed.truth))
    if len(rows) > MOST_PERMUTED_ROWS:
        rows = np.sort(random.choice(rows, MOST_PERMUTED_ROWS, replace=False))
    matrix, truth = assessed.matrix[rows], assessed.truth[rows]
    best = _loss(assessed.model, truth, assessed.predicted[rows])
    worse = {}
    groups = feature_groups(assessed.model)
    for done, (name, places) in enumerate(groups.items()):
        context.progress(done / len(groups), Message("progress.shuffling", "Shuffling “{column}”", column=name))
        losses = []
        for _ in range(repeats):
            shuffled = matrix.copy()
            shuffled[:, places] = matrix[random.permutation(len(rows))][:, places]
            losses.append(_loss(assessed.model, truth, assessed.model.estimator.predict(shuffled)))
        worse[name] = float(np.mean(losses)) - best
    return dict(sorted(worse.items(), key=lambda pair: -pair[1]))


def feature_groups(model: Model) -> dict[str, Sequence[int]]:
    """Return raw column (or several joined by “+”) to the places of the features made from it.

    When all features come from the same raw columns, each feature is its own group.
    """
    groups: dict[str, list[int]] = {}
    for at, feature in enumerate(model.features):
        groups.setdefault(" + ".join(sorted(prune(model.transforms, [feature])[1])), []).append(at)
    if len(groups) == 1:
        return {feature: [at] for at, feature in enumerate(model.features)}
    return dict(groups)


def _loss(model: Model, truth: np.ndarray, predicted: np.ndarray) -> float:
    if model.task is Task.REGRESSION:
        return float(np.sqrt(np.square(predicted - truth).mean()))
    area = area_under_curve(truth, predicted)
    if np.isfinite(area):
        return -area
    return float(-np.log(np.clip(predicted[np.arange(len(truth)), truth], 1e-15, 1)).mean())

"""Predictions of a fitted model with the true values, on the evaluation rows, and the importance of each raw column."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
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
MOST_IMPORTANCE_SECONDS = 20.0
"""Seconds for the importance of all columns of one model."""
ROWS_AT_ONCE = 20_000
"""Rows that are answered between two looks at whether to go on."""
FEW_COLUMNS = 50
"""Groups of columns up to which all are measured in the order of the table."""


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


def assess(model: Model, part: Partition | None = None, context: RunContext | None = None) -> Assessed:
    """Return the model's answers for one part of its table.

    Args:
        part: Test if there is one, else validation, else training rows when ``None``.
        context: Is asked between blocks of rows whether to go on.

    Raises:
        NodeError: No row belongs to that part.
        Cancelled: ``context`` said so; what else its ``progress`` raises, such as `OutOfTime`, comes through.
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
    predicted = _answers(model, matrix, context)
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


def _answers(model: Model, matrix: np.ndarray, context: RunContext | None) -> np.ndarray:
    """Return the answers to all rows, block by block where there is somebody to ask whether to go on."""
    if context is None or len(matrix) <= ROWS_AT_ONCE:
        return model.estimator.predict(matrix)
    made = []
    for start in range(0, len(matrix), ROWS_AT_ONCE):
        context.progress(start / len(matrix), Message("progress.answering", "Answering the rows to score"))
        made.append(model.estimator.predict(matrix[start : start + ROWS_AT_ONCE]))
    return np.concatenate(made)


def permutation_importance(
    assessed: Assessed,
    context: RunContext,
    *,
    repeats: int = 3,
    seconds: float = MOST_IMPORTANCE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, float]:
    """Return how much the score worsens when the values of a raw column are shuffled among the rows.

    Features made from the same raw columns are shuffled together. The score is RMSE, or the area under the curve
    (log loss where one class only occurs). Columns that the answers follow most come first; where there are more than
    the time suffices for, the rest is left out, and the log says so.

    Source: L. Breiman, Random Forests, Machine Learning 45 (2001), doi:10.1023/A:1010933404324, section 10. Deviation:
    columns are shuffled on held-out rows, not on out-of-bag rows.

    Args:
        repeats: How often each column is shuffled, where the time suffices for all of them.
        seconds: Time for all columns.
        clock: Gives seconds that never go back.

    Returns:
        Raw column to mean worsening, largest first. Above zero: the model needs it.
    """
    random, started = np.random.default_rng(context.seed), clock()
    rows = np.arange(len(assessed.truth))
    if len(rows) > MOST_PERMUTED_ROWS:
        rows = np.sort(random.choice(rows, MOST_PERMUTED_ROWS, replace=False))
    matrix, truth = assessed.matrix[rows].copy(), assessed.truth[rows]
    predicted = assessed.predicted[rows]
    best = _loss(assessed.model, truth, predicted)
    groups = feature_groups(assessed.model)
    if len(groups) > FEW_COLUMNS:  # the order decides what is left out
        groups = _most_followed(groups, matrix, predicted)
    losses: dict[str, list[float]] = {name: [] for name in groups}
    for again in range(repeats):
        if again and (clock() - started) * (again + 1) / again > seconds:
            break
        for done, (name, places) in enumerate(groups.items()):
            share = (again + done / len(groups)) / repeats
            context.progress(share, Message("progress.shuffling", "Shuffling “{column}”", column=name))
            if clock() - started > seconds:
                break
            own = matrix[:, places]
            matrix[:, places] = own[random.permutation(len(rows))]
            losses[name].append(_loss(assessed.model, truth, assessed.model.estimator.predict(matrix)))
            matrix[:, places] = own
    worse = {name: float(np.mean(found)) - best for name, found in losses.items() if found}
    if len(worse) < len(groups):
        context.log(
            Message(
                "log.importance_cut",
                "The importance of {number:,} of {count:,} columns was measured within {seconds:,.0f} seconds, those "
                "that the answers follow most; the others are left out.",
                number=len(worse),
                count=len(groups),
                seconds=seconds,
            )
        )
    return dict(sorted(worse.items(), key=lambda pair: -pair[1]))


def _most_followed(
    groups: Mapping[str, Sequence[int]], matrix: np.ndarray, predicted: np.ndarray
) -> dict[str, Sequence[int]]:
    """Return the groups by their largest correlation with the answers, largest first."""
    answers = predicted.reshape(len(matrix), -1)
    answers = answers - answers.mean(axis=0)
    columns = np.nan_to_num(matrix - np.nanmean(np.where(np.isfinite(matrix), matrix, np.nan), axis=0))
    length = np.sqrt(np.square(columns).sum(axis=0))[:, None] * np.sqrt(np.square(answers).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        related = np.nan_to_num(np.abs(columns.T @ answers) / length).max(axis=1)
    return dict(sorted(groups.items(), key=lambda pair: -float(related[list(pair[1])].max())))


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

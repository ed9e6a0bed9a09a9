"""From a table to what an estimator is fitted on: features and target are chosen, and both are checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.contract.context import RunContext
from tasks.contract.errors import NodeError
from tasks.contract.folds import fold_of_each, moments_of
from tasks.contract.model import Task
from tasks.contract.schema import Column
from tasks.contract.table import Partition, Table, is_missing
from tasks.graph.messages import Message, Names
from tasks.training.columns import choose_features, class_names, codes_of, decide_task, ordered_classes
from tasks.training.row_weights import row_weights

FEWEST_ROWS = 2
MOST_NAMED = 50
"""Columns that are named in one line of the log."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table ready to fit on.

    Attributes:
        table: Rows with a known target only.
        task: Regression or classification.
        target: The target column.
        classes: Class names in sorted order, but of two the positive one second; empty for regression.
        features: Columns of the matrix, in order.
        matrix: Shape (rows, features), float64; all partitions.
        truth: Shape (rows,): float64 values, or int64 positions of the classes.
        accepts_missing: Whether the estimator takes NaN.
        row_weights: Shape (rows,), of the column with the role weight; ``None`` when all rows count alike.
        dropped: Rows that were left out because their target is missing.
    """

    table: Table
    task: Task
    target: Column
    classes: tuple[str, ...]
    features: tuple[str, ...]
    matrix: np.ndarray
    truth: np.ndarray
    accepts_missing: bool
    row_weights: np.ndarray | None = None
    dropped: int = 0

    def part(self, part: Partition) -> tuple[np.ndarray, np.ndarray]:
        """Return matrix and truth of one part of the rows."""
        mask = self.table.mask(part)
        return self.matrix[mask], self.truth[mask]

    def watched(self, seed: int, *, parts: int = 7, fewest: int = 200) -> tuple[np.ndarray, np.ndarray]:
        """Return which rows to fit on and which to watch while fitting, to stop in time.

        Validation rows are watched where there are some. Otherwise one of ``parts`` parts of the training rows is put
        aside as the split did it: each class alike, whole groups, or the newest. None when fewer than ``fewest`` rows
        came in. Test rows are never looked at.

        Returns:
            Two masks of shape (rows,), bool; the second may be all false.
        """
        training, valid = self.table.training_mask, self.table.mask(Partition.VALID)
        if valid.any() or training.sum() < fewest:
            return training, valid
        places = np.flatnonzero(training)
        aside = np.zeros(len(training), dtype=bool)
        aside[places[self._to_watch(places, parts, seed)]] = True
        if self.task is Task.CLASSIFICATION:  # a class whose only rows were put aside would never be learned
            aside &= np.isin(self.truth, self.truth[training & ~aside])
        return (training & ~aside, aside) if aside.sum() < training.sum() else (training, valid)

    def _to_watch(self, places: np.ndarray, parts: int, seed: int) -> np.ndarray:
        """Return which of the training rows to put aside: the newest, whole groups, or some of each class."""
        moments = moments_of(self.table)
        if moments is not None:
            own = moments[places]
            return np.asarray(own > np.sort(own)[len(own) - 1 - len(own) // parts])
        like = self.truth[places] if self.task is Task.CLASSIFICATION else np.zeros(len(places), dtype=np.int64)
        folds = fold_of_each(self.table, places, parts, like=like, seed=seed)
        return np.asarray(folds == folds.max())  # of groups the last fold has the smallest

    def watched_folds(self, parts: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return which training rows to fit on and which to watch, with each part put aside once.

        As `watched`, for tables with too few rows to do without some of them in the end; empty where rows are split by
        time or a class would be lost.
        """
        training = self.table.training_mask
        places = np.flatnonzero(training)
        if moments_of(self.table) is not None or len(places) < 2 * parts:
            return []
        like = self.truth[places] if self.task is Task.CLASSIFICATION else np.zeros(len(places), dtype=np.int64)
        folds = fold_of_each(self.table, places, parts, like=like, seed=seed)
        made = []
        for fold in np.unique(folds):
            aside = np.zeros(len(training), dtype=bool)
            aside[places[folds == fold]] = True
            if self.task is Task.CLASSIFICATION:
                aside &= np.isin(self.truth, self.truth[training & ~aside])
            if aside.any() and (training & ~aside).any():
                made.append((training & ~aside, aside))
        return made

    def weights(self, *, is_balanced: bool, rows: np.ndarray) -> np.ndarray | None:
        """Return how much each of ``rows`` (a mask) counts, 1 in the mean; ``None`` when all count alike.

        Args:
            is_balanced: Make all classes count alike.
            rows: Shape (rows of the table,), bool.
        """
        own = None if self.row_weights is None else self.row_weights[rows]
        if is_balanced and self.task is Task.CLASSIFICATION:
            truth = self.truth[rows]
            counts = np.bincount(truth, weights=own, minlength=len(self.classes))
            per_class = 1 / np.where(counts > 0, counts, 1)
            own = per_class[truth] if own is None else per_class[truth] * own
        if own is None or not own.any():
            return None
        return np.asarray(own * (len(own) / own.sum()))


@dataclass(frozen=True)
class TargetChoice:
    """What a learner's parameters say of its target, see `LearnerParams`.

    Attributes:
        column: Column to predict; the marked one when empty.
        task: ``auto``, ``regression`` or ``classification``.
        whole_numbers: Whether ``auto`` takes few of them for ``codes`` of classes or for ``numbers``.
        positive: The positive one of two classes; found by ``unnamed_positive`` when empty.
        unnamed_positive: ``meaning`` or ``second``.
    """

    column: str = ""
    task: str = "auto"
    whole_numbers: str = "codes"
    positive: str = ""
    unnamed_positive: str = "meaning"


def prepare(
    table: Table, context: RunContext, choice: TargetChoice = TargetChoice(), *, accepts_missing: bool = False
) -> Prepared:
    """Return the table ready to fit on.

    Args:
        choice: What to predict, and how its values are understood.
        accepts_missing: Whether the estimator takes NaN.

    Raises:
        NodeError: The columns do not suit; the message names them and the way out.
    """
    column = table.require_target(choice.column)
    chosen, left_out = choose_features(table.schema, column.name)
    if left_out:
        context.log(
            Message(
                "log.columns_left_out",
                "Left out, since a model learns from numbers: {columns}.",
                columns=Names(left_out, shown=MOST_NAMED),
            )
        )
    known = ~is_missing(table.columns[column.name])
    if len(known) and not known.any():
        raise NodeError(
            Message(
                "training.no_target_value",
                "No row has a value of “{column}”. Choose another target, or fill it in.",
                column=column.name,
            ),
            param="target",
        )
    if not known.all():
        context.log(
            Message(
                "log.rows_without_target",
                "{count:,} rows without a value of “{column}” were dropped.",
                one="1 row without a value of “{column}” was dropped.",
                count=int((~known).sum()),
                column=column.name,
            )
        )
        table = table.filter(known)
    kind = _decided_task(table, column, choice, context)
    if kind is Task.CLASSIFICATION:
        table = _without_unknown_classes(table, column, context)
    matrix = table.matrix(chosen)
    _check_values(matrix, chosen, accepts_missing=accepts_missing)
    classes, truth = _truth(table, column, kind, choice)
    dropped = int((~known).sum())
    made = Prepared(table, kind, column, classes, chosen, matrix, truth, accepts_missing, row_weights(table), dropped)
    _check_rows(made)
    return made


def _decided_task(table: Table, column: Column, choice: TargetChoice, context: RunContext) -> Task:
    """Return the task; say so where few whole numbers are taken for classes."""
    values = table.columns[column.name]
    codes = codes_of(column, values[table.training_mask]) if choice.whole_numbers == "codes" else ()
    if choice.task != "auto" or not codes or codes == (0, 1):
        return decide_task(column, choice.task, values)
    context.log(
        Message(
            "log.codes_as_classes",
            "“{column}” has {count} different whole numbers from {lowest} to {highest}: treated as classes. Set the "
            "task to regression to predict a number.",
            column=column.name,
            count=len(codes),
            lowest=codes[0],
            highest=codes[-1],
        )
    )
    return Task.CLASSIFICATION


def _check_values(matrix: np.ndarray, features: tuple[str, ...], *, accepts_missing: bool) -> None:
    missing, endless = np.isnan(matrix).any(axis=0), np.isinf(matrix).any(axis=0)
    if endless.any():
        name = features[int(np.argmax(endless))]
        raise NodeError(
            Message(
                "training.infinite_values",
                "“{column}” holds infinite values, which no model can learn from. Clip or remove them first.",
                column=name,
            )
        )
    if missing.any() and not accepts_missing:
        names = Names(name for name, lacks in zip(features, missing, strict=True) if lacks)
        raise NodeError(
            Message(
                "training.missing_values",
                "Values are missing in {columns}. Fill them before this model.",
                columns=names,
            ),
            fix="clean.impute",
        )


def _without_unknown_classes(table: Table, column: Column, context: RunContext) -> Table:
    """Return the table without rows of a class that no training row has: nothing could ever answer it."""
    names, truth = class_names(column, table.columns[column.name])
    learned = np.isin(truth, truth[table.training_mask])
    if learned.all() or not table.training_mask.any():
        return table
    context.log(
        Message(
            "log.rows_of_unknown_class",
            "{count:,} rows were left out: no training row is of class {classes}.",
            one="1 row was left out: no training row is of class {classes}.",
            count=int((~learned).sum()),
            classes=Names(names[at] for at in np.unique(truth[~learned])),
        )
    )
    return table.filter(learned)


def _truth(table: Table, column: Column, task: Task, choice: TargetChoice) -> tuple[tuple[str, ...], np.ndarray]:
    values = table.columns[column.name]
    if task is Task.REGRESSION:
        if not np.isfinite(values).all():
            raise NodeError(
                Message(
                    "training.infinite_target",
                    "The target “{column}” holds infinite values. Remove those rows first.",
                    column=column.name,
                )
            )
        return (), values
    names, truth = class_names(column, values)
    return ordered_classes(names, truth, table.training_mask, positive=choice.positive, unnamed=choice.unnamed_positive)


def _check_rows(prepared: Prepared) -> None:
    seen = prepared.truth[prepared.table.training_mask]
    if len(seen) < FEWEST_ROWS:
        raise NodeError(
            Message(
                "training.too_few_rows",
                "A model needs at least {minimum} training rows with a known target, but there are {count:,}.",
                one="A model needs at least {minimum} training rows with a known target, but there is 1.",
                minimum=FEWEST_ROWS,
                count=len(seen),
            )
        )
    if prepared.task is Task.CLASSIFICATION and len(np.unique(seen)) < 2:
        raise NodeError(
            Message(
                "training.one_class",
                "All training rows have the same “{target}”, so there are no classes to distinguish. Choose another "
                "target, or add rows of another class.",
                target=prepared.target.name,
            ),
            param="target",
        )

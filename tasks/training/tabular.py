"""From a table to a model: what every node that learns from columns shares.

`prepare` chooses features and target and checks both; the node fits; `finish` scores on rows the fit never saw and
puts together the model with its recipe.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from tasks.contract.context import RunContext
from tasks.contract.errors import NodeError
from tasks.contract.folds import fold_of_each, moments_of
from tasks.contract.invoke import held_out_parts
from tasks.contract.model import Learner, Model, Task
from tasks.contract.predictor import Estimator
from tasks.contract.schema import Column, Role, Schema
from tasks.contract.table import Partition, Sample, Table, is_missing
from tasks.contract.transform import Transform, prune, run_transforms
from tasks.contract.values import Metrics
from tasks.graph.messages import Message, Names, Term
from tasks.training.columns import choose_features, class_names, decide_task
from tasks.training.scores import HEADLINE, classification_scores, regression_scores

PART_NAMES: Mapping[Partition, str] = {Partition.TRAIN: "train", Partition.VALID: "valid", Partition.TEST: "test"}
FEWEST_ROWS = 2


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table ready to fit on.

    Attributes:
        table: Rows with a known target only.
        task: Regression or classification.
        target: The target column.
        classes: Class names in sorted order; empty for regression.
        features: Columns of the matrix, in order.
        matrix: Shape (rows, features), float64; all partitions.
        truth: Shape (rows,): float64 values, or int64 positions of the classes.
        accepts_missing: Whether the estimator takes NaN.
        row_weights: Shape (rows,), of the column with the role weight; ``None`` when all rows count alike.
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


def prepare(
    table: Table, context: RunContext, *, target: str = "", task: str = "auto", accepts_missing: bool = False
) -> Prepared:
    """Return the table ready to fit on.

    Args:
        target: Column to predict; the marked one when empty.
        task: ``auto``, ``regression`` or ``classification``.
        accepts_missing: Whether the estimator takes NaN.

    Raises:
        NodeError: The columns do not suit; the message names them and the way out.
    """
    column = table.require_target(target)
    chosen, left_out = choose_features(table.schema, column.name)
    if left_out:
        context.log(f"Left out, since a model learns from numbers: {', '.join(left_out)}.")
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
        context.log(f"{int((~known).sum()):,} rows without a value of “{column.name}” were dropped.")
        table = table.filter(known)
    kind = decide_task(column, task, table.columns[column.name])
    if kind is Task.CLASSIFICATION:
        table = _without_unknown_classes(table, column, context)
    matrix = table.matrix(chosen)
    _check_values(matrix, chosen, accepts_missing=accepts_missing)
    classes, truth = _truth(table, column, kind)
    made = Prepared(table, kind, column, classes, chosen, matrix, truth, accepts_missing, row_weights(table))
    _check_rows(made)
    return made


def finish(
    prepared: Prepared,
    estimator: Estimator,
    learner: Learner,
    context: RunContext,
    *,
    threshold: float = 0.5,
    libraries: tuple[str, ...] = (),
) -> tuple[Model, Metrics]:
    """Return the model and its scores on rows the fit never saw.

    Args:
        threshold: Probability of the second class from which it is answered.
        libraries: Installed packages that did the fitting; their versions are kept with the model.
    """
    table = prepared.table
    part = held_out_parts(table)[0]
    predicted = estimator.predict(prepared.matrix)
    scores = score(prepared, predicted, part, threshold=threshold)
    transforms, raw = prune(table.transforms, prepared.features)
    if prepared.target.name in raw:
        raise NodeError(
            Message(
                "training.target_leaks",
                "A column the model learns from is computed from the target “{target}”, which is not known when a "
                "prediction is requested. Remove that column.",
                target=prepared.target.name,
            )
        )
    held_out, at = _held_out(table, raw)
    expected = predicted[at]
    if table.differs_from_recipe[at].any():
        expected = _as_served(prepared.features, transforms, held_out, estimator)
    model = Model(
        task=prepared.task,
        target=prepared.target.name,
        classes=prepared.classes,
        features=prepared.features,
        raw_schema=raw_schema(table.raw_schema, transforms, raw, prepared),
        transforms=transforms,
        estimator=estimator,
        learner=learner,
        training=table,
        metrics=scores,
        scored_on=PART_NAMES[part],
        held_out=held_out,
        expected=expected,
        threshold=threshold,
        lineage=_lineage(context, libraries),
    )
    return model, Metrics(scores, HEADLINE[prepared.task])


def score(prepared: Prepared, predicted: np.ndarray, part: Partition, *, threshold: float = 0.5) -> dict[str, float]:
    """Return the scores of one part of the rows.

    Args:
        predicted: What the estimator gave for all rows of ``prepared``.
        part: The rows to look at.
        threshold: Probability of the second class from which it is answered.
    """
    mask, training = prepared.table.mask(part), prepared.table.training_mask
    seen = prepared.truth[training]
    weights = None if prepared.row_weights is None else prepared.row_weights[mask]
    of_training = None if prepared.row_weights is None else prepared.row_weights[training]
    if prepared.task is Task.REGRESSION:
        guess = float(np.average(seen, weights=of_training))
        return regression_scores(prepared.truth[mask], predicted[mask], guess, weights)
    shares = np.bincount(seen, weights=of_training, minlength=len(prepared.classes))
    return classification_scores(prepared.truth[mask], predicted[mask], shares, threshold=threshold, weights=weights)


def raw_schema(schema: Schema, transforms: tuple[Transform, ...], raw: frozenset[str], prepared: Prepared) -> Schema:
    """Return the raw columns an endpoint asks for; ``nullable`` where a missing value can be answered."""
    kept = schema.where(lambda column: column.name in raw)
    needed = frozenset() if prepared.accepts_missing else _needed(raw, transforms, prepared.features)
    return Schema.of(column.changed(nullable=column.name not in needed) for column in kept.each())


def _needed(raw: frozenset[str], transforms: tuple[Transform, ...], features: tuple[str, ...]) -> frozenset[str]:
    """Return the raw columns without whose value a feature would be missing."""
    behind = {name: frozenset({name}) for name in raw}  # column to the raw columns whose gaps reach it
    for transform in transforms:
        made = {
            name: frozenset().union(*(behind.get(source, frozenset()) for source in sources))
            for name, sources in transform.null_propagation().items()
        }
        behind.update(made)
    return frozenset[str]().union(*(behind.get(name, frozenset()) for name in features))


def _held_out(table: Table, raw: frozenset[str]) -> tuple[Sample, np.ndarray]:
    """Return raw rows that were not fitted on and their positions in the table; training rows when there are none."""
    position = {int(row): at for at, row in enumerate(table.row_ids)}
    is_training = table.training_mask
    found = [(at, position[int(row)]) for at, row in enumerate(table.sample.row_ids) if int(row) in position]
    unseen = [pair for pair in found if not is_training[pair[1]]]
    pairs = np.asarray(unseen or found, dtype=np.int64).reshape(-1, 2)
    rows = table.sample.filter(pairs[:, 0])
    return Sample(rows.row_ids, {n: v for n, v in rows.columns.items() if n in raw}), pairs[:, 1]


def _as_served(
    features: tuple[str, ...], transforms: tuple[Transform, ...], rows: Sample, estimator: Estimator
) -> np.ndarray:
    """Return the predictions of raw rows: what they have in the table was learned without them, as in no endpoint."""
    columns = run_transforms(transforms, rows.columns)
    return estimator.predict(np.column_stack([columns[name] for name in features]))


def row_weights(table: Table) -> np.ndarray | None:
    """Return how much each row counts by the column with the role weight; ``None`` if no column has it.

    Raises:
        NodeError: Its values are no weights.
    """
    marked = table.schema.with_role(Role.WEIGHT)
    if not marked:
        return None
    name, values = marked[0].name, table.columns[marked[0].name]
    if len(marked) > 1:
        raise NodeError(
            Message(
                "training.two_weights",
                "“{first}” and “{second}” both have the role weight. Keep one.",
                first=name,
                second=marked[1].name,
            ),
            fix="clean.columns",
        )
    if values.dtype.kind != "f":
        raise NodeError(
            Message(
                "training.weight_type",
                "“{column}” has the role weight but is a column of type {type}. Convert it to a number with Columns.",
                column=name,
                type=Term(f"type.{marked[0].type}", str(marked[0].type)),
            ),
            fix="clean.columns",
        )
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        raise NodeError(
            Message(
                "training.weight_values",
                "{count:,} values of the weight “{column}” are missing, negative or infinite. Every row needs a weight "
                "of 0 or more. Fill or correct them first.",
                one="1 value of the weight “{column}” is missing, negative or infinite. Every row needs a weight of 0 "
                "or more. Fill or correct it first.",
                count=int(wrong.sum()),
                column=name,
            ),
            fix="clean.impute",
        )
    if not values[table.training_mask].any():
        raise NodeError(
            Message(
                "training.weights_zero",
                "All training rows have the weight 0 in “{column}”, so there is nothing to learn from.",
                column=name,
            )
        )
    return values


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
    lost = ", ".join(f"“{names[at]}”" for at in np.unique(truth[~learned])[:5])
    context.log(f"{int((~learned).sum()):,} rows were left out: no training row is of class {lost}.")
    return table.filter(learned)


def _truth(table: Table, column: Column, task: Task) -> tuple[tuple[str, ...], np.ndarray]:
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
    return names, truth


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


def _lineage(context: RunContext, libraries: tuple[str, ...]) -> dict[str, Any]:
    versions = {name: version(name) for name in dict.fromkeys(("numpy", "scikit-learn", *libraries))}
    return {"seed": str(context.seed), "python": platform.python_version(), **versions}

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
from tasks.contract.invoke import held_out_parts
from tasks.contract.model import Estimator, Learner, Model, Task
from tasks.contract.schema import Column, Schema
from tasks.contract.step import Step, prune
from tasks.contract.table import Partition, Sample, Table, is_missing
from tasks.contract.wires import Metrics
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
    """

    table: Table
    task: Task
    target: Column
    classes: tuple[str, ...]
    features: tuple[str, ...]
    matrix: np.ndarray
    truth: np.ndarray
    accepts_missing: bool

    def part(self, part: Partition) -> tuple[np.ndarray, np.ndarray]:
        """Return matrix and truth of one part of the rows."""
        mask = self.table.mask(part)
        return self.matrix[mask], self.truth[mask]

    def watched(self, seed: int, *, share: float = 0.15, fewest: int = 200) -> tuple[np.ndarray, np.ndarray]:
        """Return which rows to fit on and which to watch while fitting, to stop in time.

        Validation rows are watched where there are some. Otherwise a share of the training rows is put aside, each
        class alike; none when fewer than ``fewest`` rows came in. Test rows are never looked at.

        Returns:
            Two masks of shape (rows,), bool; the second may be all false.
        """
        training, valid = self.table.training_mask, self.table.mask(Partition.VALID)
        if valid.any() or training.sum() < fewest:
            return training, valid
        random = np.random.default_rng(seed)
        places = np.flatnonzero(training)
        kinds = self.truth[places] if self.task is Task.CLASSIFICATION else np.zeros(len(places), dtype=np.int64)
        aside = np.zeros(len(training), dtype=bool)
        for kind in np.unique(kinds):
            own = places[kinds == kind]
            aside[random.choice(own, int(len(own) * share), replace=False)] = True
        return training & ~aside, aside

    def balance(self, *, is_balanced: bool, rows: np.ndarray) -> np.ndarray | None:
        """Return a weight for each of ``rows`` (a mask) that makes all classes count alike; ``None`` if not asked."""
        if not is_balanced or self.task is Task.REGRESSION:
            return None
        truth = self.truth[rows]
        counts = np.bincount(truth, minlength=len(self.classes))
        per_class: np.ndarray = len(truth) / (np.count_nonzero(counts) * np.maximum(counts, 1))
        weights: np.ndarray = per_class[truth]
        return weights


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
    if not known.all():
        context.log(f"{int((~known).sum()):,} rows without a value of “{column.name}” were dropped.")
        table = table.take(known)
    kind = decide_task(column, task, table.columns[column.name])
    if kind is Task.CLASSIFICATION:
        table = _without_unknown_classes(table, column, context)
    matrix = table.matrix(chosen)
    _check_values(matrix, chosen, accepts_missing=accepts_missing)
    classes, truth = _truth(table, column, kind)
    made = Prepared(table, kind, column, classes, chosen, matrix, truth, accepts_missing)
    _check_rows(made)
    return made


def finish(
    prepared: Prepared, estimator: Estimator, learner: Learner, context: RunContext, *, threshold: float = 0.5
) -> tuple[Model, Metrics]:
    """Return the model and its scores on rows the fit never saw."""
    table = prepared.table
    part = held_out_parts(table)[0]
    predicted = estimator.predict(prepared.matrix)
    scores = score(prepared, predicted, part, threshold=threshold)
    steps, raw = prune(table.steps, prepared.features)
    if prepared.target.name in raw:
        raise NodeError(
            f"A column the model learns from is made of the target “{prepared.target.name}”, which nobody knows when a "
            "prediction is asked for. Remove that column."
        )
    held_out, expected = _held_out(table, raw, predicted)
    model = Model(
        task=prepared.task,
        target=prepared.target.name,
        classes=prepared.classes,
        features=prepared.features,
        raw_schema=raw_schema(table.raw_schema, steps, raw, prepared),
        steps=steps,
        estimator=estimator,
        learner=learner,
        training=table,
        metrics=scores,
        scored_on=PART_NAMES[part],
        held_out=held_out,
        expected=expected,
        threshold=threshold,
        lineage=_lineage(context),
    )
    return model, Metrics(scores, HEADLINE[prepared.task])


def score(prepared: Prepared, predicted: np.ndarray, part: Partition, *, threshold: float = 0.5) -> dict[str, float]:
    """Return the scores of one part of the rows.

    Args:
        predicted: What the estimator gave for all rows of ``prepared``.
        part: The rows to look at.
        threshold: Probability of the second class from which it is answered.
    """
    mask = prepared.table.mask(part)
    seen = prepared.truth[prepared.table.training_mask]
    if prepared.task is Task.REGRESSION:
        return regression_scores(prepared.truth[mask], predicted[mask], float(seen.mean()))
    shares = np.bincount(seen, minlength=len(prepared.classes))
    return classification_scores(prepared.truth[mask], predicted[mask], shares, threshold)


def raw_schema(schema: Schema, steps: tuple[Step, ...], raw: frozenset[str], prepared: Prepared) -> Schema:
    """Return the raw columns an endpoint asks for; ``nullable`` where a missing value can be answered."""
    kept = schema.where(lambda column: column.name in raw)
    gaps = [_gaps(step) for step in steps]
    return Schema.of(column.changed(nullable=_may_be_missing(column.name, gaps, prepared)) for column in kept.each())


def _may_be_missing(name: str, gaps: list[dict[str, frozenset[str]]], prepared: Prepared) -> bool:
    """Whether a row without a value of ``name`` can be answered. ``gaps``: `_gaps` of each step."""
    if prepared.accepts_missing:
        return True
    missing = {name}
    for step in gaps:
        missing = {c for c in missing if c not in step} | {c for c, passed in step.items() if passed & missing}
    return not missing.intersection(prepared.features)


def _gaps(step: Step) -> dict[str, frozenset[str]]:
    """Return, per column the step writes, the columns whose missing values it passes on."""
    parts = {name: step.narrow(frozenset({name})) or step for name in step.writes}
    return {name: frozenset(part.reads) - frozenset(part.fills) for name, part in parts.items()}


def _held_out(table: Table, raw: frozenset[str], predicted: np.ndarray) -> tuple[Sample, np.ndarray]:
    """Return raw rows that were not fitted on and what was predicted for them; training rows when there are none."""
    position = {int(row): at for at, row in enumerate(table.row_ids)}
    is_training = table.training_mask
    found = [(at, position[int(row)]) for at, row in enumerate(table.sample.row_ids) if int(row) in position]
    unseen = [pair for pair in found if not is_training[pair[1]]]
    pairs = np.asarray(unseen or found, dtype=np.int64).reshape(-1, 2)
    rows = table.sample.take(pairs[:, 0])
    return Sample(rows.row_ids, {n: v for n, v in rows.columns.items() if n in raw}), predicted[pairs[:, 1]]


def _check_values(matrix: np.ndarray, features: tuple[str, ...], *, accepts_missing: bool) -> None:
    missing, endless = np.isnan(matrix).any(axis=0), np.isinf(matrix).any(axis=0)
    if endless.any():
        name = features[int(np.argmax(endless))]
        raise NodeError(f"“{name}” holds infinite values, which no model can learn from. Clip or remove them first.")
    if missing.any() and not accepts_missing:
        names = [f"“{name}”" for name, lacks in zip(features, missing, strict=True) if lacks]
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        raise NodeError(f"Values are missing in {shown}. Fill them in before this model.", fix="clean.impute")


def _without_unknown_classes(table: Table, column: Column, context: RunContext) -> Table:
    """Return the table without rows of a class that no training row has: nothing could ever answer it."""
    names, truth = class_names(column, table.columns[column.name])
    learned = np.isin(truth, truth[table.training_mask])
    if learned.all() or not table.training_mask.any():
        return table
    lost = ", ".join(f"“{names[at]}”" for at in np.unique(truth[~learned])[:5])
    context.log(f"{int((~learned).sum()):,} rows were left out: no training row is of class {lost}.")
    return table.take(learned)


def _truth(table: Table, column: Column, task: Task) -> tuple[tuple[str, ...], np.ndarray]:
    values = table.columns[column.name]
    if task is Task.REGRESSION:
        if not np.isfinite(values).all():
            raise NodeError(f"The target “{column.name}” holds infinite values. Remove those rows first.")
        return (), values
    names, truth = class_names(column, values)
    return names, truth


def _check_rows(prepared: Prepared) -> None:
    seen = prepared.truth[prepared.table.training_mask]
    if len(seen) < FEWEST_ROWS:
        raise NodeError(
            f"A model needs at least {FEWEST_ROWS} training rows with a known target, but {len(seen)} came in."
        )
    if prepared.task is Task.CLASSIFICATION and len(np.unique(seen)) < 2:
        raise NodeError(
            f"All training rows have the same “{prepared.target.name}”, so there is nothing to tell apart. "
            "Choose another target or add rows of another class.",
            param="target",
        )


def _lineage(context: RunContext) -> dict[str, Any]:
    libraries = {name: version(name) for name in ("numpy", "scikit-learn")}
    return {"seed": str(context.seed), "python": platform.python_version(), **libraries}

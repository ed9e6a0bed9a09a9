"""From a fitted estimator to a model: its scores on rows it never saw, its recipe and what an endpoint asks for."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from tasks.contract.context import RunContext
from tasks.contract.errors import NodeError
from tasks.contract.invoke import held_out_parts
from tasks.contract.model import Learner, Model, Task
from tasks.contract.predictor import Estimator
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Partition, Sample, Table
from tasks.contract.transform import Transform, prune, run_transforms
from tasks.contract.values import Metrics
from tasks.graph.messages import Message, Names
from tasks.training.judgement import PART_NAMES, TargetFacts, judged_rows
from tasks.training.leaks import find_leaks, unused_texts
from tasks.training.scores import HEADLINE, classification_scores, regression_scores
from tasks.training.training_data import Prepared
from tasks.verdict.judge import judge
from tasks.verdict.values import Caveat, Judged


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
    notes = find_leaks(table, raw, prepared.truth, prepared.task, prepared.target.name)
    notes = (*notes, *unused_texts(table), *_spellings(prepared.classes))
    verdict = judge(_judged(prepared, predicted, part, scores, threshold), notes)
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
        reading=None if table.reading is None else table.reading.select(raw),
        verdict=verdict,
    )
    return model, Metrics(scores, HEADLINE[prepared.task], verdict=verdict)


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


def _spellings(classes: tuple[str, ...]) -> list[Caveat]:
    """Return a caveat where classes are one but for spaces and capitals."""
    bare = [" ".join(name.split()).casefold() for name in classes]
    alike = [name for name, word in zip(classes, bare, strict=True) if bare.count(word) > 1]
    if not alike:
        return []
    message = Message(
        "verdict.spellings_apart",
        "{names} differ in spaces or capitals only and count as different classes. Merge them with “Tidy words” of "
        "Columns, before the split.",
        names=Names(alike),
    )
    return [Caveat("spellings_apart", message)]


def _judged(
    prepared: Prepared, predicted: np.ndarray, part: Partition, scores: Mapping[str, float], threshold: float
) -> Judged:
    mask = prepared.table.mask(part)
    return judged_rows(
        TargetFacts(prepared.task, prepared.target.name, prepared.classes, threshold, prepared.dropped),
        prepared.truth[prepared.table.training_mask],
        prepared.truth[mask],
        predicted[mask],
        scores,
        part,
    )


def raw_schema(schema: Schema, transforms: tuple[Transform, ...], raw: frozenset[str], prepared: Prepared) -> Schema:
    """Return the raw columns an endpoint asks for; ``nullable`` where a missing value can be answered."""
    kept = schema.where(lambda column: column.name in raw)
    needed = frozenset() if prepared.accepts_missing else _needed(raw, transforms, prepared.features)
    sample = prepared.table.sample.columns
    return Schema.of(
        column.changed(nullable=column.name not in needed, **_range_of_dates(column, sample.get(column.name)))
        for column in kept.each()
    )


def _range_of_dates(column: Column, values: np.ndarray | None) -> dict[str, float]:
    """Return the first and the last date of the raw rows, in microseconds since 1970; nothing for other columns."""
    if column.type is not ColumnType.DATE or values is None or np.isnat(values).all():
        return {}
    moments = values[~np.isnat(values)].astype("datetime64[us]").astype(np.int64)
    return {"minimum": float(moments.min()), "maximum": float(moments.max())}


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
    return rows.select(raw), pairs[:, 1]


def _as_served(
    features: tuple[str, ...], transforms: tuple[Transform, ...], rows: Sample, estimator: Estimator
) -> np.ndarray:
    """Return the predictions of raw rows: what they have in the table was learned without them, as in no endpoint."""
    columns = run_transforms(transforms, rows.columns)
    return estimator.predict(np.column_stack([columns[name] for name in features]))


def _lineage(context: RunContext, libraries: tuple[str, ...]) -> dict[str, Any]:
    versions = {name: version(name) for name in dict.fromkeys(("numpy", "scikit-learn", *libraries))}
    return {"seed": str(context.seed), "python": platform.python_version(), **versions}

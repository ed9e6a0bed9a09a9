"""A fitted model: raw schema, transforms, estimator, and what it needs to be fitted again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from tasks.contract.predictor import Estimator
from tasks.contract.reading import Reading
from tasks.contract.schema import Schema
from tasks.contract.table import Sample, Table
from tasks.contract.transform import Transform
from tasks.verdict.values import Verdict


class Task(StrEnum):
    """What a model predicts."""

    REGRESSION = "regression"
    CLASSIFICATION = "classification"


@dataclass(frozen=True)
class Dimension:
    """One searchable parameter of a learner.

    ``kind``: float, integer or choice. ``low`` and ``high`` are included. ``log``: search on a log scale.
    """

    name: str
    kind: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Learner:
    """An unfitted recipe: which node, with which parameters, and what may be searched.

    ``version``: of the node whose form ``params`` and ``space`` have.
    """

    node: str
    params: Mapping[str, Any]
    space: tuple[Dimension, ...] = ()
    version: int = 1


@dataclass(frozen=True, eq=False)
class Model:
    """What a model node gives.

    Attributes:
        task: Regression or classification.
        target: Name of the predicted column.
        classes: Class names in the order of the probabilities, of two the positive one second; empty for regression.
        features: Columns of the estimator's matrix, in order.
        raw_schema: The raw columns an endpoint asks for, with example ranges and categories.
            ``nullable`` says whether a missing value can be answered.
        transforms: From raw columns to ``features``, pruned to what matters.
        estimator: The fitted function.
        learner: Recipe to fit it again.
        training: The table it was fitted on, all partitions.
        metrics: Scores on held-out rows (training rows when nothing was held out; see ``scored_on``).
        scored_on: ``test``, ``valid`` or ``train``.
        held_out: Raw rows never fitted on, for the parity check and as examples.
        expected: What ``estimator`` gave for ``held_out`` in training; shape as `Estimator.predict`.
        threshold: Probability from which the positive class is answered; binary classification only.
        lineage: Seed, versions, hashes.
        reading: How the source spelled the raw columns; ``None`` for a source that is no file.
        verdict: What ``metrics`` are worth; ``None`` for a model stored before models had one.
    """

    task: Task
    target: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    raw_schema: Schema
    transforms: tuple[Transform, ...]
    estimator: Estimator
    learner: Learner
    training: Table
    metrics: Mapping[str, float]
    scored_on: str
    held_out: Sample
    expected: np.ndarray
    threshold: float = 0.5
    lineage: Mapping[str, str] = field(default_factory=dict)
    reading: Reading | None = None
    verdict: Verdict | None = None

    @property
    def positive(self) -> str:
        """The positive one of two classes; empty for other tasks."""
        return self.classes[1] if len(self.classes) == 2 else ""


@dataclass(frozen=True, eq=False)
class Package:
    """A model made ready for an endpoint: checked against training, with everything serving needs.

    ``program``: the manifest that `tasks.inference` loads, JSON data. ``files``: file name to content.
    ``parity``: rows compared, largest difference, tolerance.
    """

    name: str
    program: Mapping[str, Any]
    files: Mapping[str, bytes]
    parity: Mapping[str, Any]

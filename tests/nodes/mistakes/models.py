"""Mistakes of nodes that make a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tasks.contract.fields import setting
from tasks.contract.model import Dimension, Task
from tasks.inference.estimators import LinearEstimator
from tasks.nodes.model.learner_node import Cost, LearnerNode
from tasks.training.learner_params import LearnerParams
from tasks.training.training_data import Prepared


class Mean(LearnerNode):
    """Correct: answers the mean of the target, or the shares of its classes."""

    title = "Mean"
    icon = "math-avg"
    space = (Dimension("share", "float", 0.0, 1.0),)
    cost = Cost(start_seconds=0.01, cell_seconds=1e-9)

    class Params(LearnerParams):
        share: float = setting(1.0, ge=0, le=1, title="Share", description="Not used for anything.")

    @classmethod
    def rows(cls, prepared: Prepared) -> np.ndarray:
        return prepared.table.training_mask

    @classmethod
    def fit(cls, prepared: Prepared, params, context):
        truth = prepared.truth[cls.rows(prepared)]
        features = len(prepared.features)
        if prepared.task is Task.REGRESSION:
            return LinearEstimator(np.zeros((features, 1)), np.array([truth.mean()]), "identity")
        counts = np.bincount(truth, minlength=len(prepared.classes)) + 1.0
        if len(prepared.classes) == 2:
            return LinearEstimator(np.zeros((features, 1)), np.array([np.log(counts[1] / counts[0])]), "sigmoid")
        return LinearEstimator(np.zeros((features, len(counts))), np.log(counts), "softmax")


class LearnsFromTestRows(Mean):
    """Answers the mean over all rows, those of the test too."""

    @classmethod
    def rows(cls, prepared):
        return np.ones(prepared.table.rows, dtype=bool)


class IsAnotherEachTime(Mean):
    """Answers something else each time it learns."""

    @classmethod
    def fit(cls, prepared, params, context):
        made = super().fit(prepared, params, context)
        return LinearEstimator(
            made.weights + np.random.default_rng().normal(size=made.weights.shape), made.intercept, made.link
        )


class AsksForTheTarget(Mean):
    """Makes a model that asks for every raw column."""

    @classmethod
    def run(cls, inputs, params, context):
        made = super().run(inputs, params, context)
        return cls.Outputs(replace(made.model, raw_schema=inputs.table.raw_schema), made.metrics)


class SearchesWhatIsNoParameter(Mean):
    """Lets a parameter be searched that it does not have."""

    space = (Dimension("depth", "integer", 1, 3),)


class SearchesBeyondTheRange(Mean):
    """Lets a parameter be searched where it is not valid."""

    space = (Dimension("share", "float", 0.0, 3.0),)

"""Random forests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tasks.contract.context import Known, RunContext
from tasks.contract.fields import setting
from tasks.contract.model import Dimension, Learner, Model, Task
from tasks.contract.node import Estimate, Node
from tasks.contract.schema import Schema
from tasks.contract.table import Partition, Table
from tasks.contract.wires import Metrics
from tasks.inference.estimators import SklearnEstimator
from tasks.training.columns import check_columns
from tasks.training.learner_params import LearnerParams
from tasks.training.tabular import Prepared, finish, prepare

_SPACE = (
    Dimension("kind", "choice", choices=("random", "extra")),
    Dimension("rows_in_leaf", "integer", 1, 50, log=True),
    Dimension("column_share", "float", 0.1, 1.0),
)
_BATCH = 10


class Forest(Node):
    """Predicts with the mean of many trees, each grown on its own random part of the data.

    Robust with hardly any setting: scale does not matter, missing values are taken as they are, and more trees never
    hurt. Extra trees split at random places, which is faster and smoother.
    """

    title = "Random forest"
    icon = "trees"
    keywords = ("random forest", "extra trees", "bagging", "trees", "regression", "classification")

    @dataclass(frozen=True)
    class Inputs:
        table: Table

    class Params(LearnerParams):
        kind: Literal["random", "extra"] = setting(
            "random",
            title="Kind",
            description="Random forest searches the best splits; extra trees draw them at random.",
        )
        trees: int = setting(
            100, ge=1, le=2000, title="Trees", description="More are steadier, slower and larger in memory."
        )
        deepest: int = setting(
            0,
            ge=0,
            le=100,
            title="Deepest tree",
            description="Most splits from root to leaf. 0: no limit.",
            advanced=True,
        )
        rows_in_leaf: int = setting(
            2, ge=1, le=10000, title="Rows per leaf", description="Fewest training rows in a leaf."
        )
        column_share: float = setting(
            0.0,
            ge=0,
            le=1,
            title="Share of columns",
            description="Columns to choose from at each split. 0: root of their number for classes, half for numbers.",
            advanced=True,
        )

    @dataclass(frozen=True)
    class Outputs:
        model: Model
        metrics: Metrics

    @staticmethod
    def run(inputs: Inputs, params: Params, context: RunContext) -> Outputs:
        """Return the fitted model and its scores."""
        prepared = prepare(inputs.table, context, target=params.target, task=params.task, accepts_missing=True)
        forest = _forest(prepared, params, context.seed)
        _grow(forest, prepared, params, context)
        learner = Learner("model.forest", params.model_dump(mode="json"), _SPACE)
        model, metrics = finish(prepared, SklearnEstimator(forest), learner, context)
        return Forest.Outputs(model, metrics)

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: Params, known: Known) -> Mapping[str, Schema]:
        """Return nothing; refuse columns that do not suit."""
        check_columns(schemas, target=params.target, task=params.task)
        return {}

    @staticmethod
    def estimate(rows: int, columns: int, params: Params) -> Estimate:
        """Return seconds measured on 20,000 rows of 30 columns, scaled."""
        return Estimate(
            seconds=0.3 + rows * columns * params.trees * 6e-8,
            memory_bytes=rows * columns * 16 + rows * params.trees * 100,
        )


def _forest(prepared: Prepared, params: Any, seed: int) -> Any:
    from sklearn import ensemble

    usual: float | str = "sqrt" if prepared.task is Task.CLASSIFICATION else 0.5
    names = {
        (Task.CLASSIFICATION, "random"): ensemble.RandomForestClassifier,
        (Task.CLASSIFICATION, "extra"): ensemble.ExtraTreesClassifier,
        (Task.REGRESSION, "random"): ensemble.RandomForestRegressor,
        (Task.REGRESSION, "extra"): ensemble.ExtraTreesRegressor,
    }
    return names[prepared.task, params.kind](
        n_estimators=params.trees,
        max_depth=params.deepest or None,
        min_samples_leaf=params.rows_in_leaf,
        max_features=params.column_share or usual,
        n_jobs=-1,
        random_state=seed,
        warm_start=True,
    )


def _grow(forest: Any, prepared: Prepared, params: Any, context: RunContext) -> None:
    """Grow a few trees at a time, so that cancelling is noticed and progress is seen."""
    matrix, truth = prepared.part(Partition.TRAIN)
    weights = prepared.balance(is_balanced=params.balance_classes, rows=prepared.table.training_mask)
    for count in [*range(_BATCH, params.trees, _BATCH), params.trees]:
        context.progress((count - 1) / params.trees, f"{count} trees")
        forest.n_estimators = count
        forest.fit(matrix, truth, sample_weight=weights)
    forest.n_jobs = 1  # threads would add up the trees in any order, and equal rows could come out a hair apart

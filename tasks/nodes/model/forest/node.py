"""Random forests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from tasks.contract.context import RunContext
from tasks.contract.fields import setting
from tasks.contract.model import Dimension, Task
from tasks.contract.table import Partition
from tasks.inference.estimators import SklearnEstimator
from tasks.nodes.model.learner_node import Cost, LearnerNode, halvings
from tasks.training.forests import grow
from tasks.training.learner_params import FORMER_DEFAULTS, LearnerParams
from tasks.training.training_data import Prepared

FEWEST_TREES = 10


class Forest(LearnerNode):
    """Predicts with the mean of many trees, each grown on its own random part of the data.

    Robust with hardly any setting: scale does not matter, missing values are taken as they are, and more trees never
    hurt. Extra trees split at random places, which is faster and smoother.
    """

    title = "Random forest"
    icon = "trees"
    keywords = ("random forest", "extra trees", "bagging", "trees", "regression", "classification")
    version = 3
    former_defaults: ClassVar = {3: FORMER_DEFAULTS}
    renamed = {
        2: {
            "trees": "n_estimators",
            "deepest": "max_depth",
            "rows_in_leaf": "min_samples_leaf",
            "column_share": "max_features",
        }
    }
    accepts_missing = True
    is_killable = True
    space = (
        Dimension("kind", "choice", choices=("random", "extra")),
        Dimension("min_samples_leaf", "integer", 1, 50, log=True),
        Dimension("max_features", "float", 0.1, 1.0),
    )
    cost = Cost(start_seconds=0.3, cell_seconds=6e-8, row_bytes=100)

    class Params(LearnerParams):
        kind: Literal["random", "extra"] = setting(
            "random",
            title="Kind",
            description="Random forest searches the best splits; extra trees draw them at random.",
        )
        n_estimators: int = setting(
            100,
            ge=1,
            le=2000,
            title="Trees",
            description="How many to grow. More are steadier, slower and larger in memory.",
        )
        max_depth: int = setting(
            0,
            ge=0,
            le=100,
            title="Maximum depth",
            description="Splits from the root of a tree to a leaf, at most. 0: no limit.",
            advanced=True,
        )
        min_samples_leaf: int = setting(
            2,
            ge=1,
            le=10000,
            title="Minimum rows per leaf",
            description="Training rows in a leaf, at least.",
            unit="rows",
        )
        max_features: float = setting(
            0.0,
            ge=0,
            le=1,
            title="Column share",
            description="Share of the columns each split may use. 0: the square root for classes, half for numbers.",
            advanced=True,
        )

    @staticmethod
    def fit(prepared: Prepared, params: Params, context: RunContext) -> SklearnEstimator:
        """Return the grown forest."""
        forest = _forest(prepared, params, context.seed)
        _grow(forest, prepared, params, context)
        return SklearnEstimator(forest)

    @staticmethod
    def effort(params: Params) -> float:
        """Return the number of trees."""
        return params.n_estimators

    @staticmethod
    def lighter(rows: int, params: Params) -> Iterable[Mapping[str, Any]]:  # noqa: ARG004
        """Return fewer trees."""
        return halvings("n_estimators", params.n_estimators, FEWEST_TREES)


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
        n_estimators=params.n_estimators,
        max_depth=params.max_depth or None,
        min_samples_leaf=params.min_samples_leaf,
        max_features=params.max_features or usual,
        n_jobs=-1,
        random_state=seed,
        warm_start=True,
    )


def _grow(forest: Any, prepared: Prepared, params: Any, context: RunContext) -> None:
    matrix, truth = prepared.part(Partition.TRAIN)
    weights = prepared.weights(is_balanced=params.balance_classes, rows=prepared.table.training_mask)
    grow(forest, matrix, truth, context, weights=weights)
    forest.n_jobs = 1  # threads would add up the trees in any order, and equal rows could come out a hair apart

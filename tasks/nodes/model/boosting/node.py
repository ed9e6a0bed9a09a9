"""Gradient boosting with LightGBM."""

from __future__ import annotations

import math
import os
from typing import Any, ClassVar, Literal

import numpy as np

from tasks.contract.context import RunContext
from tasks.contract.fields import setting
from tasks.contract.model import Dimension, Task
from tasks.graph.messages import Message
from tasks.inference.estimators import LightGBMEstimator
from tasks.native_libraries import import_lightgbm
from tasks.nodes.model.learner_node import Cost, LearnerNode
from tasks.training.boosted import BoostedTrees
from tasks.training.fit_limits import limits_of
from tasks.training.learner_params import FORMER_DEFAULTS, LearnerParams
from tasks.training.training_data import Prepared

_CELLS_FOR_THREADS = 3_000_000
"""Rows times columns from which several threads pay. Below, they wait for each other longer than they work."""
_PARTS_OF_FEW_ROWS = 4
"""Parts that are put aside in turn to find the number of trees where rows are too few to put some aside for good."""
_OBJECTIVES = {"squared": "regression", "absolute": "regression_l1", "huber": "huber"}


class Boosting(LearnerNode):
    """Predicts with many small trees, each mending what the ones before got wrong.

    Usually the most accurate choice for tables. Takes missing values as they are, stops by itself when rows that were
    put aside no longer improve, and shows both curves while it learns.
    """

    title = "Boosted trees"
    icon = "trending-up"
    keywords = ("lightgbm", "gradient boosting", "xgboost", "gbm", "trees", "regression", "classification")
    version = 3
    former_defaults: ClassVar = {3: FORMER_DEFAULTS}
    renamed = {
        2: {
            "rounds": "n_estimators",
            "leaves": "num_leaves",
            "rows_in_leaf": "min_samples_leaf",
            "column_share": "max_features",
            "row_share": "subsample",
            "ridge": "reg_lambda",
            "patience": "early_stopping_rounds",
        }
    }
    accepts_missing = True
    libraries = ("lightgbm",)
    space = (
        Dimension("learning_rate", "float", 0.01, 0.3, log=True),
        Dimension("num_leaves", "integer", 4, 256, log=True),
        Dimension("min_samples_leaf", "integer", 1, 200, log=True),
        Dimension("max_features", "float", 0.3, 1.0),
        Dimension("subsample", "float", 0.5, 1.0),
        Dimension("reg_lambda", "float", 1e-3, 100.0, log=True),
    )
    cost = Cost(start_seconds=0.3, cell_seconds=1.2e-8, cell_bytes=12)

    class Params(LearnerParams):
        n_estimators: int = setting(
            1000,
            ge=1,
            le=20000,
            title="Maximum trees",
            description="Learning stops earlier when the validation rows no longer improve.",
        )
        learning_rate: float = setting(
            0.06,
            gt=0,
            le=1,
            title="Learning rate",
            description="How much each tree may change. Smaller needs more trees.",
        )
        num_leaves: int = setting(
            31,
            ge=2,
            le=4096,
            title="Maximum leaves",
            description="Leaves per tree. More see finer patterns and overfit sooner.",
        )
        min_samples_leaf: int = setting(
            20,
            ge=1,
            le=10000,
            title="Minimum rows per leaf",
            description="Training rows in a leaf, at least; never more than a twentieth of all.",
        )
        early_stopping_rounds: int = setting(
            50,
            ge=0,
            le=1000,
            title="Patience",
            description="Stop after so many trees without improvement on the validation rows. 0: never stop early.",
            unit="trees",
        )
        loss: Literal["squared", "absolute", "huber"] = setting(
            "squared",
            title="Loss",
            description="What predicting a number makes small. Absolute and Huber care less about extreme values.",
            show_when={"task": ["auto", "regression"]},
            advanced=True,
        )
        max_features: float = setting(
            0.8, gt=0, le=1, title="Column share", description="Share of the columns each tree may use.", advanced=True
        )
        subsample: float = setting(
            0.9,
            gt=0,
            le=1,
            title="Row share",
            description="Share of the training rows each tree learns from.",
            advanced=True,
        )
        reg_lambda: float = setting(
            1.0,
            ge=0,
            le=1e4,
            title="L2 penalty",
            description="Keeps the values in the leaves small. 0: no penalty.",
            advanced=True,
        )

    @staticmethod
    def fit(prepared: Prepared, params: Params, context: RunContext) -> LightGBMEstimator:
        """Return the trees up to the best round."""
        return _fit(prepared, params, context)

    @staticmethod
    def effort(params: Params) -> float:
        """Return the number of trees; it mostly stops before the last."""
        return min(params.n_estimators, 400)


def _fit(prepared: Prepared, params: Any, context: RunContext) -> LightGBMEstimator:
    limits = limits_of(context)
    fitted, watched = prepared.watched(context.seed)
    rounds = limits.rounds
    if rounds is None and not watched.any() and params.early_stopping_rounds:
        rounds = _rounds_of_parts(prepared, params, context)
    if rounds is not None:
        fitted, watched = prepared.table.training_mask, np.zeros(prepared.table.rows, dtype=bool)
        params = params.model_copy(update={"n_estimators": rounds, "early_stopping_rounds": 0})
    text, count = _trees(prepared, params, context.seed, fitted, watched).grow(context)
    limits.found.append(count)
    context.log(Message("boosting.trees", "{count:,} trees.", count=count))
    link = "identity"
    if prepared.task is Task.CLASSIFICATION:
        link = "sigmoid" if len(prepared.classes) == 2 else "softmax"
    return LightGBMEstimator(text, link)


def _rounds_of_parts(prepared: Prepared, params: Any, context: RunContext) -> int | None:
    """Return after how many rounds it stops, in the mean, when parts of few rows are watched in turn."""
    found = [
        _trees(prepared, params, context.seed, fitted, watched).grow(context, is_reported=False)[1]
        for fitted, watched in prepared.watched_folds(_PARTS_OF_FEW_ROWS, context.seed)
    ]
    return max(1, math.ceil(sum(found) / len(found))) if found else None


def _trees(prepared: Prepared, params: Any, seed: int, fitted: np.ndarray, watched: np.ndarray) -> BoostedTrees:
    lightgbm = import_lightgbm()

    settings = _settings(prepared, params, int(fitted.sum()), seed)
    training = lightgbm.Dataset(
        prepared.matrix[fitted],
        prepared.truth[fitted],
        weight=prepared.weights(is_balanced=params.balance_classes, rows=fitted),
        params=settings,
        free_raw_data=True,
    )
    aside = None
    if watched.any():
        weight = prepared.weights(is_balanced=params.balance_classes, rows=watched)
        aside = training.create_valid(prepared.matrix[watched], prepared.truth[watched], weight=weight)
    return BoostedTrees(settings, training, aside, params.n_estimators, params.early_stopping_rounds)


def _settings(prepared: Prepared, params: Any, rows: int, seed: int) -> dict[str, Any]:
    if prepared.task is Task.REGRESSION:
        objective: dict[str, Any] = {"objective": _OBJECTIVES[params.loss], "metric": "rmse"}
        if params.loss != "squared":
            objective["metric"] = "l1"
    elif len(prepared.classes) == 2:
        objective = {"objective": "binary", "metric": "binary_logloss"}
    else:
        objective = {"objective": "multiclass", "num_class": len(prepared.classes), "metric": "multi_logloss"}
    return {
        **objective,
        "learning_rate": params.learning_rate,
        "num_leaves": params.num_leaves,
        "min_data_in_leaf": min(params.min_samples_leaf, max(1, rows // 20)),
        "feature_fraction": params.max_features,
        "bagging_fraction": max(params.subsample, min(1.0, 2 / rows)),  # LightGBM fails on a share of less than a row
        "bagging_freq": 1 if params.subsample < 1 else 0,
        "lambda_l2": params.reg_lambda,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1 if rows * len(prepared.features) < _CELLS_FOR_THREADS else os.cpu_count() or 1,
        "verbosity": -1,
    }

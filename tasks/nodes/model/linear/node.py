"""Linear and logistic regression."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from tasks.contract.context import RunContext
from tasks.contract.fields import setting
from tasks.contract.model import Dimension, Task
from tasks.contract.table import Partition
from tasks.graph.messages import Message
from tasks.inference.estimators import LinearEstimator
from tasks.nodes.model.learner_node import Cost, LearnerNode
from tasks.training.learner_params import FORMER_DEFAULTS, LearnerParams
from tasks.training.training_data import Prepared


class Linear(LearnerNode):
    """Predicts a number or a class from a weighted sum of the columns.

    Ordinary least squares, ridge, lasso or elastic net for numbers; logistic regression with the same penalties for
    classes. Fast, steady and easy to explain; columns are brought to one scale inside, so no scaling is needed before.
    """

    title = "Linear model"
    icon = "chart-line"
    keywords = ("regression", "logistic", "ridge", "lasso", "elastic net", "ols", "least squares")
    version = 3
    former_defaults: ClassVar = {3: FORMER_DEFAULTS}
    renamed = {2: {"strength": "alpha", "lasso_share": "l1_ratio"}}
    is_killable = True
    space = (
        Dimension("penalty", "choice", choices=("ridge", "lasso", "elastic_net")),
        Dimension("alpha", "float", 1e-4, 1e3, log=True),
    )
    cost = Cost(start_seconds=0.1, cell_seconds=4e-7, cell_bytes=32)

    class Params(LearnerParams):
        penalty: Literal["ridge", "lasso", "elastic_net", "none"] = setting(
            "ridge",
            title="Penalty",
            description="Ridge (L2) keeps weights small, lasso (L1) drops columns, elastic net does both.",
        )
        alpha: float = setting(
            1.0,
            ge=0,
            le=1e6,
            title="Penalty strength",
            description="Larger is simpler. Lasso and elastic net on numbers: in hundredths of the target's spread.",
            show_when={"penalty": ["ridge", "lasso", "elastic_net"]},
        )
        l1_ratio: float = setting(
            0.5,
            gt=0,
            lt=1,
            title="Lasso share",
            description="Share of the elastic net that is lasso; the rest is ridge.",
            show_when={"penalty": ["elastic_net"]},
        )

    @staticmethod
    def fit(prepared: Prepared, params: Params, context: RunContext) -> LinearEstimator:
        """Return the weights."""
        context.progress(0.2, Message("linear.fitting", "Fitting"))
        return _fit(prepared, params, context.seed)


def _fit(prepared: Prepared, params: Any, seed: int) -> LinearEstimator:
    matrix, truth = prepared.part(Partition.TRAIN)
    mean, spread = matrix.mean(axis=0), matrix.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = (matrix - mean) / spread
    row_weights = prepared.weights(is_balanced=params.balance_classes, rows=prepared.table.training_mask)
    if prepared.task is Task.REGRESSION:
        weights, intercept, link = *_regression(scaled, truth, params, row_weights), "identity"
    else:
        weights, intercept = _classification(scaled, truth, params, row_weights, seed=seed)
        link = "sigmoid" if len(prepared.classes) == 2 else "softmax"
    # The scale moves into the weights, so that an endpoint multiplies once.
    unscaled = weights / spread[:, None]
    return LinearEstimator(unscaled, intercept - mean @ unscaled, link)


def _regression(
    scaled: np.ndarray, truth: np.ndarray, params: Any, row_weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge

    small = params.alpha * 0.01 * float(truth.std())
    if params.penalty == "none" or params.alpha == 0 or (params.penalty != "ridge" and small == 0):
        model = LinearRegression()
    elif params.penalty == "ridge":
        model = Ridge(alpha=params.alpha)
    elif params.penalty == "lasso":
        model = Lasso(alpha=small, max_iter=5000)
    else:
        model = ElasticNet(alpha=small, l1_ratio=params.l1_ratio, max_iter=5000)
    model.fit(scaled, truth, sample_weight=row_weights)
    return model.coef_.reshape(-1, 1), np.atleast_1d(np.asarray(model.intercept_, dtype=np.float64))


def _classification(
    scaled: np.ndarray, truth: np.ndarray, params: Any, row_weights: np.ndarray | None, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.linear_model import LogisticRegression

    share = {"lasso": 1.0, "elastic_net": params.l1_ratio}.get(params.penalty, 0.0)
    inverse = np.inf if params.penalty == "none" or params.alpha == 0 else 1 / params.alpha
    model = LogisticRegression(
        C=inverse,
        l1_ratio=share,
        solver="saga" if share else "lbfgs",
        tol=1e-3 if share else 1e-4,
        max_iter=1000,
        random_state=seed,
    )
    model.fit(scaled, truth, sample_weight=row_weights)
    return model.coef_.T.copy(), model.intercept_.copy()

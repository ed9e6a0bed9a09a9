"""The linear node gives what scikit-learn gives."""

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import log_loss, r2_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tasks.contract.table import Partition
from tasks.nodes.model.linear.node import Linear
from tests.contexts import ListContext
from tests.nodes.model.samples import arrays, fitted, sample

REGRESSIONS = {
    "none": lambda spread: LinearRegression(),
    "ridge": lambda spread: Ridge(alpha=2.0),
    "lasso": lambda spread: Lasso(alpha=0.02 * spread, max_iter=5000),
    "elastic_net": lambda spread: ElasticNet(alpha=0.02 * spread, l1_ratio=0.5, max_iter=5000),
}


@pytest.mark.parametrize("penalty", list(REGRESSIONS))
def test_regression_equals_the_library_on_the_same_rows(penalty):
    table = sample(0)
    (x, y), (x_test, y_test) = arrays(table)
    direct = make_pipeline(StandardScaler(), REGRESSIONS[penalty](y.std())).fit(x, y)
    model = fitted(Linear, table, penalty=penalty, alpha=2.0)
    np.testing.assert_allclose(model.estimator.predict(x_test), direct.predict(x_test), rtol=1e-9)
    assert model.metrics["r2"] == pytest.approx(r2_score(y_test, direct.predict(x_test)))
    assert model.scored_on == "test"


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(("penalty", "share"), [("ridge", 0.0), ("none", 0.0), ("lasso", 1.0)])
def test_classification_equals_the_library_on_the_same_rows(classes, penalty, share):
    table = sample(classes)
    (x, y), (x_test, y_test) = arrays(table)
    inverse = np.inf if penalty == "none" else 0.5
    solver, tolerance = ("saga", 1e-3) if share else ("lbfgs", 1e-4)
    direct = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=inverse, l1_ratio=share, solver=solver, tol=tolerance, max_iter=1000, random_state=7),
    ).fit(x, y)
    model = fitted(Linear, table, penalty=penalty, alpha=2.0)
    probabilities = direct.predict_proba(x_test)
    np.testing.assert_allclose(model.estimator.predict(x_test), probabilities, atol=1e-8)
    assert model.metrics["log_loss"] == pytest.approx(log_loss(y_test, probabilities))
    ranked = probabilities[:, 1] if classes == 2 else probabilities
    assert model.metrics["auc"] == pytest.approx(roc_auc_score(y_test, ranked, multi_class="ovr"))
    assert model.metrics["accuracy"] == pytest.approx(direct.score(x_test, y_test))


def test_balanced_classes_equal_the_library():
    table = sample(2, rare=0.1)
    (x, y), (x_test, _) = arrays(table)
    direct = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000)).fit(x, y)
    model = fitted(Linear, table, balance_classes=True)
    np.testing.assert_allclose(model.estimator.predict(x_test), direct.predict_proba(x_test), atol=1e-8)


def test_a_constant_column_does_no_harm():
    table = sample(0)
    flat = {**table.columns, "x1": np.full(table.rows, 5.0)}
    model = fitted(Linear, type(table)(**{**vars(table), "columns": flat}))
    assert np.isfinite(model.metrics["rmse"])


def test_test_rows_do_not_change_the_fit():
    table = sample(0)
    wild = {**table.columns, "x0": np.where(table.mask(Partition.TEST), 1e9, table.columns["x0"])}
    one, two = (fitted(Linear, t) for t in (table, type(table)(**{**vars(table), "columns": wild})))
    np.testing.assert_array_equal(one.estimator.weights, two.estimator.weights)


def test_what_is_left_out_is_said_in_the_log():
    context = ListContext()
    Linear.run(Linear.Inputs(sample(0)), Linear.Params(), context)
    assert context.logs == []

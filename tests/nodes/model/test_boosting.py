"""Boosted trees: live curves, early stopping, cancelling."""

from dataclasses import dataclass

import numpy as np
import pytest

from tasks.contract.errors import Cancelled
from tasks.contract.table import Partition
from tasks.native_libraries import import_lightgbm
from tasks.nodes.model.boosting.node import Boosting
from tests.contexts import ListContext
from tests.nodes.model.samples import arrays, fitted, sample


def test_it_equals_the_library_run_directly():
    lightgbm = import_lightgbm()

    table = sample(0, has_validation=True)
    (x, y), (x_test, _) = arrays(table)
    model = fitted(Boosting, table, n_estimators=40, early_stopping_rounds=0, max_features=1.0, subsample=1.0)
    settings = {"objective": "regression", "learning_rate": 0.06, "lambda_l2": 1.0, "min_data_in_leaf": 15}
    booster = lightgbm.train(
        {**settings, "verbosity": -1, "seed": 7, "deterministic": True, "force_col_wise": True, "num_threads": 1},
        lightgbm.Dataset(x, y),
        40,
    )
    np.testing.assert_allclose(model.estimator.predict(x_test), booster.predict(x_test), rtol=1e-9)


def test_both_curves_are_shown_for_every_tree():
    context = ListContext()
    fitted(Boosting, sample(2, has_validation=True), context, n_estimators=15, early_stopping_rounds=0)
    for name in ("train_loss", "valid_loss"):
        assert [step for point, _, step in context.points if point == name] == list(range(1, 16))
    train = [value for point, value, _ in context.points if point == "train_loss"]
    assert train == sorted(train, reverse=True)


def test_it_stops_when_the_validation_rows_no_longer_improve_and_keeps_the_best():
    context = ListContext()
    table = sample(0, has_validation=True)
    model = fitted(Boosting, table, context, n_estimators=2000, early_stopping_rounds=10, learning_rate=0.3)
    valid = [value for point, value, _ in context.points if point == "valid_loss"]
    assert len(valid) < 2000
    mask = table.mask(Partition.VALID)
    predicted = model.estimator.predict(table.matrix(model.features, mask))
    error = np.sqrt(np.mean((predicted - table.columns["y"][mask]) ** 2))
    assert error == pytest.approx(min(valid))


@dataclass
class CancelledAfterTenPoints(ListContext):
    def cancelled(self):
        return len(self.points) >= 10


def test_cancelling_stops_it_within_a_tree():
    context = CancelledAfterTenPoints()
    with pytest.raises(Cancelled):
        fitted(Boosting, sample(0), context)
    assert len(context.points) <= 12


def test_a_share_of_less_than_a_row_still_learns_from_rows():
    assert fitted(Boosting, sample(0, rows=40), n_estimators=3, subsample=1e-6).metrics["rmse"] > 0

"""Forests equal scikit-learn's, and can be cancelled."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestRegressor

from tasks.contract.errors import Cancelled
from tasks.nodes.model.forest.node import Forest
from tests.contexts import ListContext
from tests.nodes.model.samples import arrays, fitted, sample


def test_a_forest_grown_in_parts_is_the_forest_grown_at_once():
    table = sample(0)
    (x, y), (x_test, _) = arrays(table)
    direct = RandomForestRegressor(25, min_samples_leaf=2, max_features=0.5, random_state=7).fit(x, y)
    model = fitted(Forest, table, n_estimators=25)
    np.testing.assert_allclose(model.estimator.predict(x_test), direct.predict(x_test), rtol=1e-12)


def test_extra_trees_are_those_of_the_library():
    table = sample(3)
    (x, y), (x_test, _) = arrays(table)
    direct = ExtraTreesClassifier(20, min_samples_leaf=4, random_state=7).fit(x, y)
    model = fitted(Forest, table, n_estimators=20, kind="extra", min_samples_leaf=4)
    np.testing.assert_allclose(model.estimator.predict(x_test), direct.predict_proba(x_test), rtol=1e-12)


@dataclass
class CancelledAtHalf(ListContext):
    def progress(self, share, text=""):
        super().progress(share, text)
        if share > 0.5:
            raise Cancelled


def test_cancelling_is_noticed_while_it_grows():
    context = CancelledAtHalf()
    with pytest.raises(Cancelled):
        fitted(Forest, sample(0), context, n_estimators=100)
    assert 0.5 < max(context.shares) < 0.7


def test_fewer_trees_need_less_memory():
    params = Forest.Params(n_estimators=2000)
    fewer = [Forest.Params(**change) for change in Forest.lighter(1000, params)]
    needed = [Forest.estimate(1000, 10, one).memory_bytes for one in (params, *fewer)]
    assert needed == sorted(needed, reverse=True)
    assert len(set(needed)) == len(needed) > 2

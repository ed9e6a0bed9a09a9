"""Intervals hold the truth as often as they say, and are refused where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.inference.intervals import NoInterval, half_width, residual_quantiles
from tests.contexts import ListContext
from tests.inference.test_explain import loaded, packed
from tests.tables import mixed


def test_the_share_that_was_asked_for_is_inside():
    random = np.random.default_rng(1)
    inside = []
    for _ in range(300):
        known = residual_quantiles(random.normal(size=99))
        inside.append(np.mean(np.abs(random.normal(size=200)) <= half_width(known, 0.9)))
    assert np.mean(inside) == pytest.approx(0.9, abs=0.01)


def test_a_share_between_two_kept_ones_gets_the_wider():
    known = residual_quantiles(np.arange(1.0, 200.0))
    assert half_width(known, 0.9) == 180.0
    assert half_width(known, 0.901) == half_width(known, 0.91) == 182.0


@pytest.mark.parametrize("residuals", [[], [np.nan]])
def test_no_rows_tell_nothing(residuals):
    assert residual_quantiles(np.array(residuals)) is None
    with pytest.raises(NoInterval, match="no held-out rows"):
        half_width(None, 0.9)


def test_few_rows_cannot_tell_a_large_share():
    known = residual_quantiles(np.arange(9.0))
    assert half_width(known, 0.9) == 8.0
    with pytest.raises(NoInterval, match=r"at most 0\.9"):
        half_width(known, 0.95)


def test_a_package_knows_its_residuals_on_rows_it_was_not_fitted_on(monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")
    made = packed("price", "model.forest", rows=1500)
    width = half_width(made.program["residual_quantiles"], 0.9)
    fresh = mixed(600, target="price", seed=5)
    names = loaded(made).raw_schema.names
    from tasks.inference.packaging import raw_rows

    rows = raw_rows(fresh.schema.select(names), fresh.columns)
    off = np.abs(np.array(loaded(made).predict_rows(rows).predictions) - fresh.columns["price"])
    assert np.mean(off <= width) == pytest.approx(0.9, abs=0.05)


def test_a_model_with_nothing_held_out_gives_no_interval(monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")
    from tasks.inference.packaging import package

    value = mixed(target="price")
    for name in ("clean.impute", "features.encode", "model.linear"):
        cls = node_class(name)
        value = next(iter(invoke(cls, {"table": value}, cls.Params(), ListContext()).values()))
    assert package(value, "houses", ListContext()).program["residual_quantiles"] is None

"""Scaling numbers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import PowerTransformer

from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.contract.transform import prune
from tests.contexts import ListContext
from tests.tables import table_of

Scale = node_class("features.scale")


def scaled(table, **params):
    return invoke(Scale, {"table": table}, Scale.Params(**params), ListContext())["table"]


def column(*values, **params):
    return scaled(table_of({"a": ("number", list(values))}), **params).columns["a"]


def test_standard_has_mean_zero_and_spread_one():
    assert column(1, 2, 3).tolist() == pytest.approx([-(1.5**0.5), 0, 1.5**0.5])


def test_minmax_goes_from_zero_to_one():
    assert column(5, 10, 15, method="minmax").tolist() == [0, 0.5, 1]


def test_robust_is_not_moved_by_outliers():
    assert column(1, 2, 3, 4, 1e9, method="robust")[2] == 0


def test_log_takes_numbers_of_either_sign():
    made = column(-9, 0, 9, method="log")
    assert made[1] == pytest.approx(0)
    assert made[0] == pytest.approx(-made[2])


def test_power_agrees_with_the_reference():
    values = np.random.default_rng(0).lognormal(size=500)
    expected = PowerTransformer().fit_transform(values.reshape(-1, 1)).ravel()
    assert np.allclose(column(*values, method="power"), expected, atol=1e-3)


def test_column_without_spread_becomes_zero():
    assert column(3, 3, 3).tolist() == [0, 0, 0]


def test_gaps_stay_gaps():
    assert np.isnan(column(1, None, 3)[1])


def test_rows_kept_aside_do_not_move_the_scale():
    split = table_of({"a": ("number", [0, 10, 1000])}).split(np.asarray([0, 0, 2]))
    assert scaled(split, method="minmax").columns["a"].tolist() == [0, 1, 100]


def test_yes_no_columns_are_left_alone():
    made = scaled(table_of({"a": ("boolean", [0, 1, 1])}))
    assert made.columns["a"].tolist() == [0, 1, 1]


def test_endpoint_is_asked_for_what_is_read_only():
    made = scaled(table_of({"a": ("number", [1, 2]), "b": ("number", [1, 2])}), method="log")
    kept, needed = prune(made.transforms, ["b"])
    assert needed == {"b"}
    assert kept[0].outputs == ("b",)

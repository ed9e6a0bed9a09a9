"""Reining in outliers."""

from __future__ import annotations

import numpy as np

from tasks.contract.invoke import headline, invoke
from tasks.contract.registry import node_class
from tests.contexts import ListContext
from tests.tables import table_of

Outliers = node_class("clean.outliers")


def reined(table, **params):
    context = ListContext()
    return invoke(Outliers, {"table": table}, Outliers.Params(**params), context)["table"], context


def table():
    return table_of({"a": ("number", [1, 2, 3, 4, 5, 1000, None]), "flat": ("number", [1, 1, 1, 1, 1, 1, 9])})


def test_far_values_are_clipped_to_the_fence():
    made, _ = reined(table(), columns=("a",))
    low, high = np.quantile([1, 2, 3, 4, 5, 1000], [0.25, 0.75])
    assert made.columns["a"][5] == high + 1.5 * (high - low)
    assert made.columns["a"][:5].tolist() == [1, 2, 3, 4, 5]
    assert np.isnan(made.columns["a"][6])
    assert headline(Outliers, {"table": table()}, {"table": made}) == "1 value clipped"


def test_infinite_values_are_clipped_too():
    wild = table_of({"a": ("number", [1, 2, 3, 4, float("inf"), float("-inf")])})
    assert np.isfinite(reined(wild)[0].columns["a"]).all()


def test_dropped_rows_are_training_rows_only():
    split = table().split(np.asarray([0, 0, 0, 0, 0, 2, 0]))
    assert reined(split, columns=("a",), action="drop")[0].rows == 7
    assert reined(table(), columns=("a",), action="drop")[0].rows == 6


def test_flag_stands_beside_the_value():
    made, _ = reined(table(), columns=("a",), action="flag")
    assert made.columns["a_is_outlier"].tolist() == [0, 0, 0, 0, 0, 1, 0]
    assert made.columns["a"][5] == 1000


def test_column_without_spread_is_left_as_it_is():
    made, context = reined(table(), columns=("flat",))
    assert made.columns["flat"][6] == 9
    assert "“flat” was left as it is" in context.logs[0]

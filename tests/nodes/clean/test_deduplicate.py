"""Dropping rows that are there more than once."""

from __future__ import annotations

from tasks.contract.invoke import headline, invoke
from tasks.contract.registry import node_class
from tests.contexts import ListContext
from tests.tables import table_of

Deduplicate = node_class("clean.deduplicate")


def thinned(**params):
    table = table_of({"a": ("number", [1, 1, None, None, 1]), "b": ("category", ["x", "x", "y", "y", None])})
    return table, invoke(Deduplicate, {"table": table}, Deduplicate.Params(**params), ListContext())["table"]


def test_first_of_the_same_rows_stays():
    assert thinned()[1].row_ids.tolist() == [0, 2, 4]


def test_last_of_the_same_rows_stays_when_asked():
    assert thinned(keep="last")[1].row_ids.tolist() == [1, 3, 4]


def test_rows_can_be_the_same_in_some_columns_only():
    assert thinned(columns=("a",))[1].row_ids.tolist() == [0, 2]


def test_endpoint_does_nothing_of_it():
    assert thinned()[1].transforms == ()


def test_headline_counts_the_dropped_rows():
    before, after = thinned()
    assert headline(Deduplicate, {"table": before}, {"table": after}) == "3 rows, 2 dropped"

"""Keeping rows aside."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import headline, invoke
from tasks.contract.registry import node_class
from tasks.contract.table import Partition
from tests.contexts import ListContext
from tests.tables import table_of

Split = node_class("split.split")


def split(table, seed=7, **params):
    return invoke(Split, {"table": table}, Split.Params(**params), ListContext(seed=seed))["table"]


def numbers(rows=100):
    return table_of({"a": ("number", list(range(rows)))})


def counts(table):
    return np.bincount(table.partition, minlength=3).tolist()


def test_shares_are_met():
    made = split(numbers(), test=0.2, valid=0.1)
    assert counts(made) == [70, 10, 20]
    assert headline(Split, {"table": numbers()}, {"table": made}) == "70 train, 10 valid, 20 test"


def test_rows_keep_their_places():
    assert split(numbers()).columns["a"].tolist() == list(range(100))


def test_another_seed_gives_another_split_and_the_same_the_same():
    marks = [split(numbers(), seed=seed).partition.tolist() for seed in (1, 1, 2)]
    assert marks[0] == marks[1] != marks[2]
    other = invoke(Split, {"table": numbers()}, Split.Params(seed=5), ListContext(seed=1))["table"]
    assert other.partition.tolist() != marks[0]


def test_classes_of_the_target_keep_their_mix():
    table = table_of({"bought": ("category", ["yes"] * 10 + ["no"] * 90)}, target="bought")
    made = split(table, test=0.2, valid=0.2)
    for part in Partition:
        chosen = made.columns["bought"][made.mask(part)]
        assert np.mean(chosen == "yes") == pytest.approx(0.1, abs=0.03)


def test_groups_are_not_torn():
    groups = [f"g{n % 20}" for n in range(200)]
    made = split(table_of({"g": ("category", groups)}, roles={"g": "group"}), method="group", test=0.25, valid=0.25)
    places = {}
    for group, part in zip(groups, made.partition.tolist(), strict=True):
        assert places.setdefault(group, part) == part
    assert counts(made) == [100, 50, 50]


def test_newest_rows_are_the_test():
    days = [f"2024-01-{day:02d}" for day in (5, 1, 4, 2, 3)]
    made = split(table_of({"day": ("date", days)}, roles={"day": "time"}), method="time", test=0.2, valid=0.2)
    assert made.partition.tolist() == [2, 0, 1, 0, 0]


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"test": 0.6, "valid": 0.4}, "take 100%"),
        ({"test": 0.0}, "nothing is kept aside"),
        ({"method": "group"}, "No column is chosen"),
        ({"method": "group", "by": "z"}, "no column “z”"),
    ],
)
def test_shares_and_columns_that_do_not_suit_are_refused(params, says):
    with pytest.raises(NodeError, match=says):
        split(numbers(), **params)


def test_words_have_no_order_in_time():
    with pytest.raises(NodeError, match="no order in time"):
        split(table_of({"day": ("category", ["a", "b"])}), method="time", by="day")


def test_two_rows_are_enough_and_one_is_not():
    assert counts(split(numbers(2))) == [1, 0, 1]
    with pytest.raises(NodeError, match="1 rows came in"):
        split(numbers(1))

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
    made = split(numbers(), test_size=0.2, validation_size=0.1)
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
    made = split(table, test_size=0.2, validation_size=0.2)
    for part in Partition:
        chosen = made.columns["bought"][made.mask(part)]
        assert np.mean(chosen == "yes") == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("role", ["group", "time"])
def test_a_column_marked_group_or_time_is_split_by_unless_another_way_is_chosen(role):
    columns = {"by": ("number", [float(n // 10) for n in range(100)]), "kind": ("category", ["a", "b"] * 50)}
    table = table_of(columns, target="kind", roles={"by": role})
    made = split(table)
    parts = [set(made.columns["by"][made.mask(part)].tolist()) for part in (Partition.TRAIN, Partition.TEST)]
    assert parts[0] and parts[1] and not parts[0] & parts[1]
    assert (made.split_spec.method, made.split_spec.by) == (role, "by")
    assert split(table, method="random").split_spec.method == "random"


def test_rows_of_the_same_moment_are_not_torn():
    table = table_of({"day": ("number", [1.0] * 50 + [2.0] * 30 + [3.0] * 20)})
    made = split(table, method="time", by="day", test_size=0.3, validation_size=0.1)
    assert [made.columns["day"][made.mask(part)].tolist() for part in Partition] == [
        [1.0] * 50,
        [],
        [2.0] * 30 + [3.0] * 20,
    ]


def test_all_rows_of_one_moment_cannot_be_split_by_time():
    with pytest.raises(NodeError, match="same “day”") as caught:
        split(table_of({"day": ("number", [1.0] * 50)}), method="time", by="day")
    assert caught.value.param == "by"


def test_groups_are_not_torn():
    groups = [f"g{n % 20}" for n in range(200)]
    made = split(
        table_of({"g": ("category", groups)}, roles={"g": "group"}),
        method="group",
        test_size=0.25,
        validation_size=0.25,
    )
    places = {}
    for group, part in zip(groups, made.partition.tolist(), strict=True):
        assert places.setdefault(group, part) == part
    assert counts(made) == [100, 50, 50]


def test_newest_rows_are_the_test():
    days = [f"2024-01-{day:02d}" for day in (5, 1, 4, 2, 3)]
    made = split(
        table_of({"day": ("date", days)}, roles={"day": "time"}), method="time", test_size=0.2, validation_size=0.2
    )
    assert made.partition.tolist() == [2, 0, 1, 0, 0]


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"test_size": 0.6, "validation_size": 0.4}, "take 100 %"),
        ({"test_size": 0.0}, "no rows are held out"),
        ({"method": "group"}, "needs a column"),
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
    with pytest.raises(NodeError, match="at least 2 rows"):
        split(numbers(1))

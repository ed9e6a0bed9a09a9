"""Encoding categories."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import headline, invoke
from tasks.contract.registry import node_class
from tasks.contract.schema import ColumnType
from tasks.contract.step import prune, run_steps
from tasks.contract.table import as_array
from tests.contexts import ListContext
from tests.tables import table_of

Encode = node_class("features.encode")


def encoded(table, **params):
    return invoke(Encode, {"table": table}, Encode.Params(**params), ListContext())["table"]


def table(target_type="number"):
    target = [0, 0, 6, 6, 6, 0] if target_type == "number" else ["n", "n", "y", "y", "y", "n"]
    return table_of(
        {"city": ("category", ["a", "a", "b", "b", "b", "c"]), "bought": (target_type, target)}, target="bought"
    )


def answer(made, *words):
    return run_steps(made.steps, {"city": as_array(words, ColumnType.CATEGORY)})


def test_each_value_gets_a_column():
    made = encoded(table())
    assert made.schema.names == ("bought", "city=a", "city=b", "city=c")
    assert made.columns["city=b"].tolist() == [0, 0, 1, 1, 1, 0]
    assert headline(Encode, {"table": table()}, {"table": made}) == "1 columns became 3"


@pytest.mark.parametrize("words", [("z",), ("z", "a", None)])
def test_value_never_seen_is_none_of_them(words):
    answered = answer(encoded(table()), *words)
    assert [answered[f"city={word}"][0] for word in "abc"] == [0, 0, 0]


def test_value_never_seen_can_count_as_the_most_frequent():
    assert answer(encoded(table(), unknown="frequent"), "z")["city=b"].tolist() == [1]


def test_rare_values_share_a_column_with_those_never_seen():
    made = encoded(table(), rare=0.3)
    assert "city=c" not in made.schema
    assert made.columns["city=(other)"].tolist() == [0, 0, 0, 0, 0, 1]
    assert answer(made, "z")["city=(other)"].tolist() == [1]


def test_most_frequent_values_get_columns_when_there_are_many():
    assert encoded(table(), limit=2).schema.names == ("bought", "city=a", "city=b", "city=(other)")


def test_missing_value_gets_a_column_when_training_rows_have_one():
    gappy = table_of({"city": ("category", ["a", None, "b"])})
    assert encoded(gappy).columns["city=(missing)"].tolist() == [0, 1, 0]


def test_value_that_only_test_rows_have_gets_no_column():
    assert "city=c" not in encoded(table().split(np.asarray([0, 0, 0, 0, 0, 2]))).schema


def test_endpoint_is_asked_for_what_is_read_only():
    made = encoded(table())
    kept, needed = prune(made.steps, ["city=c"])
    assert needed == {"city"}
    assert list(run_steps(kept, {"city": as_array(["c", "a", "z"], ColumnType.CATEGORY)})) == ["city=c"]
    assert prune(made.steps, ["bought"]) == ((), {"bought"})


def test_ordinal_goes_by_frequency():
    made = encoded(table(), method="ordinal")
    assert made.columns["city"].tolist() == [1, 1, 0, 0, 0, 2]
    assert answer(made, "z", None)["city"].tolist() == [3, -1]


@pytest.mark.parametrize("kind", ["number", "category"])
def test_target_means_are_drawn_towards_the_overall_mean(kind):
    top = 6 if kind == "number" else 1
    made = encoded(table(kind), method="target", smoothing=1.0)
    assert made.columns["city"][2] == pytest.approx((3 * top + top / 2) / 4)
    assert answer(made, "z")["city"][0] == pytest.approx(top / 2)


def test_target_encoding_of_three_classes_is_refused():
    three = table_of({"city": ("category", list("abc")), "kind": ("category", list("xyz"))}, target="kind")
    with pytest.raises(NodeError, match="3 classes"):
        encoded(three, method="target")


def test_column_name_that_is_taken_is_refused():
    clash = table_of({"city": ("category", ["a", "b"]), "city=a": ("number", [1, 2])})
    with pytest.raises(NodeError, match="already a column “city=a”"):
        encoded(clash)

"""Choosing, renaming and retyping columns."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.contract.transform import prune, run_transforms
from tests.contexts import KnownSchemas, ListContext
from tests.tables import table_of

Columns = node_class("clean.columns")


def changed(table, **params):
    return invoke(Columns, {"table": table}, Columns.Params(**params), ListContext())["table"]


def words(*values):
    return table_of({"a": ("text", list(values)), "b": ("number", [float(n) for n in range(len(values))])})


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("12.5k", 12_500),
        ("$1,200.50", 1200.5),
        ("12 %", 0.12),
        ("(300)", -300),
        ("1 234 567", 1_234_567),
        ("-3", -3),
        ("€ 40", 40),
        ("2.5M", 2_500_000),
        ("12,5", None),
        ("abc", None),
        ("1,23", None),
    ],
)
def test_words_are_read_as_numbers(word, expected):
    made = changed(words(word, None), retype=({"column": "a", "type": "number"},)).columns["a"]
    assert np.isnan(made[1])
    assert np.isnan(made[0]) if expected is None else made[0] == pytest.approx(expected)


def test_decimal_comma_is_read_when_said():
    made = changed(words("12,5", "1.234,5"), retype=({"column": "a", "type": "number", "decimal_comma": True},))
    assert made.columns["a"].tolist() == [12.5, 1234.5]


def test_order_of_day_and_month_can_be_said():
    retype = {"column": "a", "type": "date"}
    assert str(changed(words("3/4/2024"), retype=(retype,)).columns["a"][0])[:10] == "2024-04-03"
    first = changed(words("3/4/2024"), retype=({**retype, "month_first": True},))
    assert str(first.columns["a"][0])[:10] == "2024-03-04"


def test_numbers_become_dates_and_words():
    table = table_of({"day": ("integer", [20240131, None]), "code": ("integer", [3, None])})
    made = changed(table, retype=({"column": "day", "type": "date"}, {"column": "code", "type": "category"}))
    assert str(made.columns["day"][0])[:10] == "2024-01-31"
    assert np.isnat(made.columns["day"][1])
    assert made.columns["code"].tolist() == ["3", None]


def test_yes_and_no_become_truth():
    made = changed(words("Yes", "no", "maybe", None), retype=({"column": "a", "type": "boolean"},)).columns["a"]
    assert made[:2].tolist() == [1, 0]
    assert np.isnan(made[2:]).all()


def test_words_are_tidied():
    assert changed(words("  Oslo ", "OSLO", " "), tidy=("a",)).columns["a"].tolist() == ["oslo", "oslo", None]


def test_names_can_be_swapped():
    table = table_of({"a": ("number", [1.0]), "b": ("number", [2.0])})
    made = changed(table, rename=({"column": "a", "name": "b"}, {"column": "b", "name": "a"}))
    assert (made.columns["b"][0], made.columns["a"][0]) == (1, 2)
    kept, needed = prune(made.transforms, ["b"])
    assert needed == {"a"}
    assert run_transforms(kept, table.columns)["b"][0] == 1


def test_two_columns_cannot_have_one_name():
    with pytest.raises(NodeError, match="Two columns would be named “b”"):
        changed(words("x"), rename=({"column": "a", "name": "b"},))


def test_column_that_is_not_there_is_named():
    with pytest.raises(NodeError, match="no column “z”"):
        changed(words("x"), drop=("z",))


def test_dropped_columns_are_not_asked_for():
    made = changed(words("x"), drop=("a",))
    assert made.schema.names == ("b",)
    assert made.transforms == ()


def test_new_target_takes_the_place_of_the_old():
    table = table_of({"a": ("number", [1.0]), "b": ("number", [2.0])}, target="a")
    made = changed(table, roles=({"column": "b", "role": "target"},))
    assert made.schema.target == "b"
    assert made.schema.names == ("a", "b")
    assert [str(column.role) for column in made.schema.each()] == ["feature", "target"]


def test_columns_of_a_schema_not_fully_known_may_still_come():
    schema = words("x").schema.model_copy(update={"is_open": True})
    params = Columns.Params(drop=("z",))
    assert Columns.infer({"table": schema}, params, KnownSchemas())["table"].names == ("a", "b")


def test_short_words_become_the_long_ones_and_rows_of_an_endpoint_too():
    table = table_of({"sex": ("category", ["Male", "M", "F", "Female"] * 3), "x": ("category", ["f", "x", "t"] * 4)})
    made = changed(table, merge=("sex", "x"))
    assert set(made.columns["sex"]) == {"Male", "Female"}
    assert made.schema.column("sex").categories == ("Female", "Male")
    assert set(made.columns["x"]) == {"f", "x", "t"}  # no pair of values
    row = {"sex": " m"}
    made.transforms[-1].apply_row(row)
    assert row == {"sex": "Male"}

"""Filling missing values."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import headline, invoke
from tasks.contract.registry import node_class
from tasks.contract.transform import prune
from tests.contexts import ListContext
from tests.tables import table_of

Impute = node_class("clean.impute")


def filled(table, **params):
    return invoke(Impute, {"table": table}, Impute.Params(**params), ListContext())["table"]


def table():
    return table_of(
        {
            "area": ("number", [1.0, None, 3.0, 100.0]),
            "rooms": ("integer", [1, 2, None, 4]),
            "city": ("category", ["a", None, "b", "b"]),
            "when": ("date", ["2024-01-01", None, "2024-01-03", "2024-01-09"]),
            "price": ("number", [1.0, None, 3.0, 4.0]),
        },
        target="price",
    )


@pytest.mark.parametrize(
    ("numbers", "expected"), [("median", 3.0), ("mean", 104 / 3), ("mode", 1.0), ("constant", 7.0)]
)
def test_number_is_filled_as_asked(numbers, expected):
    assert filled(table(), strategy=numbers, fill_value=7.0).columns["area"][1] == pytest.approx(expected)


def test_whole_numbers_stay_whole_by_the_median():
    even = table_of({"rooms": ("integer", [1, 2, None])})
    assert filled(even).columns["rooms"][2] == 1
    assert str(filled(even).schema.column("rooms").type) == "integer"
    assert str(filled(even, strategy="mean").schema.column("rooms").type) == "number"


def test_words_and_dates_are_filled():
    made = filled(table())
    assert made.columns["city"].tolist() == ["a", "b", "b", "b"]
    assert str(made.columns["when"][1])[:10] == "2024-01-03"


def test_constant_word_joins_the_categories():
    made = filled(table(), category_strategy="constant", category_fill_value="none")
    assert made.columns["city"][1] == "none"
    assert made.schema.column("city").categories == ("a", "b", "none")


def test_target_keeps_its_gaps():
    assert np.isnan(filled(table()).columns["price"][1])


def test_target_cannot_be_chosen():
    with pytest.raises(NodeError, match="target"):
        filled(table(), columns=("price",))


def test_only_training_rows_are_learned_from():
    split = table().split(np.asarray([0, 0, 0, 2]))
    assert filled(split, strategy="mean").columns["area"][1] == 2.0


def test_flag_notes_what_was_missing():
    made = filled(table(), add_indicator=True, columns=("area",))
    assert made.columns["area_was_missing"].tolist() == [0, 1, 0, 0]


def test_endpoint_does_not_ask_for_columns_nobody_wants():
    made = filled(table(), add_indicator=True)
    _, needed = prune(made.transforms, ["area", "city_was_missing"])
    assert needed == {"area", "city"}


def test_headline_counts_the_gaps():
    before = table()
    assert headline(Impute, {"table": before}, {"table": filled(before)}) == "4 missing values filled"

"""Columns that say the same as others, and identifiers that say when a row came, are named in the profile."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.ingest.profile import profile
from tasks.ingest.same_columns import SameColumn, same_columns
from tests.tables import table_of

RANDOM = np.random.default_rng(5)
ROWS = 300
PRICE = RANDOM.lognormal(5, 1, ROWS).round(2)
CITY = RANDOM.choice(["Oslo", "Bergen", "Tromsø"], ROWS)
CODES = {"Oslo": 7, "Bergen": 1, "Tromsø": 4}


def prices(**more):
    return table_of({"price": ("number", PRICE.tolist()), "city": ("category", CITY.tolist()), **more})


def gappy(values, every):
    return [None if row % every == 0 else value for row, value in enumerate(values)]


@pytest.mark.parametrize(
    ("kind", "values", "same"),
    [
        ("number", PRICE.tolist(), SameColumn("other", "price", is_order=False)),
        ("number", (PRICE * 0.92).tolist(), SameColumn("other", "price", is_order=False)),
        ("number", PRICE.round(0).tolist(), SameColumn("other", "price", is_order=True)),
        ("number", (-np.log(PRICE)).tolist(), SameColumn("other", "price", is_order=False)),
        ("number", gappy(PRICE.tolist(), 20), SameColumn("other", "price", is_order=False)),
        ("category", [name[:2] for name in CITY], SameColumn("other", "city", is_order=False)),
        ("integer", [CODES[name] for name in CITY], SameColumn("other", "city", is_order=False)),
        ("number", gappy(PRICE.tolist(), 3), None),
        ("number", (PRICE * RANDOM.lognormal(0, 0.2, ROWS)).tolist(), None),
        ("category", ["Oslo" if name == "Oslo" else "elsewhere" for name in CITY], None),
        ("category", [f"c{row}" for row in range(ROWS)], None),
        ("boolean", [row == 7 for row in range(ROWS)], None),
    ],
)
def test_a_column_that_says_the_same_is_found(kind, values, same):
    assert same_columns(prices(other=(kind, values))) == ((same,) if same else ())


def test_columns_different_in_every_row_are_not_the_same_by_that_nor_by_copies_of_rows():
    names = [f"n{row}" for row in range(100)] * 8
    other = [f"m{(row * 37) % 100}" for row in range(100)] * 8
    table = table_of({"a": ("category", names), "b": ("category", other)})
    assert same_columns(table) == ()


def test_few_rows_agree_by_chance():
    assert same_columns(table_of({name: ("integer", [1, 2, 3] * 10) for name in "ab"})) == ()


def test_hundred_columns_of_many_rows_are_looked_at_in_a_sample(monkeypatch):
    looked = []
    monkeypatch.setattr("tasks.ingest.same_columns.value_codes", lambda values: looked.append(len(values)) or values)
    matrix = RANDOM.normal(size=(5000, 100))
    same_columns(table_of({f"c{at}": ("number", matrix[:, at].tolist()) for at in range(100)}))
    assert looked == [2000] * 100


def warned(table, column):
    card = next(card for card in profile(table)["columns"] if card["name"] == column)
    return {warning["code"]: warning for warning in card["warnings"]}


def test_the_data_page_says_what_to_leave_out():
    warning = warned(prices(price_eur=("number", (PRICE * 0.92).tolist())), "price_eur")["same_as"]
    assert warning["message"] == ("“price_eur” says the same as “price”: if one is predicted, leave the other out.")
    assert warning["fix"] == {"purpose": "drop_column", "column": "price_eur"}


@pytest.mark.parametrize(
    ("kind", "values", "message_id"),
    [
        ("category", [f"INV-{row:05}" for row in range(ROWS)], "profile.id_in_order"),
        ("category", [f"INV-{row * 7 % ROWS:05}" for row in range(1, ROWS + 1)], "profile.id_like"),
        ("integer", list(range(ROWS, 0, -1)), "profile.id_in_order"),
    ],
)
def test_an_identifier_that_says_when_a_row_came_is_told_from_others(kind, values, message_id):
    assert warned(prices(other=(kind, values)), "other")["id_like"]["message_id"] == message_id


def test_numbers_that_only_rise_with_the_rows_are_named():
    rising = np.cumsum(RANDOM.integers(1, 90, ROWS)).tolist()
    warning = warned(prices(other=("integer", rising)), "other")["counts_rows"]
    assert warning["fix"] == {"purpose": "mark_as_id", "column": "other"}

"""What training rows looked like, and counts of what comes in, in the same bins."""

import json

import numpy as np
import pytest

from tasks.contract.schema import Column, Schema
from tasks.inference.drift import BINS, add, count, reference_of

SCHEMA = Schema.of(
    [
        Column(name="area", type="number"),
        Column(name="city", type="category", categories=("Bergen", "Oslo", "Rome")),
        Column(name="garden", type="boolean"),
        Column(name="note", type="text"),
        Column(name="built", type="date"),
    ]
)


def rows_of(areas, cities, count=None):
    size = len(areas)
    note = np.empty(size, dtype=object)
    note[:] = ["x" * (at % 7) for at in range(size)]
    city = np.empty(size, dtype=object)
    city[:] = cities
    return {
        "area": np.asarray(areas, dtype=float),
        "city": city,
        "garden": np.asarray([at % 2 for at in range(size)], dtype=float),
        "note": note,
        "built": np.datetime64("2020-01-01", "us") + np.arange(size).astype("timedelta64[D]"),
    }


@pytest.fixture
def reference():
    columns = rows_of(np.arange(1000.0), ["Oslo", "Oslo", "Bergen", None] * 250)
    made = reference_of(SCHEMA, columns, np.arange(100.0).tolist(), None)
    return json.loads(json.dumps(made, allow_nan=False))


def test_shares_of_each_column_and_of_the_answers_add_up_to_one(reference):
    for one in (*reference["columns"].values(), reference["prediction"]):
        assert sum(one["shares"]) + one["missing"] == pytest.approx(1)
    area, city = reference["columns"]["area"], reference["columns"]["city"]
    assert area["shares"] == pytest.approx([1 / BINS] * BINS)
    assert (city["categories"], city["shares"], city["missing"]) == (["Oslo", "Bergen"], [0.5, 0.25, 0.0], 0.25)
    assert {name: one["kind"] for name, one in reference["columns"].items()} == {
        "area": "number",
        "city": "category",
        "garden": "category",
        "note": "length",
        "built": "date",
    }


def test_what_comes_in_falls_into_the_same_bins_and_what_is_new_is_counted(reference):
    live = rows_of([0.0, 5000.0, np.nan, 999.0], ["Oslo", "Paris", "Rome", None])
    found = count(reference, live, [50.0, -1.0, 50.0, 50.0])
    *inside, outside, missing = found["columns"]["area"]
    assert (inside[0], inside[-1], outside, missing) == (1, 2, 1, 1)
    oslo, bergen, other, unseen, missing = found["columns"]["city"]
    assert (oslo, bergen, other, unseen, missing) == (1, 0, 2, 1, 1), "Rome is known though no training row has it"
    assert found["prediction"][-2:] == [1, 0]
    assert found["rows"] == 4


def test_counts_add_up(reference):
    live = rows_of([1.0, 2.0], ["Oslo", "Oslo"])
    both = {}
    add(both, count(reference, live, [1.0, 2.0]))
    add(both, count(reference, live, [1.0, 2.0]))
    assert both["rows"] == 4
    assert both["columns"]["city"][0] == 4
    again = {}
    add(again, count(reference, live, [1.0, 2.0]))
    assert again["rows"] == 2, "what was added to stays apart from what was added"


def test_a_value_that_never_changed_has_bins_below_and_above_it():
    schema = Schema.of([Column(name="x", type="number")])
    reference = reference_of(schema, {"x": np.full(50, 7.0)}, [True, False], [False, True])
    assert count(reference, {"x": np.asarray([6.0, 7.0, 8.0])}, [True, True, False])["columns"]["x"] == [1, 1, 1, 2, 0]
    assert reference["prediction"]["shares"] == [0.5, 0.5, 0.0]


def test_a_column_without_any_value_is_all_missing():
    schema = Schema.of([Column(name="x", type="number")])
    reference = reference_of(schema, {"x": np.full(5, np.nan)}, [], None)
    assert reference["columns"]["x"]["missing"] == 1
    assert count(reference, {"x": np.asarray([1.0])}, [1.0])["columns"]["x"] == [1, 0, 0]

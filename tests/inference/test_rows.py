"""Raw rows: what is taken, what is refused and with which sentence, what is warned about."""

import math

import numpy as np
import pytest

from tasks.contract.schema import Column, ColumnType, Schema
from tasks.inference.rows import RawReader, RowProblems

SCHEMA = Schema.of(
    [
        Column(name="area", type=ColumnType.NUMBER, nullable=False),
        Column(name="rooms", type=ColumnType.INTEGER),
        Column(name="garden", type=ColumnType.BOOLEAN),
        Column(name="city", type=ColumnType.CATEGORY, categories=("Bergen", "Oslo")),
        Column(name="note", type=ColumnType.TEXT),
        Column(name="built", type=ColumnType.DATE),
    ]
)
GOOD = {"area": 71.5, "rooms": 3, "garden": True, "city": "Oslo", "note": "sunny", "built": "1987-05-01"}


def read(*rows):
    return RawReader(SCHEMA).read(list(rows))


def refused(**changes):
    row = {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}
    with pytest.raises(RowProblems) as caught:
        read(GOOD, row)
    assert {(at, column) for at, column, _ in caught.value.problems} == {(1, name) for name in changes}
    with pytest.raises(RowProblems) as alone:
        read(row)
    assert [message for *_, message in alone.value.problems] == [message for *_, message in caught.value.problems]
    return caught.value.problems[0][2]


def test_a_right_row_becomes_arrays_of_the_right_types():
    columns, warnings = read(GOOD)
    assert warnings == []
    assert {name: values.tolist() for name, values in columns.items() if name != "built"} == {
        "area": [71.5],
        "rooms": [3.0],
        "garden": [1.0],
        "city": ["Oslo"],
        "note": ["sunny"],
    }
    assert columns["area"].dtype == np.float64
    assert columns["city"].dtype == object
    assert columns["built"].tolist() == np.array(["1987-05-01"], dtype="datetime64[us]").tolist()


@pytest.mark.parametrize("name", ["rooms", "garden", "city", "note", "built"])
def test_null_is_a_missing_value_where_the_model_can_answer_without(name):
    columns, _ = read(GOOD, {**GOOD, name: None})
    value = columns[name][1]
    assert value is None or value != value  # noqa: PLR0124


def test_null_is_refused_where_the_model_needs_a_value():
    assert "may not be null" in refused(area=None)


@pytest.mark.parametrize("name", list(GOOD))
def test_an_absent_column_is_refused_even_where_null_is_allowed(name):
    assert f"“{name}” is absent" in refused(**{name: ...})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "71.5", True, [1], {"a": 1}, 10**400])
def test_what_is_no_finite_number_is_refused(value):
    assert "must be a number" in refused(area=value)


@pytest.mark.parametrize("value", [math.nan, 2.5, "3", False, [3]])
def test_what_is_no_whole_number_is_refused(value):
    assert "must be a whole number" in refused(rooms=value)


@pytest.mark.parametrize("value", ["yes", 2, 0.5, math.nan])
def test_what_is_neither_true_nor_false_is_refused(value):
    assert "must be true or false" in refused(garden=value)


@pytest.mark.parametrize("value", [3, True, 1.5, ["Oslo"]])
def test_a_category_must_be_text(value):
    assert "must be text" in refused(city=value)


@pytest.mark.parametrize("value", ["yesterday", "31.12.1987", "1987-13-01", 1987, "", "NaT"])
def test_what_is_no_date_is_refused(value):
    assert "must be a date" in refused(built=value)


def test_a_moment_with_an_offset_is_taken_in_universal_time():
    columns, _ = read({**GOOD, "built": "1987-05-01T02:00:00+02:00"})
    assert columns["built"][0] == np.datetime64("1987-05-01T00:00:00", "us")


def test_whole_floats_are_whole_numbers():
    assert read({**GOOD, "rooms": 3.0})[0]["rooms"].tolist() == [3.0]


def test_all_faults_of_all_rows_are_named_at_once():
    with pytest.raises(RowProblems) as caught:
        read({**GOOD, "area": "x", "city": 1}, GOOD, {**GOOD, "built": "x"})
    assert [(at, column) for at, column, _ in caught.value.problems] == [(0, "area"), (0, "city"), (2, "built")]


def test_a_row_that_is_no_object_is_refused():
    with pytest.raises(RowProblems, match="rows.1: A row must be an object"):
        read(GOOD, [1, 2])


def test_columns_that_are_not_asked_for_are_ignored_and_named():
    columns, warnings = read({**GOOD, "colour": "red"}, GOOD)
    assert "colour" not in columns
    assert warnings == ["Columns that the model does not use were ignored: “colour”."]


def test_categories_that_training_did_not_see_are_answered_with_a_warning():
    columns, warnings = read({**GOOD, "city": "Tromsø"}, {**GOOD, "city": None})
    assert columns["city"].tolist() == ["Tromsø", None]
    assert len(warnings) == 1
    assert "“Tromsø”" in warnings[0]
    assert "None" not in warnings[0]


def test_columns_are_read_like_rows():
    rows = [GOOD, {**GOOD, "area": 12, "rooms": None}]
    by_row, _ = RawReader(SCHEMA).read(rows)
    by_column, _ = RawReader(SCHEMA).read_columns({name: [row[name] for row in rows] for name in GOOD})
    for name in GOOD:
        np.testing.assert_array_equal(by_row[name], by_column[name])


def test_columns_of_different_lengths_are_refused():
    values = {name: [value, value] for name, value in GOOD.items()}
    with pytest.raises(RowProblems, match="same number of values"):
        RawReader(SCHEMA).read_columns({**values, "area": [1.0]})


def test_an_absent_column_of_a_columnar_request_is_refused():
    with pytest.raises(RowProblems, match="“area” is absent"):
        RawReader(SCHEMA).read_columns({name: [value] for name, value in GOOD.items() if name != "area"})


def test_a_schema_of_one_number_reads_rows():
    reader = RawReader(SCHEMA.select(["rooms"]))
    assert reader.read([{"rooms": 1}, {"rooms": None}])[0]["rooms"][0] == 1


def test_no_rows_give_empty_columns():
    assert {len(values) for values in read()[0].values()} == {0}


AGES = Schema.of(
    [
        Column(name="age", type=ColumnType.INTEGER, minimum=18, maximum=80),
        Column(name="income", type=ColumnType.NUMBER, minimum=-5.5, maximum=900),
        Column(name="same", type=ColumnType.NUMBER, minimum=2, maximum=2),
    ]
)


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        ("2024-12-31", ""),
        ("2025-01-01T00:00:01", "2025-01-01 00:00:01"),
        ("1900-01-01", "1900-01-01"),
        ("2022-01-01", ""),
    ],
)
def test_a_date_far_outside_training_is_answered_with_a_warning_and_the_dates(day, shown):
    ends = (np.datetime64(end, "us").astype(np.int64).item() for end in ("2023-01-01", "2024-01-01"))
    low, high = map(float, ends)
    reader = RawReader(Schema.of([Column(name="sold", type=ColumnType.DATE, minimum=low, maximum=high)]))
    columns, warnings = reader.read([{"sold": day}, {"sold": None}])
    assert columns["sold"][0] == np.datetime64(day)
    assert (reader.read_row({"sold": day}) is None) is bool(shown)  # left to `read`, which warns
    assert [warning.params["value"] for warning in warnings] == ([shown] if shown else [])
    if len(shown) == 10:
        assert "(2023-01-01 to 2024-01-01)" in warnings[0]
    assert reader.read_columns({"sold": [day]})[1] == warnings


def test_dates_near_the_end_of_all_times_warn_of_nothing_and_break_nothing():
    low, high = (float(np.datetime64(end, "us").astype(np.int64)) for end in ("0002-01-01", "9998-01-01"))
    reader = RawReader(Schema.of([Column(name="sold", type=ColumnType.DATE, minimum=low, maximum=high)]))
    assert reader.read([{"sold": "9999-12-31T23:59:59.999999"}, {"sold": "0001-01-01"}])[1] == []


@pytest.mark.parametrize(
    ("age", "income", "named"), [(900, 1, "age"), (-44.0, 1, ""), (-45, None, "age"), (30, 1e6, "income")]
)
def test_a_number_far_outside_training_is_answered_with_a_warning_and_the_range(age, income, named):
    reader, row = RawReader(AGES), {"age": age, "income": income, "same": 77}
    _, warnings = reader.read([row, {"age": 20, "income": 2.0, "same": 1}])
    assert [warning.params["column"] for warning in warnings] == ([named] if named else [])
    assert (reader.read_row(row) is None) is bool(named)  # left to `read`, which warns
    if named == "age":
        assert "(18 to 80)" in warnings[0]
    by_column = reader.read_columns({name: [value] for name, value in row.items()})[1]
    assert by_column == warnings

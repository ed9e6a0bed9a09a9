"""What is said of a column that is nearly something else, and the choice that reads it so."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from tasks.artifacts.store import Store
from tasks.ingest.csv_file import Ingested
from tasks.ingest.ingest import ingest, read_file
from tasks.ingest.options import Note, ReadOptions


@pytest.fixture
def read(tmp_path):
    def read_text(text: str, **options) -> Ingested:
        path = tmp_path / "a.csv"
        path.write_text(text, encoding="utf-8")
        return read_file(path, path.name, ReadOptions.model_validate(options))

    return read_text


def note(made: Ingested, code: str) -> Note:
    return next(one for one in made.notes if one.code == code)


def values(made: Ingested, name: str) -> list[object]:
    return [None if value != value else value for value in made.columns[name].tolist()]  # noqa: PLR0124 - NaN


def kind(made: Ingested, name: str) -> str:
    return str(made.schema.column(name).type)


@pytest.mark.parametrize(
    ("cells", "odd", "expected"),
    [
        ([f"{number}.5" for number in range(40)], "n/v", 1.5),
        ([f'"$1,{number:03}.50"' for number in range(40)], "on request", 1001.5),
        ([f'"{number},25"' for number in range(40)], "k.A", 1.25),
        ([f"{number}%" for number in range(40)], "?!", 0.01),
    ],
    ids=["plain", "money", "decimal comma", "percent"],
)
def test_a_few_cells_among_many_numbers_are_named_with_lines_and_one_choice_reads_the_rest(read, cells, odd, expected):
    rows = [*cells[:20], odd, *cells[20:]]
    text = "price;who\n" + "".join(f"{cell};x{at}\n" for at, cell in enumerate(rows))
    made = read(text)
    assert kind(made, "price") in {"category", "text"}
    found = note(made, "almost_numeric")
    assert (found.message.params["count"], found.message.params["rows"]) == (1, 41)
    assert found.message.params["lines"] == "22"
    assert odd in found.message
    (choice,) = found.choices
    assert choice.label == "Read as number: 1 cell becomes missing"
    again = read(text, **choice.options)
    assert values(again, "price")[1] == expected
    assert [at for at, value in enumerate(values(again, "price")) if value is None] == [20]


def test_dates_with_a_few_other_texts_are_said_too(read):
    days = [f"2024-01-{day:02}" for day in range(1, 29)]
    text = "day,n\n" + "".join(f"{day},1\n" for day in [*days, "soon", "later"])
    found = note(read(text), "almost_date")
    assert found.message.params["lines"] == "30, 31"
    again = read(text, **found.choices[0].options)
    assert kind(again, "day") == "date"
    assert values(again, "day")[0] == datetime(2024, 1, 1)  # noqa: DTZ001


def test_an_order_of_dates_that_is_not_clear_is_chosen_with_one_click(read):
    text = "day,n\n1/2/2024,1\n3/4/2024,2\n"
    day, month = note(read(text), "date_order").choices
    assert values(read(text, **day.options), "day")[0] == datetime(2024, 2, 1)  # noqa: DTZ001
    assert values(read(text, **month.options), "day")[0] == datetime(2024, 1, 2)  # noqa: DTZ001


@pytest.mark.parametrize("words", [["a", "b", "c1", "d"] * 5, ["007", "008", "x"] * 5, ["1", "2", "a", "b"] * 5])
def test_words_and_codes_are_no_numbers(read, words):
    made = read("a,b\n" + "".join(f"{word},1\n" for word in words))
    assert not [one for one in made.notes if one.code == "almost_numeric"]


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ([*range(20), -999, -999], "-999"),
        ([*(n / 7 for n in range(20)), -9999.0], "-9999.0"),
        ([*range(20), 99999], "99999"),
        ([*range(20, 57), 999, 999, 999], "999"),
        ([*range(30000, 30280, 7), -1, -1], "-1"),
        ([*(15 + n / 10 for n in range(40)), -99, -99, -99, -99], "-99"),
        ([*range(80, 180), 999, 999], "999"),
        ([1, 2, 3, 4, 5] * 8 + [99, 99], "99"),
        ([*(f"2024-01-{day:02}" for day in range(1, 21)), "9999-12-31"], "9999-12-31"),
        ([*(f"2024-01-{day:02}" for day in range(1, 21)), "1900-01-01"], "1900-01-01"),
    ],
)
def test_a_value_that_stands_for_none_is_noticed_and_read_as_missing_with_one_click(read, cells, word):
    text = "a,b\n" + "".join(f"{cell},x\n" for cell in cells)
    found = note(read(text), "placeholder")
    assert found.message.params["word"] == word
    (choice,) = found.choices
    again = read(text, **choice.options)
    assert np.asarray([value is None for value in values(again, "a")]).sum() == found.message.params["count"]
    assert not [one for one in again.notes if one.code == "placeholder"]


@pytest.mark.parametrize(
    "cells",
    [
        [*range(-20, 20), -999, -1500],
        [*range(0, 9000, 10), 9999],
        ["2024-01-01", "2023-01-01", "1990-01-01"],
        [*range(100), 99, 99],
        [*range(1000), 999, 999],
        [0, 0, 0, 1, 1, 2, 3, 5, 9, 14, -1, -1],
        [19.99, 24.5, 89.95, 129.0, 199.0, 349.0, 999.0, 999.0],
        [9.99, 14.5, 89.95, 129.0, 159.9, 149.0, 999.0, 999.0],
        [-12.5, -3, -1, -1, 4, 17, 25, 31],
        [12, 40, 80, 150, 260, 999, 999],
        [1500, 820, -99, -99, 12000, 4300, 95],
        [0.2, 0.9, -1, -1, 0.5, 0.1, 0.7, 1],
    ],
)
def test_a_value_among_others_stands_for_itself(read, cells):
    made = read("a,b\n" + "".join(f"{cell},x\n" for cell in cells))
    assert not [one for one in made.notes if one.code == "placeholder"]


def test_times_that_fall_on_another_day_in_utc_are_counted(read):
    text = "at,n\n2024-01-05T23:30:00-05:00,1\n2024-01-05T10:00:00-05:00,2\n"
    made = read(text)
    assert values(made, "at")[0] == datetime(2024, 1, 6, 4, 30)  # noqa: DTZ001
    found = note(made, "zones")
    assert found.message.params["count"] == 1
    assert "2024-01-05T23:30:00-05:00 became 2024-01-06 04:30:00" in found.message
    assert values(read(text, **found.choices[0].options), "at")[0] == "2024-01-05T23:30:00-05:00"


def test_times_in_utc_move_nowhere_and_nothing_is_said(read):
    assert not read("at,n\n2024-01-05T23:30:00Z,1\n2024-01-05T10:00:00Z,2\n").notes


def test_blanks_around_categories_make_no_second_one(read):
    text = "ok,n\nYes,1\nYes ,2\nNo,3\n No,4\nYes,5\n"
    made = read(text)
    assert values(made, "ok") == ["Yes", "Yes", "No", "No", "Yes"]
    assert made.schema.column("ok").categories == ("No", "Yes")
    found = note(made, "blanks")
    assert found.message.params["count"] == 2
    assert made.reading.columns["ok"].strips
    assert values(read(text, **found.choices[0].options), "ok")[1] == "Yes "


@pytest.mark.parametrize(
    "words",
    [
        ["2024年1月5日", "2024年2月6日"],
        ["2024-W05", "2024-W06"],
        ["5. März 2024", "6. April 2024"],
        ["Jan 2024", "Feb 2024"],
        ["05-Jan-24", "06-Feb-24"],
        ["1 de enero de 2024", "3 de abril de 2024"],
    ],
)
def test_dates_in_a_form_that_is_not_read_are_said(read, words):
    made = read("day,n\n" + "".join(f"{word},1\n" for word in words))
    assert kind(made, "day") in {"category", "text"}
    assert words[0] in note(made, "unread_dates").message


@pytest.mark.parametrize(
    "words", [["Room 2024", "Hall 2023"], ["Peugeot 206", "Audi 80"], ["10 Downing Street 12", "x"]]
)
def test_names_with_numbers_are_no_dates(read, words):
    assert not read("a,n\n" + "".join(f"{word},1\n" for word in words)).notes


def test_the_profile_says_a_thing_once_with_its_choices(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "".join(f"{number}.5,x{number}\n" for number in range(30)) + "n/v,y\n")
    (card, _) = ingest(path, path.name, {}, Store(tmp_path / "store"))["profile"]["columns"]
    (found,) = (one for one in card["warnings"] if one["code"] == "almost_numeric")
    assert found["choices"][0]["options"] == {"types": {"a": "number"}}
    assert found["choices"][0]["message_id"] == "choice.typed"

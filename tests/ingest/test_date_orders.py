"""What comes first in dates: found where it is plain, asked where it is open, and said either way."""

from __future__ import annotations

import io

import numpy as np
import pytest

from tasks.artifacts.store import Store
from tasks.ingest.csv_file import Ingested
from tasks.ingest.ingest import ingest, read_file
from tasks.ingest.options import Note, ReadOptions
from tasks.ingest.preview import preview


@pytest.fixture
def read(tmp_path):
    def read_cells(cells: list[str], **options) -> Ingested:
        path = tmp_path / "a.csv"
        path.write_text("who,when\n" + "".join(f"x{at},{cell}\n" for at, cell in enumerate(cells)), encoding="utf-8")
        return read_file(path, path.name, ReadOptions.model_validate(options))

    return read_cells


def days(made: Ingested) -> list[str]:
    values = made.columns["when"]
    return [str(value)[:10] for value in values] if values.dtype.kind == "M" else values.tolist()


def note(made: Ingested, code: str) -> Note:
    return next(one for one in made.notes if one.code == code and one.column == "when")


def at_endpoint(made: Ingested, cells: list[str]) -> list[str]:
    cell = made.reading.cell(made.schema.column("when"))
    assert cell is not None
    return [str(cell(text))[:10] for text in cells]


MONTH = [f"24-{1 + day // 28:02}-{1 + day % 28:02}" for day in range(0, 90, 9)]


@pytest.mark.parametrize(
    "cells",
    [
        ["24-01-28", "24-03-31"],
        MONTH,
        ["99-01-28", "98-03-31", "03-01-02"],
        ["24/1/5", "24/12/31", "23/2/9"],
        ["24-02-29", "24-01-31", "25-05-01", "25-06-17"],
    ],
    ids=["a lifetime apart", "days spread", "too high for days", "slashes", "two years"],
)
def test_a_year_of_two_digits_that_plainly_stands_first_is_read_so_and_said(read, cells):
    made = read(cells)
    parts = [cell.replace("/", "-").split("-") for cell in cells]
    expected = [f"{'19' if int(year) > 29 else '20'}{year}-{int(month):02}-{int(day):02}" for year, month, day in parts]
    assert days(made) == expected
    assert at_endpoint(made, cells) == expected
    found = note(made, "short_years")
    assert "stand first" in found.message
    assert expected[0] in found.message


def test_dates_that_may_have_any_part_first_are_asked_for(read):
    cells = ["05-06-07", "11-09-05", "03-04-10"]
    made = read(cells)
    assert days(made) == cells
    choices = note(made, "date_order").choices
    assert [str(choice.label) for choice in choices] == [
        "Read as dates, day first",
        "Read as dates, month first",
        "Read as dates, year first",
    ]
    again = read(cells, **choices[2].options)
    assert days(again) == ["2005-06-07", "2011-09-05", "2003-04-10"]
    assert at_endpoint(again, cells) == days(again)
    assert days(read(cells, **choices[0].options))[0] == "2007-06-05"


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["31.12.23", "05.01.24", "15.02.24"], "2023-12-31"),
        (["12/31/23", "01/05/24"], "2023-12-31"),
        (["05-03-24", "06-04-24", "31-03-24"], "2024-03-05"),
        (["05-03-84", "06-04-71", "31-03-99"], "1984-03-05"),
    ],
)
def test_a_year_that_stands_last_is_read_as_before(read, cells, first):
    made = read(cells)
    assert days(made)[0] == first
    assert at_endpoint(made, cells) == days(made)


def test_where_neither_order_fits_all_both_say_what_they_leave_empty(read):
    cells = ["01/31/2024", "31/01/2024", "30/01/2024", "05/06/2024"]
    found = note(read(cells), "date_order")
    assert "neither order fits all" in found.message
    assert "31/01/2024" in found.message
    assert "01/31/2024" in found.message
    assert [str(choice.label) for choice in found.choices] == [
        "Read as dates, day first: 1 cell becomes missing",
        "Read as dates, month first: 2 cells become missing",
    ]
    made = read(cells, **found.choices[0].options)
    assert days(made) == ["NaT", "2024-01-31", "2024-01-30", "2024-06-05"]


def test_a_type_without_an_order_is_read_day_first_and_offers_the_others(read):
    cells = ["05-06-07", "11-09-05", "03-04-10"]
    made = read(cells, types={"when": "date"})
    assert days(made)[0] == "2007-06-05"
    assert at_endpoint(made, cells) == days(made)
    orders = [choice.options["date_orders"]["when"] for choice in note(made, "day_first").choices]
    assert orders == ["month", "year"]


def test_the_preview_shows_the_year_first():
    content = "who,when\n" + "".join(f"x,{cell}\n" for cell in MONTH)
    shown = preview(io.BytesIO(content.encode()), "a.csv", {})
    assert next(column for column in shown["columns"] if column["name"] == "when")["date_order"] == "year"


def test_dates_of_eight_digits_are_offered_as_dates(read):
    cells = ["20240131", "20240201", "20240229"] * 20
    made = read(cells)
    assert str(made.schema.column("when").type) == "integer"
    found = note(made, "compact_dates")
    assert "20240131" in found.message
    (choice,) = found.choices
    assert choice.label == "Read as date"
    again = read(cells, **choice.options)
    assert days(again)[:3] == ["2024-01-31", "2024-02-01", "2024-02-29"]
    assert at_endpoint(again, cells) == days(again)


@pytest.mark.parametrize("cells", [["20240131", "20240230"], ["10240131", "20240201"], ["20241331"], ["3", "4"]])
def test_other_whole_numbers_are_no_dates(read, cells):
    assert not [one for one in read(cells).notes if one.code == "compact_dates"]


def test_dates_of_eight_digits_do_not_number_the_rows(tmp_path):
    path = tmp_path / "a.csv"
    dates = np.datetime_as_string(np.datetime64("2024-01-01") + np.arange(60), "D")
    path.write_text("day,n\n" + "".join(f"{day.replace('-', '')},{at % 7}\n" for at, day in enumerate(dates)))
    card = ingest(path, path.name, {}, Store(tmp_path / "store"))["profile"]["columns"][0]
    assert [one["code"] for one in card["warnings"]] == ["compact_dates"]


@pytest.mark.parametrize(
    "cells",
    [["10.0.0.1", "10.0.1.25", "10.1.12.25"], ["1.2.10", "1.2.3", "2.0.1"], ["192.168.1.1", "10.0.0.12"]],
    ids=["addresses", "versions", "other addresses"],
)
def test_addresses_and_versions_do_not_look_like_dates(read, cells):
    assert not [one for one in read(cells).notes if "date" in one.code]


def test_times_without_a_zone_beside_others_are_counted(read):
    cells = ["2024-01-10T10:00:00+02:00", "2024-01-11T10:00:00", "2024-01-12T10:00:00", "2024-01-13T10:00:00Z"]
    found = note(read(cells), "unzoned")
    assert "2 times" in found.message
    assert "2024-01-11T10:00:00" in found.message
    assert "UTC" in found.message
    assert not [one for one in read(cells[:1] + cells[3:]).notes if one.code == "unzoned"]

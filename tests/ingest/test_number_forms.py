"""Numbers as other countries, accountants and programs write them: read right, or kept as text with a way out."""

from __future__ import annotations

import csv
import io

import pytest

from tasks.contract.spelling import number
from tasks.ingest.csv_file import Ingested
from tasks.ingest.ingest import read_file
from tasks.ingest.options import Note, ReadOptions

NBSP, THIN = "\u00a0", "\u202f"


@pytest.fixture
def read(tmp_path):
    def read_cells(cells: list[str], delimiter: str = ",", **options) -> Ingested:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter)
        writer.writerows([("who", "n"), *((f"x{at}", cell) for at, cell in enumerate(cells))])
        path = tmp_path / "a.csv"
        path.write_text(text.getvalue(), encoding="utf-8")
        return read_file(path, path.name, ReadOptions.model_validate(options))

    return read_cells


def values(made: Ingested) -> list[object]:
    return [None if value != value else value for value in made.columns["n"].tolist()]  # noqa: PLR0124 - NaN


def kind(made: Ingested) -> str:
    return str(made.schema.column("n").type)


def note(made: Ingested, code: str) -> Note:
    return next(one for one in made.notes if one.code == code and one.column == "n")


def at_endpoint(made: Ingested, cells: list[str]) -> list[object]:
    cell = made.reading.cell(made.schema.column("n"))
    return [cell(text) if cell else text for text in cells]


NUMBERS = {
    "percent": ([f"12,5{NBSP}%", f"7,25{THIN}%", "3 %"], ";", [0.125, 0.0725, 0.03]),
    "euro": ([f"1.234,50{NBSP}€", f"-7,25{THIN}€"], ";", [1234.5, -7.25]),
    "spaced": ([f"1{NBSP}234,50 €", f"-12{THIN}500,00{NBSP}€"], ";", [1234.5, -12500]),
    "zloty": ([f"1{NBSP}234,56 zł", f"(250,00){NBSP}zł", "brak"], ";", [1234.56, -250, None]),
    "accounting": ([" $ (18,866.40)", " $ 3,184.40 ", " $ -   "], ",", [-18866.4, 3184.4, 0]),
    "accounting without blanks": (["$(18,866.40)", "$3,184.40"], ",", [-18866.4, 3184.4]),
    "accounting in euros": ([f"1.866,40{NBSP}€", f"-{NBSP}€", f"-3,50{NBSP}€"], ";", [1866.4, 0, -3.5]),
    "German powers": (["1,887E+04", "-2,341E+02", "1,000E-03"], ";", [18870, -234.1, 0.001]),
    "triangles": (["△18,866", "3,184", "▲1,234,471"], ",", [-18866, 3184, -1234471]),
    "triangles without other proof": (["△18,866", "3,184", "△9,363"], ",", [-18866, 3184, -9363]),
    "yen": (["△500円", "1,234円"], ",", [-500, 1234]),
    "lakhs": (["12,00,000", "1,50,000", "75,000"], ",", [1200000, 150000, 75000]),
    "rupees": (["₹1,23,456.00", "₹(1,05,000.00)", "₹500.00"], ",", [123456, -105000, 500]),
    "full width numbers": (["１２３４", "－５６．５"], ",", [1234, -56.5]),
    "full width money": (["￥1,234.50", "￥-980.00", "暂无"], ",", [1234.5, -980, None]),
    "powers": (["1.5e-3", "6.02E+23", "2E-7"], ",", [0.0015, 6.02e23, 2e-7]),
    "powers of programs": (["1e+16", "1e-05", "2.5"], ",", [1e16, 1e-05, 2.5]),
    "German error words": (["#NV", "79,61", "-234,08", "#WERT!", "#BEZUG!"], ";", [None, 79.61, -234.08, None, None]),
    "Spanish": (["#N/D", "79,61", "#¡VALOR!", "n.d."], ";", [None, 79.61, None, None]),
    "English": (["#NULL!", "79.61", "#NAME?", "8"], ",", [None, 79.61, None, 8]),
    "Russian": (["1 234 567,50", "нет данных", "12,75"], ";", [1234567.5, None, 12.75]),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_read_as_they_are_written_and_the_endpoint_reads_them_alike(read, name):
    cells, delimiter, expected = NUMBERS[name]
    made = read(cells, delimiter)
    assert values(made) == expected
    assert at_endpoint(made, cells) == expected
    forced = read(cells, delimiter, types={"n": "number"})
    assert values(forced) == expected
    assert at_endpoint(forced, cells) == expected


def test_a_column_is_number_where_many_cells_say_that_there_is_none(read):
    cells = ["#NV" if at % 3 else f"{at},5" for at in range(40)]
    assert kind(read(cells, ";")) == "number"


@pytest.mark.parametrize(
    "cells",
    [["1E5", "7E9", "3E1", "2E2"], ["1E5", "A77", "3E1", "7F9"], ["4711", "12E4", "3300", "9871"], ["12e5", "3e10"]],
    ids=["short", "beside others", "beside digits of the same length", "long"],
)
def test_codes_that_look_like_powers_of_ten_stay_text(read, cells):
    made = read(cells)
    assert values(made) == cells
    assert at_endpoint(made, cells) == cells


def test_codes_can_be_read_as_the_numbers_that_they_look_like(read):
    cells = ["1E5", "7E9", "3E1"] * 2
    found = note(read(cells), "codes")
    assert "1E5" in found.message
    (choice,) = found.choices
    assert choice.label == "Read as number"
    assert values(read(cells, **choice.options)) == [1e5, 7e9, 30] * 2


def test_a_rare_code_far_down_makes_no_number_of_the_others(read):
    cells = [str(1000 + at) for at in range(300)]
    cells[250] = "12E4"
    made = read(cells)
    assert values(made) == cells
    assert "12E4" in note(made, "codes").message


def test_debit_and_credit_stay_text_until_a_person_wants_numbers(read):
    cells = ["1,477.39 Cr", "14,476.13 Dr", "12.00Cr", "8.50 DR"]
    made = read(cells)
    assert values(made) == cells
    (choice,) = note(made, "debits").choices
    again = read(cells, **choice.options)
    assert values(again) == [1477.39, -14476.13, 12, -8.5]
    assert at_endpoint(again, cells) == values(again)


def test_the_notes_on_accountants_name_what_was_read(read):
    made = read([" $ (18,866.40)", " $ 3,184.40 ", " $ -   "])
    found = note(made, "dashes")
    assert "$ -" in found.message
    assert "0" in found.message
    (choice,) = found.choices
    assert values(read([" $ (18,866.40)", " $ 3,184.40 ", " $ -   "], **choice.options))[2] is None
    assert "△18,866" in note(read(["△18,866", "3,184", "△1,234,471"]), "triangles").message


def test_where_some_triangles_point_down_none_means_less_than_nothing(read):
    cells = ["▲3.2", "▼1.1", "▲0.5", "▲0.7", "▲0.9"] * 3
    assert values(read(cells)) == cells
    assert values(read(cells, types={"n": "number"})) == [None] * 15


def test_what_the_note_on_percents_says_empties_nothing(read):
    cells = [f"12,5{NBSP}%", "0,5", f"7{NBSP}%", "0,25"]
    found = note(read(cells, ";"), "percent_or_share")
    assert f"12,5{NBSP}%" in found.message
    assert "0,5" in found.message
    (choice,) = found.choices
    assert values(read(cells, ";", **choice.options)) == [0.125, 0.5, 0.07, 0.25]


def test_the_note_on_percents_has_an_example_of_the_file(read):
    message = note(read([f"{at},5{NBSP}%" for at in range(40)], ";"), "percent").message
    assert f"0,5{NBSP}%" in message
    assert "0.005" in message


@pytest.mark.parametrize("text", ["14.8%", "0.7%", "57%", "1.1%", "29.0 %", "16.1%"])
def test_a_percent_is_the_nearest_number_to_what_is_written(read, text):
    exact = float(f"{text.strip('% ')}e-2")
    assert values(read([text, "1%"]))[0] == exact
    assert number(text) == exact


def test_a_text_of_a_spreadsheet_formula_is_the_text_in_it(read):
    cells = ['="00123"', '="00456"', '="789"', "", '="A ""B"""']
    made = read(cells)
    expected = ["00123", "00456", "789", None, 'A "B"']
    assert values(made) == expected
    assert at_endpoint(made, cells) == expected
    assert '="00123"' in note(made, "formulas").message


def test_numbers_in_texts_of_formulas_stay_text_until_a_person_wants_numbers(read):
    cells = ['="123"', '="45"', '="7"']
    assert values(read(cells)) == ["123", "45", "7"]
    made = read(cells, types={"n": "number"})
    assert values(made) == [123, 45, 7]
    assert at_endpoint(made, cells) == [123, 45, 7]


def test_a_column_that_stays_text_for_a_word_in_some_cells_always_says_so(read):
    cells = ["kaputt" if at % 8 == 0 else f"{at},5" for at in range(40)]
    found = note(read(cells, ";"), "almost_numeric")
    assert "5 of 40" in found.message
    (choice,) = found.choices
    assert sum(value is None for value in values(read(cells, ";", **choice.options))) == 5

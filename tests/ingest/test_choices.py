"""What a person says about a file wins over what the file seems to say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from tasks.contract.reading import UNREADABLE, NumberFormat
from tasks.ingest.errors import IngestError
from tasks.ingest.ingest import read_file
from tasks.ingest.options import ReadOptions


def read(folder: Path, text: str, name: str = "a.csv", **options):
    path = folder / name
    path.write_text(text)
    return read_file(path, name, ReadOptions(**options))


def values(made, name: str) -> list[object]:
    return [None if value != value else value for value in made.columns[name].tolist()]  # noqa: PLR0124 - NaN


def notes(made) -> dict[str, str]:
    return {note.code: note.message for note in made.notes}


@pytest.mark.parametrize("delimiter", [" ", "~", "^", "!", ":", "\t", "_"])
def test_any_character_may_part_columns(tmp_path, delimiter):
    made = read(tmp_path, f"a{delimiter}b\n1{delimiter}x,y\n2{delimiter}z|w\n", delimiter=delimiter)
    assert values(made, "a") == [1, 2]
    assert values(made, "b") == ["x,y", "z|w"]


def test_a_row_of_another_length_is_named_for_any_delimiter(tmp_path):
    with pytest.raises(IngestError, match="Line 3 has 3 values"):
        read(tmp_path, "a!b\n1!2\n1!2!3\n", delimiter="!", bad_rows="refuse")


def test_values_may_stand_in_single_quotes(tmp_path):
    made = read(tmp_path, "a,b\n'x, y',1\n'it''s',2\n", quote="'")
    assert values(made, "a") == ["x, y", "it's"]


def test_quotes_may_be_plain_characters(tmp_path):
    made = read(tmp_path, 'a,b\n"x,1\n5",2\n', quote="none")
    assert values(made, "a") == ['"x', '5"']


def test_plain_quotes_are_counted_and_the_first_is_placed(tmp_path):
    made = read(tmp_path, 'a,b\n"x; ""y""",1\n5" pipe,2\n6" x 4" pipe,2\n')
    assert values(made, "a") == ['x; "y"', '5" pipe', '6" x 4" pipe']
    assert "3 quotation marks" in notes(made)["plain_quotes"]
    assert "line 3" in notes(made)["plain_quotes"]


@pytest.mark.parametrize(
    ("options", "text", "value"),
    [
        ({"decimal": ",", "thousands": "."}, "1.234,5", 1234.5),
        ({"decimal": ".", "thousands": ","}, "1,234", 1234.0),
        ({"thousands": ","}, "1,234", 1234.0),
        ({"thousands": "."}, "1.234", 1234.0),
        ({"thousands": "'", "decimal": ","}, "1'234,5", 1234.5),
        ({"thousands": "none", "decimal": ","}, "1,234", 1.234),
        ({"thousands": " "}, "1 234.5", 1234.5),
    ],
)
def test_marks_of_numbers_are_as_they_were_chosen(tmp_path, options, text, value):
    for types in ({}, {"n": "number"}):
        made = read(tmp_path, f"n;x\n{text};a\n5;b\n", **options, types=types)
        assert values(made, "n") == [value, 5.0]


def test_a_mark_that_was_not_chosen_makes_no_number(tmp_path):
    made = read(tmp_path, "n;x\n1,234;a\n5;b\n", decimal=".", thousands="none")
    assert values(made, "n") == ["1,234", "5"]


def test_lines_at_both_ends_are_left_out(tmp_path):
    made = read(tmp_path, "title\n\na,b\n1,2\n3,4\n5,6\nsource, us\n", skip_rows=2, skip_rows_at_end=2)
    assert values(made, "a") == [1, 3]
    with pytest.raises(IngestError, match="Skip fewer lines"):
        read(tmp_path, "a,b\n1,2\n", skip_rows_at_end=2)


def test_words_for_missing_may_be_numbers_and_words_may_be_values(tmp_path):
    made = read(tmp_path, "n,c,t\n-999,NA,true\n5,EU,false\n6,EU,true\n", missing=["-999", "true"], kept=["NA"])
    assert values(made, "n") == [None, 5, 6]
    assert values(made, "c") == ["NA", "EU", "EU"]
    assert values(made, "t") == [None, 0, None]


def test_the_order_of_dates_is_chosen_by_column(tmp_path):
    made = read(tmp_path, "d,m\n3/4/2025,3/4/25\n5/6/2025,5/6/25\n", date_orders={"d": "day", "m": "month"})
    assert made.columns["d"].astype("datetime64[D]").astype(str).tolist() == ["2025-04-03", "2025-06-05"]
    assert made.columns["m"].astype("datetime64[D]").astype(str).tolist() == ["2025-03-04", "2025-05-06"]


def test_dates_that_the_order_does_not_fit_are_missing_and_counted(tmp_path):
    made = read(tmp_path, "d,x\n31/4/2025,1\n13/6/2025,2\n5/6/2025,3\n", date_orders={"d": "month"})
    assert np.isnat(made.columns["d"]).tolist() == [True, True, False]
    assert "2 values" in notes(made)["not_of_type"]


BAD = "a,b,c\n1,2,3\n4,5\n6\n7,8,9\n1,2,3,4\n"


def test_rows_of_another_length_are_filled_up_or_set_aside(tmp_path):
    padded = read(tmp_path, BAD, bad_rows="pad")
    assert values(padded, "b") == [2, 5, None, 8]
    assert "2 rows" in notes(padded)["padded"]
    assert "line 6" in notes(padded)["set_aside"]
    aside = read(tmp_path, BAD, bad_rows="set_aside")
    assert values(aside, "b") == [2, 8]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_row_that_is_shown_is_the_one_that_was_set_aside(tmp_path, end):
    """Characters that end lines elsewhere are part of a value here."""
    rows = ["a,b", *["one\u2028two,3"] * 40, "4,5,ü" + "ö" * 200, *["6,7"] * 40]
    note = notes(read(tmp_path, end.join(rows) + end))["set_aside"]
    assert "line 42" in note
    assert "“4,5,ü" + "ö" * 75 + "”" in note


def test_totals_may_be_kept(tmp_path):
    text = "a,b\nx,1\ny,2\nTotal,3\n"
    assert values(read(tmp_path, text, totals="keep"), "b") == [1, 2, 3]
    assert values(read(tmp_path, text), "b") == [1, 2]


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_a_choice_for_a_column_that_is_not_there_is_noted(tmp_path, name):
    text = "a,b\n1,2\n" if name == "a.csv" else '[{"a": 1, "b": 2}]'
    assert "“price”" in notes(read(tmp_path, text, name, types={"price": "number"}))["no_such_column"]


def test_one_character_cannot_mean_two_things():
    with pytest.raises(ValidationError):
        ReadOptions(decimal=",", thousands=",")
    with pytest.raises(ValidationError):
        ReadOptions(quote="'", delimiter="'")


def test_names_may_stand_in_two_rows_though_nothing_shows_it(tmp_path):
    text = "a,a,b,b\nlow,high,long,short\nx,y,z,w\n"
    assert read(tmp_path, text).schema.names == ("a", "a_2", "b", "b_2")
    made = read(tmp_path, text, header="two_rows")
    assert made.schema.names == ("a low", "a high", "b long", "b short")
    assert values(made, "a low") == ["x"]
    with pytest.raises(IngestError, match="no second row"):
        read(tmp_path, "a,b\n", header="two_rows")


def test_one_row_of_names_is_one_though_two_are_seen(tmp_path):
    made = read(tmp_path, "2023,,2024,\nQ1,Q2,Q1,Q2\n1,2,3,4\n5,6,7,8\n", header="yes")
    assert made.schema.names == ("2023", "column_2", "2024", "column_4")
    assert values(made, "2023") == ["Q1", "1", "5"]


@pytest.mark.parametrize("delimiter", ["§", "¦", "¬", "；", "→"])
def test_a_delimiter_outside_ascii_parts_columns(tmp_path, delimiter):
    text = f'a{delimiter}b\n1{delimiter}"x{delimiter}ü"\n2{delimiter}z|w\n'
    made = read(tmp_path, text, delimiter=delimiter)
    assert values(made, "a") == [1, 2]
    assert values(made, "b") == [f"x{delimiter}ü", "z|w"]
    assert made.reading.file is not None
    assert made.reading.file.delimiter == delimiter
    with pytest.raises(IngestError, match=f"Line 4 has 3 values.*“{delimiter}”"):
        read(tmp_path, f"{text}1{delimiter}2{delimiter}3\n", delimiter=delimiter, bad_rows="refuse")
    aside = read(tmp_path, text * 5 + f"1{delimiter}2{delimiter}3\n", delimiter=delimiter, bad_rows="set_aside")
    assert f"1{delimiter}2{delimiter}3" in notes(aside)["set_aside"]


def test_letters_and_blanks_outside_ascii_part_nothing():
    for mark in ("ü", "中", "\u3000", "\x85", "٣"):
        with pytest.raises(ValidationError):
            ReadOptions(delimiter=mark)


def test_a_delimiter_outside_ascii_is_found_where_no_usual_one_parts_the_lines(tmp_path):
    made = read(tmp_path, "name§price\nEis, groß§1,5\nTee§2\n")
    assert values(made, "price") == [1.5, 2]
    plain = read(tmp_path, "name;law\nEis;§ 5\nTee;§ 7\n")
    assert plain.schema.names == ("name", "law")


ESCAPED = 'a,b\n"say \\"hi, you\\"",1\n"C:\\\\x",2\n'


@pytest.mark.parametrize("escape", ["auto", "\\"])
def test_a_backslash_escapes_quotes(tmp_path, escape):
    made = read(tmp_path, ESCAPED, escape=escape)
    assert values(made, "a") == ['say "hi, you"', "C:\\x"]
    assert values(made, "b") == [1, 2]
    assert ("escape_found" in notes(made)) == (escape == "auto")
    assert made.reading.file is not None
    assert made.reading.file.escape == "\\"


def test_a_backslash_is_a_character_where_quotes_are_fine_without(tmp_path):
    made = read(tmp_path, 'a,b\n"C:\\dir\\",1\n"x ""y""",2\n')
    assert values(made, "a") == ["C:\\dir\\", 'x "y"']
    assert values(read(tmp_path, "a,b\nC:\\new,1\n"), "a") == ["C:\\new"]
    with pytest.raises(IngestError, match="more than one way"):
        read(tmp_path, ESCAPED, escape="none")


def test_a_backslash_escapes_delimiters_where_lines_are_of_one_length_only_so(tmp_path):
    made = read(tmp_path, "a,b\nx\\, y,1\nz,2\n")
    assert values(made, "a") == ["x, y", "z"]
    padded = read(tmp_path, "a,b,c\nx\\, y,1\nz,2,3\n", escape="\\", bad_rows="pad")
    assert values(padded, "a") == ["x, y", "z"]
    assert values(padded, "c") == [None, 3]


def test_lines_above_are_parted_as_the_file_has_them(tmp_path):
    made = read(tmp_path, "Report§x\na§b\n1§2\n3§4\nsum§6\n", delimiter="§", skip_rows=1, skip_rows_at_end=1)
    assert made.reading.file is not None
    assert made.reading.file.outside == ("report", "sum")


@pytest.mark.parametrize("kind", ["integer", "number"])
@pytest.mark.parametrize(
    "word", ["9007199254740993", "-9007199254740993", "9,007,199,254,740,993", "99999999999999999999"]
)
def test_a_type_of_numbers_is_refused_where_digits_would_be_lost(tmp_path, kind, word):
    with pytest.raises(IngestError, match=f"too long to be stored exactly, such as {word}"):
        read(tmp_path, f"id;x\n1;a\n{word};b\n", types={"id": kind}, delimiter=";")


def test_the_first_number_that_is_not_exact_stays_text(tmp_path):
    made = read(tmp_path, "id,x\n1,a\n9007199254740993,b\n")
    assert values(made, "id") == ["1", "9007199254740993"]
    assert "too_long" in notes(made)
    assert values(read(tmp_path, "id,x\n1,a\n9007199254740992,b\n"), "id") == [1, 9007199254740992]


@pytest.mark.parametrize(
    ("cells", "made"),
    [
        (["0.5-", "1.5"], [-0.5, 1.5]),
        (["$5.00-", "$3.00", "($2.00)"], [-5, 3, -2]),
        (["kr 5", "kr 1 200"], [5, 1200]),
        (["1,200.50-", "3"], [-1200.5, 3]),
    ],
)
def test_a_chosen_type_reads_what_is_read_without_a_choice(tmp_path, cells, made):
    text = "n;x\n" + "".join(f"{cell};a\n" for cell in cells)
    for types in ({}, {"n": "number"}):
        found = read(tmp_path, text, types=types, delimiter=";")
        assert values(found, "n") == made
        cell = found.reading.cell(next(c for c in found.schema.each() if c.name == "n"))
        assert [cell(word) for word in cells] == made


def test_a_column_of_another_decimal_mark_is_read_alike(tmp_path):
    text = "n;m\n1.5;2,5\n2.25;3,75\n"
    for types in ({}, {"n": "number"}):
        assert values(read(tmp_path, text, types=types, delimiter=";"), "n") == [1.5, 2.25]


def test_an_order_of_dates_that_nothing_tells_is_said(tmp_path):
    text = "d,x\n3/4/2025,1\n5/6/2025,2\n"
    made = read(tmp_path, text, types={"d": "date"})
    assert str(made.columns["d"][0])[:10] == "2025-04-03"
    assert "3/4/2025 may mean day/month or month/day" in notes(made)["day_first"]
    assert "day_first" not in notes(read(tmp_path, text, date_orders={"d": "day"}))
    assert "day_first" not in notes(read(tmp_path, "d,x\n3/4/2025,1\n15/6/2025,2\n", types={"d": "date"}))


def test_shares_among_percent_are_text_until_a_person_says_that_they_are_numbers(tmp_path):
    text = "n,x\n50%,a\n0.5,b\n12%,c\n"
    made = read(tmp_path, text)
    assert values(made, "n") == ["50%", "0.5", "12%"]
    assert "0.5" in notes(made)["percent_or_share"]
    for options in ({}, {"thousands": ","}):
        chosen = read(tmp_path, text, types={"n": "number"}, **options)
        assert values(chosen, "n") == [0.5, 0.5, 0.12]
        assert chosen.reading.cell(next(iter(chosen.schema.each())))("0.5") == 0.5


def test_an_endpoint_refuses_a_text_without_the_sign_that_all_had(tmp_path):
    made = read(tmp_path, "n,x\n50%,a\n0,b\n12%,c\n")
    cell = made.reading.cell(next(iter(made.schema.each())))
    assert values(made, "n") == [0.5, 0, 0.12]
    assert [cell("50%"), cell("0")] == [0.5, 0]
    assert cell("0.5") is UNREADABLE


def test_a_format_of_percent_stored_before_reads_as_it_did():
    assert NumberFormat.model_validate({"units": ["%"]}).value("50") == 0.5

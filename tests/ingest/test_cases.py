"""Files as people have them: what each holds that has failed somewhere, and the values that are right."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from tasks.artifacts.store import Store
from tasks.inference.server.protocols.charsets import ENCODINGS
from tasks.ingest.csv_file import Ingested
from tasks.ingest.encoding import likely_encodings
from tasks.ingest.errors import IngestError
from tasks.ingest.ingest import ingest, read_file
from tasks.ingest.options import Encoding, ReadOptions

CASES = Path(__file__).parents[1] / "cases"


def read(name: str, **options) -> Ingested:
    path = next(CASES.glob(f"*/{name}"))
    return read_file(path, name, ReadOptions(**options))


def types(made: Ingested) -> dict[str, str]:
    return {column.name: str(column.type) for column in made.schema.each()}


def values(made: Ingested, name: str) -> list[object]:
    found = made.columns[name]
    return [None if value != value else value for value in found.tolist()]  # noqa: PLR0124 - NaN


def notes(made: Ingested) -> dict[str, str]:
    return {note.code: note.message for note in made.notes}


def test_a_word_for_missing_among_codes_of_the_same_form_is_a_code():
    made = read("na_is_a_code.csv")
    assert values(made, "iso")[:5] == ["NA", "NO", "NP", "NE", "NR"]
    assert len(values(made, "iso")) == 20  # the header stands among the rows three times more
    assert {"code_kept", "headers"} <= notes(made).keys()
    assert types(made)["pop"] == "number"


def test_chinese_without_a_mark_is_read_as_chinese():
    made = read("gb18030.csv")
    assert "城市" in made.schema.names
    assert set(values(made, "城市")) <= {"上海", "北京", "广州", "深圳", "杭州", "成都"}
    assert made.reading.file is not None
    assert made.reading.file.encoding == "gb18030"
    assert "城市" in notes(made)["encoding"]


def test_codes_that_look_like_powers_of_ten_stay_text():
    made = read("codes_like_numbers.csv")
    assert values(made, "code") == ["9e42", "12e5", "7e10"]
    assert "codes" in notes(made)


def test_a_title_and_a_total_are_no_rows():
    made = read("preamble_padded.csv")
    assert made.schema.names == ("Dept", "Date", "Supplier", "Amount")
    assert values(made, "Amount") == [1200.5, 900]
    assert values(made, "Date") == [datetime(2019, 2, 1), datetime(2019, 2, 13)]  # noqa: DTZ001
    assert {"lines_above", "totals"} <= notes(made).keys()


def test_a_separator_at_the_end_of_rows_makes_no_column():
    made = read("trailing_separator_rows.csv")
    assert types(made) == {"a": "integer", "b": "integer", "c": "integer"}
    assert values(made, "c") == [3, 6, 9]
    assert "trailing_delimiter" in notes(made)


def test_blanks_can_part_columns():
    made = read("space_delimited.csv")
    assert types(made) == {"a": "integer", "b": "integer", "c": "integer"}
    assert values(made, "b") == [2, 5]


def test_thousands_are_numbers_where_another_column_proves_their_mark():
    made = read("thousands.csv")
    assert values(made, "a") == [1234, 2500]
    assert values(made, "b") == [1234.5, 2500.75]


def test_thousands_that_may_be_decimals_stay_text_and_it_is_said():
    path = CASES / "intake"
    made = read_file(path / "thousands.csv", "thousands.csv", ReadOptions(decimal="."))
    assert types(made)["a"] == "category"
    assert "thousands_or_decimals" in notes(made)


def test_amounts_percent_and_short_years_are_values():
    money, percent, sales = read("money.csv"), read("percent.csv"), read("sales_us.csv")
    assert values(money, "price")[:3] == [0, 1.25, 2.5]
    assert "unit" in notes(money)
    assert values(percent, "share")[:2] == pytest.approx([0.3, 0.45])
    assert types(sales) == {"sqm": "integer", "rooms": "integer", "price": "number", "share": "number", "sold": "date"}
    assert values(sales, "price")[0] == 219000
    assert values(sales, "sold")[0] == datetime(2024, 10, 16)  # noqa: DTZ001
    assert {"unit", "percent", "short_years"} <= notes(sales).keys()


@pytest.mark.parametrize(("name", "rows", "line"), [("footnote.csv", 50, 52), ("one_bad_row_of_many.csv", 2000, 1002)])
def test_a_row_that_does_not_fit_is_set_aside_and_shown(name, rows, line):
    made = read(name)
    assert len(values(made, "a")) == rows
    assert types(made) == {"a": "integer", "b": "category", "c": "integer"}
    assert f"line {line}" in notes(made)["set_aside"]
    assert made.reading.file is not None
    assert made.reading.file.sets_aside
    with pytest.raises(IngestError) as caught:
        read(name, bad_rows="refuse")
    assert caught.value.line == line


def test_no_row_is_eaten_as_a_header():
    made = read("no_header_dates.csv")
    assert types(made) == {"column_1": "date", "column_2": "integer"}
    assert values(made, "column_1")[0] == datetime(2008, 2, 28)  # noqa: DTZ001
    assert values(made, "column_2") == [None, 5, 6]


def test_large_numbers_and_long_ids_are_exact(tmp_path):
    assert ingest(CASES / "intake/large_constant.csv", "large_constant.csv", {}, Store(tmp_path))["rows"] == 2
    ids = read("decimal38_ids.parquet")
    assert values(ids, "id") == ["1925036343869802844", "1925036343869802845"]
    assert "too_long" in notes(ids)


@pytest.mark.parametrize(("name", "says"), [("not_a_table.sql", "SQL"), ("not_a_table.xml", "XML")])
def test_what_is_no_table_is_refused_by_its_name(name, says):
    with pytest.raises(IngestError, match=says):
        read(name)


def test_a_german_export_is_read_without_a_question():
    made = read("Umsätze_2022-2024.csv")
    found = types(made)
    assert found["Datum"] == "date"
    assert {found[name] for name in ("Einzelpreis (€)", "Rabatt %", "Temperatur °C", "Umsatz")} == {"number"}
    assert values(made, "Umsatz")[0] == 767.02
    assert values(made, "Umsatz")[3] == 2862.23
    assert np.isnan(made.columns["Temperatur °C"]).sum() == 130  # k. A.
    assert len(values(made, "Umsatz")) == 2600
    assert "Summe" in notes(made)["totals"]
    assert values(made, "Filiale")[0] == "Düsseldorf"


def test_an_american_export_is_read_without_a_question():
    made = read("telecom churn (export 3).csv")
    assert "Senior Citizen" in made.schema.names
    found = types(made)
    assert {found[name] for name in ("Monthly Charges", "Total Charges", "Discount")} == {"number"}
    assert found["Join Date"] == "date"
    assert values(made, "Total Charges")[0] == 3346.82
    assert values(made, "Join Date")[0] == datetime(2021, 2, 15)  # noqa: DTZ001
    assert min(value for value in values(made, "Monthly Charges") if value is not None) < 0  # $-5.13
    assert "unknown" in notes(made)["missing_words"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["1 234,50", "12,5"], [1234.5, 12.5]),
        (["1'234.50", "12.5"], [1234.5, 12.5]),
        (["(1,234.50)", "12.50"], [-1234.5, 12.5]),
        (["12,50 €", "1.200,00 €"], [12.5, 1200]),
        (["EUR 12.50", "€ 3.00"], [12.5, 3]),
        (["12.50-", "3.00"], [-12.5, 3]),
        (["−5", "3"], [-5, 3]),
    ],
)
def test_usual_ways_to_write_amounts_are_numbers(tmp_path, words, found):
    path = tmp_path / "amounts.csv"
    path.write_text("a;b\n" + "".join(f'"{word}";x\n' for word in words), encoding="utf-8")
    made = read_file(path, path.name, ReadOptions())
    assert values(made, "a") == found


@pytest.mark.parametrize(
    "words", [["$5", "€6"], ["+4930123456", "+4930123457"], ["1,5", "12.5"], ["12-", "(3", "4"], ["0012", "0345"]]
)
def test_what_is_no_number_for_sure_stays_text(tmp_path, words):
    path = tmp_path / "texts.csv"
    path.write_text("a;b\n" + "".join(f'"{word}";1\n' for word in words), encoding="utf-8")
    assert types(read_file(path, path.name, ReadOptions()))["a"] == "category"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1252", "Stadt;Umsatz\nDüsseldorf;12\nKöln;3\n"),
        ("windows-1250", "miasto;cena\nŁódź;12\nKraków;3\nGdańsk;5\nCzęstochowa;9\n"),
        ("iso-8859-2", "miasto;cena\nŁódź;12\nKraków;3\nGdańsk;5\nŚrem;9\n"),
        ("windows-1251", "город;цена\nМосква;1\nСанкт-Петербург;2\nКазань;3\n"),
        ("gb18030", "城市,价格\n上海,1\n北京,2\n广州,3\n"),
        ("big5", "城市,價格\n臺北,1\n高雄,2\n臺中,3\n"),
        ("shift_jis", "都市,価格\n東京,1\n大阪市,2\nさっぽろ,3\n"),
        ("euc-kr", "도시,가격\n서울,1\n부산,2\n대구,3\n"),
        ("utf-16-le", "city;price\nOslo;1\nBodø;2\n"),
        ("utf-16-be", "city;price\nOslo;1\nBodø;2\n"),
    ],
)
def test_the_encoding_is_found(tmp_path, encoding, text):
    path = tmp_path / "upload.csv"
    path.write_bytes(text.encode(encoding))
    made = read_file(path, path.name, ReadOptions())
    assert list(made.schema.names) == text.split("\n", 1)[0].replace(";", ",").split(",")
    assert values(made, made.schema.names[0])[0] == text.split("\n")[1].replace(";", ",").split(",")[0]


def test_two_encodings_that_read_otherwise_are_asked_about(tmp_path):
    path = tmp_path / "upload.csv"
    path.write_bytes("name;a\nBodø;1\n".encode("windows-1252"))
    with pytest.raises(IngestError, match="it may be windows-1252 .*Bodø.*, windows-1250 .*Bodř"):
        read_file(path, path.name, ReadOptions())
    assert values(read_file(path, path.name, ReadOptions(encoding="windows-1252")), "name") == ["Bodø"]


GERMAN = "Name,Stadt\nJürgen Müller,Köln\nJörg Größe,München\nÄnne Weiß,Göttingen\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("mac-roman", GERMAN),
        ("cp850", GERMAN),
        ("mac-roman", "Nom,Ville\nHélène Lefèvre,Besançon\nFrançois Bérengère,Orléans\n"),
        ("cp850", "Nom,Ville\nHélène Lefèvre,Besançon\nFrançois Bérengère,Orléans\n"),
        ("cp852", "Nazwa,Miasto\nŁukasz Żuk,Kraków\nMałgorzata Wójcik,Gdańsk\n"),
        ("cp866", "Имя,Город\nИван Петров,Москва\nМария Сидорова,Новосибирск\n"),
    ],
)
def test_encodings_of_old_systems_are_found(tmp_path, encoding, text):
    path = tmp_path / "upload.csv"
    path.write_bytes(text.encode(encoding))
    made = read_file(path, path.name, ReadOptions())
    assert made.reading.file.encoding == encoding
    assert values(made, made.schema.names[0])[0] == text.split("\n")[1].split(",")[0]


@pytest.mark.parametrize(
    ("encoding", "text", "other"),
    [
        ("mac-roman", "name,n\nJürgen,1\n", "windows-1250"),
        ("iso-8859-15", "what,price\nbread,2 €\nmilk,1 €\n", "€"),
    ],
)
def test_few_letters_of_a_rare_encoding_are_asked_about(tmp_path, encoding, text, other):
    path = tmp_path / "upload.csv"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(IngestError, match="it may be") as asked:
        read_file(path, path.name, ReadOptions())
    assert encoding in asked.value.message
    assert other in asked.value.message
    made = read_file(path, path.name, ReadOptions(encoding=encoding))
    assert made.reading.file.encoding == encoding


@pytest.mark.parametrize(
    "text", ["a,b\nBär,1\n", "what,b\n½ cup,1\n¼ pint,2\n", "a,b\nGrün,1\nBlau,2\n", "a,b\nCafé,2\n"]
)
def test_usual_texts_are_not_asked_about_for_rare_encodings(tmp_path, text):
    path = tmp_path / "upload.csv"
    path.write_bytes(text.encode("windows-1252"))
    assert [one.encoding for one in likely_encodings(path.read_bytes())][0] == "windows-1252"
    assert not {one.encoding for one in likely_encodings(path.read_bytes())} & {"mac-roman", "cp850", "iso-8859-15"}


def test_every_encoding_of_files_is_one_of_bodies():
    assert set(get_args(Encoding)) - {""} == set(ENCODINGS)


BELOW = "1,2,3,4\n5,6,7,8\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("2023,,2024,\nQ1,Q2,Q1,Q2\n" + BELOW, ("2023 Q1", "2023 Q2", "2024 Q1", "2024 Q2")),
        ("2023,2023,2024,2024\nmin,max,min,max\n" + BELOW, ("2023 min", "2023 max", "2024 min", "2024 max")),
        ("Sales,,Costs\nnet,gross,fixed,other\n" + BELOW, ("Sales net", "Sales gross", "Costs fixed", "Costs other")),
        ("Sales,,Costs,\n2022,2023,2022,2023\n" + BELOW, ("Sales 2022", "Sales 2023", "Costs 2022", "Costs 2023")),
        ("id,2023,,2024,\n,Q1,Q2,Q1,Q2\n9,1,2,3,4\n9,5,6,7,8\n", ("id", "2023 Q1", "2023 Q2", "2024 Q1", "2024 Q2")),
        (
            ";2023;;2024;;\nRegion;Umsatz;Menge;Umsatz;Menge;\n1;2;3;4;5;\n6;7;8;9;1;\n",
            ("Region", "2023 Umsatz", "2023 Menge", "2024 Umsatz", "2024 Menge"),
        ),
        (
            "Report,,,,,,\n,2023,,,2024,,\nid,a,b,c,a,b,c\n1,2,3,4,5,6,7\n",
            ("id", "2023 a", "2023 b", "2023 c", "2024 a", "2024 b", "2024 c"),
        ),
    ],
)
def test_names_that_stand_in_two_rows_are_joined(tmp_path, text, names):
    path = tmp_path / "grouped.csv"
    path.write_text(text)
    made = read_file(path, path.name, ReadOptions())
    assert made.schema.names == names
    assert {column.type for column in made.schema.each()} == {"integer"}
    assert next(name for name in names if " " in name) in notes(made)["two_header_rows"]
    assert made.reading.file is not None
    assert made.reading.file.header_rows == 2


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c\nkg,m,s\n1,2,3\n4,5,6\n",  # units are a row of their own
        ",a,b,\nr1,x,y,z\nr2,1,2,3\n",  # names are missing
        "a,,b,\nx,y,x,y\nu,v,w,x\n",  # texts above texts
        "a,,b,\n1,2,1,2\n3,4,5,6\n",  # numbers above numbers
        "a,,a,\nx,y,x,y\n1,2,3,4\n",  # joined names would not differ
    ],
)
def test_one_row_of_names_is_no_two(tmp_path, text):
    path = tmp_path / "plain.csv"
    path.write_text(text)
    made = read_file(path, path.name, ReadOptions())
    assert "two_header_rows" not in notes(made)
    assert len(made.columns[made.schema.names[0]]) == text.count("\n") - 1

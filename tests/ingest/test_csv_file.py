"""A CSV file is read right, or refused with the line; it is never read wrongly in silence."""

from __future__ import annotations

import csv
import gzip
import io
from random import Random

import numpy as np
import pytest

from tasks.contract.spelling import MISSING
from tasks.ingest.csv_file import read_csv
from tasks.ingest.errors import IngestError
from tasks.ingest.options import ReadOptions


@pytest.fixture
def read(tmp_path):
    def read_content(content: str | bytes, **options):
        path = tmp_path / "upload.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_csv(path, ReadOptions(**options))

    return read_content


def types(ingested) -> dict[str, str]:
    return {column.name: str(column.type) for column in ingested.schema.each()}


def values(ingested, name: str) -> list[object]:
    found = ingested.columns[name]
    if found.dtype.kind == "f":
        return [None if np.isnan(value) else value for value in found.tolist()]
    return found.tolist()


def codes(ingested) -> set[str]:
    return {note.code for note in ingested.notes}


# What is understood


def test_usual_file_is_typed_column_by_column(read):
    made = read("id,price,city,when,ok\n1,2.5,Oslo,2024-01-31,true\n2,,Bergen,2024-02-29,false\n")
    assert types(made) == {"id": "integer", "price": "number", "city": "category", "when": "date", "ok": "boolean"}
    assert values(made, "price") == [2.5, None]
    assert str(made.columns["when"][1]) == "2024-02-29T00:00:00.000000"
    assert made.schema.column("price").nullable
    assert not made.schema.column("id").nullable
    assert made.schema.column("id").maximum == 2
    assert made.schema.column("city").categories == ("Bergen", "Oslo")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_ends_are_found_out(read, delimiter, newline):
    made = read(newline.join(delimiter.join(row) for row in [["a", "b"], ["1", "x"], ["2", "y"]]))
    assert values(made, "a") == [1, 2]
    assert values(made, "b") == ["x", "y"]


def test_quotes_keep_delimiters_line_breaks_and_quotation_marks(read):
    made = read('name,n\n"a, b",1\n"c\nd",2\n"say ""hi""",3\n"",4\n')
    assert values(made, "name") == ["a, b", "c\nd", 'say "hi"', None]
    assert values(made, "n") == [1, 2, 3, 4]


def test_quotation_marks_inside_plain_values_are_characters(read):
    made = read('pipe,n\n5" pipe,1\n3" pipe,2\n')
    assert values(made, "pipe") == ['5" pipe', '3" pipe']
    assert "plain_quotes" in codes(made)


def test_quotation_marks_inside_plain_values_may_stand_beside_quoted_ones(read):
    made = read('pipe,n\n5" pipe,"1, or 2"\n"x ""y""",z\n')
    assert values(made, "pipe") == ['5" pipe', 'x "y"']
    assert values(made, "n") == ["1, or 2", "z"]


def test_decimal_commas_are_read_on_evidence(read):
    made = read("a;b\n1,5;2\n2,25;3\n")
    assert values(made, "a") == [1.5, 2.25]
    assert "decimal_comma" in codes(made)


def test_points_are_thousands_where_commas_are_decimals(read):
    made = read("a;b\n1.234,5;2\n12,25;1.000\n")
    assert values(made, "a") == [1234.5, 12.25]
    assert values(made, "b") == [2, 1000]


def test_points_that_may_be_thousands_are_said(read):
    text = "a;b\n1.731;x\n2.500;y\n"
    (found,) = read(text).notes
    assert found.code == "points"
    assert "1.731" in found.message
    (choice,) = found.choices
    assert choice.label == "Read the file with a decimal comma: 1.731 is 1731"
    assert values(read(text, **choice.options), "a") == [1731, 2500]
    assert codes(read("a;b\n1.234;x\n2.5;y\n")) == set()
    both = read("a;b;c\n1,5;0.25;1.234\n2,5;1.75;2.500\n")
    assert values(both, "c") == ["1.234", "2.500"]
    assert "thousands_or_decimals" in codes(both)


def test_thousands_with_commas_are_numbers_only_on_evidence(read):
    assert values(read('a,b\n"1,234,567",1\n"12",2\n'), "a") == [1234567, 12]
    doubtful = read('a,b\n"1,234",1\n"5,678",2\n')
    assert types(doubtful)["a"] == "category"


def test_leading_zeros_are_kept(read):
    made = read("zip,n\n01234,1\n98765,2\n")
    assert values(made, "zip") == ["01234", "98765"]
    assert "leading_zeros" in codes(made)


def test_zero_and_decimals_below_one_are_numbers(read):
    assert values(read("a,b\n0,1\n0.5,2\n-0.25,3\n"), "a") == [0, 0.5, -0.25]


def test_numbers_too_long_to_be_exact_are_kept_as_words(read):
    made = read("card,n\n12345678901234567890,1\n12345678901234567891,2\n")
    assert values(made, "card") == ["12345678901234567890", "12345678901234567891"]
    assert "too_long" in codes(made)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-03-04 10:20:30", "2024-03-04T10:20:30.000000"),
        ("2024-03-04T10:20:30.5Z", "2024-03-04T10:20:30.500000"),
        ("2024-03-04T10:20:30+02:00", "2024-03-04T08:20:30.000000"),
        ("2024/3/4", "2024-03-04T00:00:00.000000"),
        ("31.12.2024", "2024-12-31T00:00:00.000000"),
        ("31/12/2024 11:05 PM", "2024-12-31T23:05:00.000000"),
        ("12/31/2024", "2024-12-31T00:00:00.000000"),
        ("4 Mar 2024", "2024-03-04T00:00:00.000000"),
        ("March 4, 2024", "2024-03-04T00:00:00.000000"),
        ("04-Mar-2024", "2024-03-04T00:00:00.000000"),
    ],
)
def test_dates_are_read_as_people_write_them(read, written, expected):
    made = read(f'when;n\n"{written}";1\n;2\n')
    assert types(made)["when"] == "date"
    assert str(made.columns["when"][0]) == expected
    assert np.isnat(made.columns["when"][1])


def test_dates_that_can_be_read_in_two_ways_stay_words(read):
    made = read("when,n\n03/04/2024,1\n05/06/2024,2\n")
    assert types(made)["when"] == "category"
    assert "date_order" in codes(made)


def test_one_clear_date_tells_the_order_of_all(read):
    made = read("when,n\n03/04/2024,1\n25/06/2024,2\n")
    assert str(made.columns["when"][0])[:10] == "2024-04-03"


def test_dates_that_are_none_stay_words(read):
    made = read("when,n\n31/02/2024,1\n25/06/2024,2\n")
    assert values(made, "when") == ["31/02/2024", "25/06/2024"]


def test_words_for_missing_are_read_as_missing_and_said(read):
    made = read("a,b\n1,x\nNA,NA\n?,y\nnull,None\n")
    assert values(made, "a") == [1, None, None, None]
    assert values(made, "b") == ["x", None, "y", "None"]
    assert "missing_words" in codes(made)


def test_own_words_for_missing_can_be_named(read):
    assert values(read("a,b\n1,x\n-999,y\n", missing=("-999",)), "a")[0] == 1
    assert values(read("a,b\n1,x\nnone given,y\n", missing=("none given",)), "a") == [1, None]


def test_one_odd_value_keeps_a_column_as_it_was_written(read):
    made = read("a,b\n" + "".join(f"{n},x\n" for n in range(30)) + "12.5k,x\n")
    assert types(made)["a"] == "text"
    assert values(made, "a")[-1] == "12.5k"


def test_many_different_words_are_text_and_few_are_categories(read):
    made = read("a,b\n" + "".join(f"name {n},{'xyz'[n % 3]}\n" for n in range(100)))
    assert types(made) == {"a": "text", "b": "category"}


def test_repeated_and_empty_names_are_made_different(read):
    made = read("a,a,,a_2\n1,2,3,4\n")
    assert list(made.columns) == ["a", "a_3", "column_3", "a_2"]
    assert {"name_repeated", "name_missing"} <= codes(made)
    assert values(made, "a_2") == [4]


def test_file_without_a_header_gets_names_and_says_so(read):
    made = read("1,x\n2,y\n3,z\n")
    assert list(made.columns) == ["column_1", "column_2"]
    assert values(made, "column_1") == [1, 2, 3]
    assert "no_header" in codes(made)
    assert list(read("1,x\n2,y\n", header="yes").columns) == ["1", "x"]


def test_years_can_be_names_of_columns(read):
    assert list(read("country,2019,2020\nNorway,5.2,6.1\nChile,3.3,2.9\n").columns) == ["country", "2019", "2020"]


def test_delimiter_at_each_line_end_makes_no_column(read):
    made = read("a,b,\n1,2,\n3,4,\n")
    assert list(made.columns) == ["a", "b"]
    assert "trailing_delimiter" in codes(made)


def test_excels_own_delimiter_line_is_heeded(read):
    assert list(read("sep=;\na;b,c\n1;2\n").columns) == ["a", "b,c"]


def test_lines_above_the_header_can_be_skipped(read):
    assert values(read("Report of May\n\na,b\n1,2\n", skip_rows=2), "b") == [2]


@pytest.mark.parametrize(("encoding", "bom"), [("utf-8-sig", b""), ("utf-16", b""), ("utf-16-be", b"\xfe\xff")])
def test_byte_order_mark_tells_the_encoding(read, encoding, bom):
    made = read(bom + "navn,pris\nBodø,1\nTromsø,2\n".encode(encoding))
    assert list(made.columns) == ["navn", "pris"]
    assert values(made, "navn") == ["Bodø", "Tromsø"]


def test_named_encoding_is_used(read):
    made = read("navn,pris\nBodø,1\n".encode("windows-1252"), encoding="windows-1252")
    assert values(made, "navn") == ["Bodø"]


def test_gzipped_file_is_unpacked(read):
    assert values(read(gzip.compress(b"a,b\n1,2\n")), "b") == [2]


def test_type_can_be_asked_for(read):
    made = read("a,b,c\n1,x,3/4/2024\n2,7,25/4/2024\n", types={"a": "category", "b": "number", "c": "date"})
    assert values(made, "a") == ["1", "2"]
    assert values(made, "b") == [None, 7]
    assert str(made.columns["c"][0])[:10] == "2024-04-03"
    assert "not_of_type" in codes(made)


def test_header_without_rows_is_an_empty_table(read):
    made = read("a,b\n")
    assert list(made.columns) == ["a", "b"]
    assert len(made.columns["a"]) == 0


# What is refused


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 1, "empty"),
        (b"   \n\n", 1, "empty"),
        (b"a,b\n1,2\n3\n4,5\n", 3, "Line 3 has one value, but the header has 2"),
        (b"a,b\n1,2\n3,4,5\n", 3, "Line 3 has 3 values"),
        (b'a,b\n"x\ny",2\n3\n', 4, "Line 4 has one value"),
        (b"a,b\r\n1,2\r\n3\r\n", 3, "Line 3"),
        (b"a,b\n1,2\nTitle\n3,4\n", 3, "Title lines"),
        (b'a,b\n1,"x\n2,y\n', 2, "quotation marks on line 2"),
        (b'a,b\n1,"x"y\n2,z\n', 2, "quotation marks on line 2"),
        (b'a,b\n"1,2\n3,4\n', 2, "quotation marks on line 2"),
        (b'a,b\n1,"x\n2,y\n3,"z\n4,w\n', 4, "quotation marks on line 4"),
        (b'a, "b"\n1, "x"\n', 1, "On line 1 there is a space between"),
        ("a,b\nBodø,1\n".encode("latin-1"), None, "it may be windows-1252 (“Bodø”), windows-1257 (“Bodų”)"),
        (b"a,b\n1,2\x00\n", 2, "binary data"),
        (b"a,b\n1,2\r3,4\n5,6\n", 2, "carriage return"),
        (b"\x89PNG\r\n\x1a\n0000", 1, "a PNG image"),
        (b"PK\x03\x04xxxxxxxx", 1, "Excel"),
        (b"%PDF-1.7 ...", 1, "a PDF"),
        (b"<!DOCTYPE html><html><body>no</body></html>", 1, "web page"),
        (b'{"a": 1, "b": 2}', 1, "JSON"),
        (b'[{"a": 1}, {"a": 2}]', 1, "JSON"),
        (b"\x1f\x8b\x08\x00damaged", None, "damaged or incomplete"),
        (b",".join(b"c%d" % n for n in range(10_001)) + b"\n", 1, "at most 10,000"),
        (b"a,b\n1," + b"x" * (1 << 20) + b"y\n", None, "at most 1 MiB"),
    ],
)
def test_file_that_is_no_table_is_refused_with_its_line(read, content, line, says):
    with pytest.raises(IngestError) as caught:
        read(content)
    assert says in caught.value.message
    assert caught.value.line == line


def test_small_gzip_that_grows_without_end_is_stopped(read):
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 20_000_000)
    with pytest.raises(IngestError, match="to more than"):
        read(bomb)


def test_wide_line_of_two_million_columns_is_refused(read):
    with pytest.raises(IngestError, match="at most 10,000"):
        read(b"1," * 2_000_000)


def test_whatever_is_written_is_read_back_or_refused(read):
    """Random tables in random ways of writing: each cell comes back as it was, or the file is refused."""
    refused = 0
    for seed in range(400):
        random = Random(seed)
        width, rows = random.randint(2, 5), random.randint(1, 12)
        cells = [[_any_cell(random) for _ in range(width)] for _ in range(rows)]
        text = io.StringIO(newline="")
        writer = csv.writer(
            text,
            delimiter=random.choice(",;\t|"),
            quoting=random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
            lineterminator=random.choice(["\n", "\r\n"]),
        )
        writer.writerows([[f"name {n}" for n in range(width)], *cells])
        try:
            named = dict.fromkeys([f"name {n}" for n in range(width)], "text")
            made = read(text.getvalue(), types=named, footnotes="keep")
        except IngestError:
            refused += 1
            continue
        read_back = [list(row) for row in zip(*made.columns.values(), strict=True)]
        rows_with_values = [row for row in cells if any(cell.strip() for cell in row)]
        expected = [[None if cell.strip() in MISSING else cell for cell in row] for row in rows_with_values]
        assert read_back == expected, seed
    assert refused < 40


def _any_cell(random: Random) -> str:
    letters = "aB70.- ,;\t|\"\né🦊'/:#%k=\\"
    return "".join(random.choice(letters) for _ in range(random.randint(0, 6)))

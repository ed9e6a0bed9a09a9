"""Lines that are no rows are left out of a file and of a body alike, and both say which."""

from __future__ import annotations

import pytest

from tasks.inference.csv_rows import read_csv
from tasks.ingest.csv_file import Ingested
from tasks.ingest.ingest import read_file
from tasks.ingest.options import ReadOptions

FEW = "a,b\n1,2\n3,4\n,\n5,6\nSource: ONS,\n"
FILES = {
    "separators and a note": FEW,
    "semicolons": "ort;menge;wert\nBonn;1;2\n;;\nKöln;2;3\nUlm;3;4\n;;\nStand: Mai;;\n",
    "blanks between separators": "a,b,c\n1,2,x\n , ,\n3,4,y\n",
    "a note below a gap": "city,n,m\nOslo,1,2\nBergen,3,4\n,,\nprovisional figures,,\n",
    "a total above a note": "city,n\nOslo,1\nBergen,3\nHamar,4\nTotal,8\n,\n* without the islands,\n",
    "a note in another export": "id,n\n1,2\n2,3\n3,4\nas of 1 May,\n",
}
ROWS = [3, 3, 2, 2, 3, 3]


@pytest.fixture
def read(tmp_path):
    def read_text(text: str, **options) -> Ingested:
        path = tmp_path / "a.csv"
        path.write_text(text, encoding="utf-8")
        return read_file(path, path.name, ReadOptions(**options))

    return read_text


def codes(made: Ingested) -> dict[str, str]:
    return {note.code: str(note.message) for note in made.notes}


@pytest.mark.parametrize(("name", "rows"), zip(FILES, ROWS, strict=True))
def test_a_file_and_a_body_have_the_same_rows(read, name, rows):
    made = read(FILES[name])
    assert {len(values) for values in made.columns.values()} == {rows}
    body = read_csv(FILES[name].encode(), made.schema, 100, made.reading)
    assert {len(values) for values in body.columns.values()} == {rows}
    assert body.warnings


def test_both_say_which_lines(read):
    made = read(FEW)
    assert made.columns["a"].tolist() == [1, 3, 5]
    assert "line 4" in codes(made)["empty_rows"]
    assert "line 6" in codes(made)["footnotes"]
    assert "Source: ONS" in codes(made)["footnotes"]
    body = read_csv(FEW.encode(), made.schema, 100, made.reading)
    assert ["4" in str(one) for one in body.warnings].count(True) == 1
    assert ["6" in str(one) for one in body.warnings].count(True) == 1


def test_lines_of_a_body_are_counted_with_those_inside_values(read):
    made = read(FEW)
    body = read_csv(b'a,b\n"1\n",2\n,\n3,4\n', made.schema, 100, made.reading)
    assert body.columns["b"] == ["2", "4"]
    assert [one.params["lines"] for one in body.warnings] == ["4"]


def test_a_note_may_be_kept_as_a_row(read):
    kept = read(FEW, footnotes="keep")
    assert kept.columns["a"].tolist()[-1] == "Source: ONS"
    body = read_csv(FEW.encode(), kept.schema, 100, kept.reading)
    assert body.columns["a"] == ["1", "3", "5", "Source: ONS"]


@pytest.mark.parametrize(
    "text",
    [
        "name,age\nAnn,3\nBob,4\nCy,\n",
        "name,age,town\nAnn,3,Ulm\nBob,,\nCy,,\n",
        "id,n\n1,2\n2,3\nn/a,\n",
        "id,n\n1,2\n2,3\n3,\n",
        "name,age\nAnn,3\nBob,4\n,\nCy,\n",
    ],
)
def test_a_last_row_with_missing_values_stays(read, text):
    made = read(text)
    assert "footnotes" not in codes(made)
    assert {len(values) for values in made.columns.values()} == {3}


def test_a_line_without_a_value_is_a_row_of_a_file_with_one_column(read):
    made = read('a\n1\n""\n3\n')
    assert len(made.columns["a"]) == 3


def test_byte_order_marks_of_joined_files_go(read):
    text = "\ufeffa,b\n1,x\n\ufeffa,b\n\ufeff2,y\n"
    made = read(text)
    assert made.columns["a"].tolist() == [1, 2]
    assert "line 3" in codes(made)["inner_marks"]
    assert read_csv(text.encode(), made.schema, 100, made.reading).columns["a"] == ["1", "2"]
    plain = read("a,b\n1,x\n")
    assert "inner_marks" not in codes(plain)


def test_separators_around_each_line_make_no_columns(read):
    text = "|name|n|\n|Ann|1|\n|Bob|2|\n|Cy|oops|\n" + "".join(f"|Di|{n}.5|\n" for n in range(40))
    made = read(text)
    assert made.schema.names == ("name", "n")
    assert {"leading_delimiter", "trailing_delimiter"} <= codes(made).keys()
    assert "line 4" in codes(made)["almost_numeric"]
    body = read_csv(text.encode(), made.schema, 100, made.reading)
    assert body.columns["name"][:3] == ["Ann", "Bob", "Cy"]
    indexed = read(",a\n0,x\n1,y\n")
    assert len(indexed.schema.names) == 2


def test_questions_below_the_names_of_a_survey_are_no_rows(read):
    ids = '"{""ImportId"":""QID1""}","{""ImportId"":""QID2"",""choiceId"":1}"'
    text = f'Q1,Q2\n"How old are you, in years?",Any comments?\n{ids}\n34,fine\n51,\n28,good\n'
    made = read(text)
    assert made.columns["Q1"].tolist() == [34, 51, 28]
    assert "question_rows" in codes(made)
    for body in (text, "Q1,Q2\n34,fine\n51,\n28,good\n"):
        assert read_csv(body.encode(), made.schema, 100, made.reading).columns["Q1"] == ["34", "51", "28"]

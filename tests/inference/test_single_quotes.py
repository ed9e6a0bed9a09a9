"""Values in single quotation marks, found out from the file and read alike from a body."""

from __future__ import annotations

import pytest

from tasks.inference.csv_rows import read_csv
from tasks.ingest.csv_file import Ingested
from tasks.ingest.ingest import read_file
from tasks.ingest.options import ReadOptions

IRIS = "'sepal length';'target'\n" + "5.1;'setosa'\n4.9;'versicolor''s'\n6.1;'virginica'\n" * 3
COMMAS = "'name','town',n\n'Smith, John','Ulm',1\n'Doe, Ann','Bonn, Rhein',2\n'Poe','Köln',3\n"


@pytest.fixture
def read(tmp_path):
    def read_text(text: str, **options) -> Ingested:
        path = tmp_path / "a.csv"
        path.write_text(text, encoding="utf-8")
        return read_file(path, path.name, ReadOptions(**options))

    return read_text


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        (IRIS, "target", ["setosa", "versicolor's", "virginica"] * 3),
        (COMMAS, "name", ["Smith, John", "Doe, Ann", "Poe"]),
        (COMMAS.replace("'Poe'", "'5\" disk'"), "name", ["Smith, John", "Doe, Ann", '5" disk']),
    ],
)
def test_single_quotes_around_nearly_all_texts_are_found(read, text, column, expected):
    made = read(text)
    assert [str(value) for value in made.columns[column]] == expected
    assert made.reading.file.quote == "'"
    assert any(note.code == "single_quotes" for note in made.notes)
    assert read_csv(text.encode(), made.schema, 100, made.reading).columns[column] == expected


@pytest.mark.parametrize(
    "text",
    [
        "name,n\n'tis,1\nO'Neil,2\nrock 'n' roll,3\n",
        "name,n\n'quoted',1\nplain,2\nother,3\nmore,4\n",
        "name,n\n'a',1\n'b,2\n'c',3\n",
        "name,n\n\"'a'\",1\n\"'b'\",2\n",
    ],
)
def test_apostrophes_are_plain_characters_elsewhere(read, text):
    made = read(text)
    assert made.reading.file.quote == '"'
    assert any("'" in str(value) for value in made.columns["name"])


def test_a_person_decides(read):
    assert str(read(IRIS, quote="none").columns["'target'"][0]) == "'setosa'"
    assert not any(note.code == "single_quotes" for note in read(IRIS, quote="'").notes)

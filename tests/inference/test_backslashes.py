"""Backslashes of database exports: ``\\N`` for no value, escapes and sequences, in a file and in a body alike."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.inference.csv_rows import read_csv
from tasks.ingest.csv_file import Ingested
from tasks.ingest.ingest import read_file
from tasks.ingest.options import ReadOptions

OUTFILE = '"1","say \\"hi\\"",2.5\n"2",\\N,\\N\n"3","\\\\N",4\n'
COPY = "id\tname\tn\n1\ttab\\there\t2.5\n2\t\\N\t\\N\n3\tC:\\\\temp\\nnext\t4\n"
ENCLOSED = 'id\tname\tn\n1\t"a"\t2.5\n2\t\\N\t\\N\n3\t"c"\t4\n'
PLAIN_OUTFILE = "1\ttab\\\there\t2.5\n2\t\\N\t\\N\n3\tline\\\nbreak \\\\\t4\n"
FILES = {
    "escaped quotes": (OUTFILE, ['say "hi"', None, "\\N"]),
    "sequences": (COPY, ["tab\there", None, "C:\\temp\nnext"]),
    "quotes without an escape": (ENCLOSED, ["a", None, "c"]),
    "escaped separators": (PLAIN_OUTFILE, ["tab\there", None, "line\nbreak \\"]),
}


@pytest.fixture
def read(tmp_path):
    def read_text(text: str, **options) -> Ingested:
        path = tmp_path / "a.csv"
        path.write_text(text, encoding="utf-8")
        return read_file(path, path.name, ReadOptions(**options))

    return read_text


def texts(values) -> list[str | None]:
    return [None if value is None else str(value) for value in values]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("options", [{}, {"missing": ("\\N",)}])
def test_a_backslash_and_n_is_no_value(read, name, options):
    text, expected = FILES[name]
    made = read(text, **options)
    _, named, counted = made.columns
    kept = [None if value == "\\N" else value for value in expected]  # as text it means the same
    assert texts(made.columns[named]) == kept
    np.testing.assert_array_equal(made.columns[counted], [2.5, np.nan, 4])
    body = read_csv(text.encode(), made.schema, 100, made.reading)
    cell = made.reading.cell(made.schema.column(named))
    assert [None if one is None else cell(one) for one in body.columns[named]] == kept
    number = made.reading.cell(made.schema.column(counted))
    read_numbers = [None if one is None or number is None else number(one) for one in body.columns[counted]]
    assert read_numbers == [2.5, None, 4]


def test_a_row_may_say_it_too(read):
    made = read(COPY)
    cell = made.reading.cell(made.schema.column("name"))
    assert cell is not None
    assert cell("\\N") is None


def test_sequences_are_said_and_may_be_plain(read):
    assert any(note.code == "sequences" for note in read(COPY).notes)
    plain = read(COPY, escape="none")
    assert texts(plain.columns["name"]) == ["tab\\there", None, "C:\\\\temp\\nnext"]
    assert not plain.reading.file.has_sequences


def test_backslashes_of_paths_stay(read):
    made = read("id\tpath\n1\tC:\\temp\n2\tC:\\new\n")
    assert texts(made.columns["path"]) == ["C:\\temp", "C:\\new"]
    made = read("id\tpath\n1\tC:\\Users\n2\t\\N\n3\tC:\\new\n")  # \U is no sequence
    assert texts(made.columns["path"]) == ["C:\\Users", None, "C:\\new"]

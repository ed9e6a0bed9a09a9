"""A file that is UTF-8 but for a few bytes is read as UTF-8; what cannot be read is named and set aside."""

from __future__ import annotations

import pytest

from tasks.ingest.errors import IngestError
from tasks.ingest.ingest import read_file
from tasks.ingest.options import ReadOptions
from tasks.ingest.preview import preview

ROWS = "".join(f"{at},Zürich\n" for at in range(300))


@pytest.fixture
def read(tmp_path):
    def read_content(content: bytes, name: str = "a.csv", **options):
        path = tmp_path / name
        path.write_bytes(content)
        return read_file(path, name, ReadOptions(**options))

    return read_content


def notes(made) -> dict[str, str]:
    return {note.code: str(note.message) for note in made.notes}


@pytest.mark.parametrize("end", [b"300,Z\xfcrich\n", b"300,Z\xc3", b'300,"Z\n\xfc"\n'])
def test_one_bad_byte_sets_its_row_aside(read, end):
    made = read(b"i,city\n" + ROWS.encode() + end)
    assert set(made.columns["city"].tolist()) == {"Zürich"}
    assert len(made.columns["i"]) == 300
    assert "line 30" in notes(made)["damaged"]
    assert made.reading.file.encoding == "utf-8"
    assert made.reading.file.sets_aside


def test_a_small_file_of_words_in_utf8_is_no_western_text(read):
    made = read(b"i,city\n" + "".join(f"{at},Zürich\n" for at in range(9)).encode() + b"9,Z\xfcrich\n")
    assert set(made.columns["city"].tolist()) == {"Zürich"}


def test_a_damaged_row_is_refused_where_none_is_to_be_set_aside(read):
    with pytest.raises(IngestError, match="Line 302 is not UTF-8") as refused:
        read(b"i,city\n" + ROWS.encode() + b"300,Z\xfcrich\n", bad_rows="refuse")
    assert refused.value.line == 302


def test_so_are_a_damaged_name_and_a_damaged_list(read):
    with pytest.raises(IngestError, match="Line 1 is not UTF-8"):
        read(b"i,Z\xfcrich\n" + ROWS.encode())
    with pytest.raises(IngestError, match="Line 1 is not UTF-8"):
        read(b'[{"a": "' + "ü".encode() * 300 + b'\xfc"}]', name="a.json")


def test_damage_above_the_table_does_not_count(read):
    made = read(b"Z\xfcrich\ni,city\n" + ROWS.encode(), skip_rows=1)
    assert len(made.columns["i"]) == 300
    assert "damaged" not in notes(made)


def test_another_encoding_that_a_person_names_is_used(read):
    made = read(b"i,city\n" + ROWS.encode() + b"300,Z\xfcrich\n", encoding="windows-1252")
    assert made.columns["city"].tolist()[-1] == "Zürich"


def test_the_preview_shows_the_text_and_names_the_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"i,city\n" + ROWS.encode() + b"300,Z\xfcrich\n")
    with path.open("rb") as file:
        shown = preview(file, "a.csv", {})
    assert "0,Zürich" in shown["lines"]
    assert shown["error"] is None
    assert shown["rows"][0] == [0, "Zürich"]
    assert "damaged" in {note["code"] for note in shown["notes"]}

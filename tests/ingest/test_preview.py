"""The first rows of a file as a person would get them, and why there are none."""

from __future__ import annotations

import gzip
import io
import json
import time
from pathlib import Path

import pytest

from tasks.ingest.preview import PART_BYTES, preview

CASES = Path(__file__).parents[1] / "cases"


def shown(content: bytes, name: str = "a.csv", **options):
    made = preview(io.BytesIO(content), name, options)
    return json.loads(json.dumps(made, allow_nan=False))


def test_rows_are_shown_as_written_and_as_read():
    made = shown(b"day;price;note\n3/4/2025;1.234,50;NA\n13/4/2025;2,5;x\n")
    assert [(column["name"], column["type"]) for column in made["columns"]] == [
        ("day", "date"),
        ("price", "number"),
        ("note", "category"),
    ]
    assert made["columns"][0]["date_order"] == "day"
    assert made["rows"] == [["2025-04-03T00:00:00", 1234.5, None], ["2025-04-13T00:00:00", 2.5, "x"]]
    assert made["texts"][0] == ["3/4/2025", "1.234,50", "NA"]
    assert made["found"] == {
        "encoding": "utf-8",
        "delimiter": ";",
        "quote": '"',
        "escape": "none",
        "header": "yes",
        "decimal": ",",
        "thousands": ".",
    }
    assert {"decimal_comma", "missing_words"} <= {note["code"] for note in made["notes"]}
    assert not made["is_part"]


def test_another_choice_gives_other_rows():
    content = b"a;b\n1,234;x\n2,345;y\n"
    assert shown(content)["rows"] == [[1.234, "x"], [2.345, "y"]]
    assert shown(content, thousands=",")["rows"] == [[1234, "x"], [2345, "y"]]
    assert shown(content, delimiter=",")["column_count"] == 2
    assert shown(content, delimiter="|")["column_count"] == 1


def test_a_file_that_is_refused_shows_its_first_lines():
    made = shown(b"a,b\n1,2\n" + b"1,2,3\n" * 10)
    assert made["error"]["line"] == 3
    assert made["error"]["message_id"] == "file.ragged"
    assert made["rows"] == []
    assert made["lines"][:3] == ["a,b", "1,2", "1,2,3"]


def test_so_does_one_whose_encoding_is_in_doubt():
    made = shown("name,x\n§\u00a7¤,1\n".encode("latin-1") * 3)
    assert made["error"] or made["notes"]
    assert made["lines"][0] == "name,x"


def test_a_picture_has_no_lines():
    made = shown(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert made["error"]["message_id"] == "file.wrong_kind"
    assert made["lines"] == []


def test_a_large_file_costs_no_more_than_its_first_part():
    row = b'17,"a text, with\na line break",2024-03-04,1.5\n'
    content = b"n,t,d,x\n" + row * 400_000
    shown(content)
    began = time.monotonic()
    made = shown(content)
    assert time.monotonic() - began < 0.5
    assert made["is_part"]
    assert made["error"] is None
    assert len(made["rows"]) == 50
    assert made["rows"][49] == [17, "a text, with\na line break", "2024-03-04T00:00:00", 1.5]


def test_lines_at_the_end_of_a_part_are_rows():
    content = b"a,b\n" + b"1,2\n" * PART_BYTES
    assert len(shown(content, skip_rows_at_end=3)["rows"]) == 50


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "gb18030", "shift_jis"])
def test_a_part_of_another_encoding_is_not_cut_inside_a_letter(encoding):
    text = "city,x\n" + "".join(f"東京{number % 7},{number}\n" for number in range(40_000))
    made = shown(text.encode(encoding), encoding=encoding)
    assert made["error"] is None
    assert made["rows"][0] == ["東京0", 0]
    assert made["lines"][1] == "東京0,0"


def test_packed_text_is_unpacked():
    made = shown(gzip.compress(b"a,b\n" + b"1,x\n" * PART_BYTES), "a.csv.gz")
    assert (made["is_part"], made["rows"][0]) == (True, [1, "x"])
    cut = shown(gzip.compress(b"a,b\n" + b"1,x\n" * 1000)[:-20], "a.csv.gz")
    assert cut["error"]


@pytest.mark.parametrize("count", [3, 40_000])
def test_json_shows_its_first_objects(count):
    items = [{"a": number, "b": "x"} for number in range(count)]
    as_list = shown(json.dumps(items).encode(), "a.json")
    as_lines = shown("\n".join(map(json.dumps, items)).encode(), "a.jsonl")
    for made in (as_list, as_lines):
        assert made["error"] is None
        assert made["rows"][:3] == [[0, "x"], [1, "x"], [2, "x"]]
        assert made["is_part"] == (count > 3)
        assert made["found"] is None


def test_parquet_shows_its_first_rows():
    import pyarrow as pa
    from pyarrow import parquet

    sink = io.BytesIO()
    parquet.write_table(pa.table({"a": list(range(1000)), "b": [f"x{number % 3}" for number in range(1000)]}), sink)
    for content, name in ((sink.getvalue(), "a.parquet"), (gzip.compress(sink.getvalue()), "a.parquet.gz")):
        made = shown(content, name)
        assert len(made["rows"]) == 50
        assert made["rows"][1] == [1, "x1"]


@pytest.mark.parametrize("path", sorted(CASES.glob("*/*.csv")), ids=lambda path: path.name)
def test_every_case_is_shown_or_refused_in_a_sentence(path):
    made = shown(path.read_bytes(), path.name)
    assert bool(made["rows"]) != bool(made["error"])
    assert made["lines"]

"""An upload becomes a stored table with a profile that says what is doubtful and how to mend it."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tasks.artifacts.store import Store
from tasks.catalogue import catalogue
from tasks.contract.registry import node_class
from tasks.graph.fixes import params_for
from tasks.ingest.errors import IngestError
from tasks.ingest.ingest import ingest, read_file
from tasks.ingest.options import ReadOptions
from tasks.ingest.profile import profile
from tests.tables import GOOD, POOR, table_of


@pytest.fixture
def upload(tmp_path):
    def upload_content(content: str, name: str = "upload.csv", **options):
        path = tmp_path / name
        path.write_text(content)
        return ingest(path, name, options, Store(tmp_path / "store"))

    return upload_content


def warnings_of(result, column: str) -> dict[str, dict]:
    card = next(card for card in result["profile"]["columns"] if card["name"] == column)
    return {warning["code"]: warning for warning in card["warnings"]}


def test_upload_is_stored_as_a_raw_table(upload, tmp_path):
    result = upload("a,b\n1,x\n2,y\n")
    table = Store(tmp_path / "store").get(result["address"])
    assert result["rows"] == table.rows == 2
    assert table.transforms == ()
    assert table.raw_schema == table.schema
    assert table.columns["a"].tolist() == [1, 2]
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_a_table_without_rows_says_so(upload):
    result = upload("a,b\n")
    assert result["rows"] == 0
    assert [warning["code"] for warning in result["profile"]["warnings"]] == ["no_rows"]
    assert upload("a,b\n1,2\n")["profile"]["warnings"] == []


def test_profile_counts_what_is_there():
    card = profile(table_of({"a": ("number", [1, 2, 2, 3, None])}))["columns"][0]
    assert (card["missing"], card["distinct"], card["minimum"], card["maximum"]) == (1, 3, 1, 3)
    assert card["mean"] == 2
    assert card["std"] == pytest.approx(0.5**0.5)
    assert card["quantiles"]["50"] == 2
    assert sum(card["histogram"]["counts"]) == 4
    assert len(card["histogram"]["edges"]) == len(card["histogram"]["counts"]) + 1
    assert card["top"][0] == {"value": 2, "count": 2}


@pytest.mark.parametrize("name", [*GOOD, *POOR])
def test_every_table_has_a_profile_in_strict_json(name):
    table = (GOOD | POOR)[name]()
    facts = profile(table)
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert [card["name"] for card in facts["columns"]] == list(table.schema.names)


def test_almost_numeric_column_comes_with_the_step_that_mends_it(upload):
    result = upload("amount,n\n" + "".join(f"{n}.5,1\n" for n in range(30)) + "12.5k,2\n$40,3\n")
    warning = warnings_of(result, "amount")["almost_numeric"]
    assert "2 of 32 values" in warning["message"]
    assert "“12.5k”" in warning["message"]
    assert warning["fix"] == {"purpose": "read_as_number", "column": "amount"}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (["same"] * 30, "constant"),
        ([f"id-{n}" for n in range(30)], "id_like"),
        (["x", *[""] * 29], "constant"),
        (["x", "y", *[""] * 28], "missing_many"),
        (["x", "y", ""] * 10, "missing"),
        ([f"c{n % 60}" for n in range(300)], "high_cardinality"),
        (["Oslo", "oslo ", "Bergen"] * 10, "spelling"),
        (["Female", "M", "F", "Male"] * 10, "short_words"),
        (["03/04/2024", "05/06/2024"] * 10, "almost_date"),
    ],
)
def test_doubtful_columns_are_warned_of_with_a_fix_that_works(upload, values, code):
    result = upload("n,a\n" + "".join(f"{n % 7},{value}\n" for n, value in enumerate(values)))
    fix = warnings_of(result, "a")[code]["fix"]
    node = catalogue().fixing(fix["purpose"])
    node_class(node.id).Params.model_validate(params_for(node.fixes[fix["purpose"]], fix["column"]))


@pytest.mark.parametrize(("gaps", "purpose"), [(3, "impute_and_flag"), (2, "impute")])
def test_gaps_are_filled_with_a_flag_where_there_are_enough_to_learn_from(upload, gaps, purpose):
    rows = [f"{n},{'' if n < gaps else n * n % 7}" for n in range(250)]
    assert warnings_of(upload("n,a\n" + "\n".join(rows) + "\n"), "a")["missing"]["fix"]["purpose"] == purpose


def test_repeated_rows_are_warned_of(upload):
    result = upload("a,b\n1,x\n1,x\n2,\n2,\n3,z\n")
    warning = next(w for w in result["profile"]["warnings"] if w["code"] == "duplicates")
    assert warning["message"].startswith("2 rows")
    assert warning["fix"] == {"purpose": "drop_duplicates", "column": ""}


def test_an_identifier_is_found_in_spite_of_exact_duplicates(upload):
    rows = [f"id-{n},{n % 7}" for n in range(300)]
    ids = warnings_of(upload("a,b\n" + "\n".join([*rows, *rows[:6]]) + "\n"), "a")
    assert ids["id_like"]["message"] == (
        "“a” has a different value in every row, exact duplicates aside: it looks like an identifier."
    )
    twice = [*rows, *(f"id-{n},{n % 7 + 1}" for n in range(6))]
    assert "id_like" not in warnings_of(upload("a,b\n" + "\n".join(twice) + "\n"), "a")


def test_a_column_without_values_is_said_once(upload):
    result = upload("a,b\n1,\n2,\n3,\n")
    everywhere = result["profile"]["warnings"] + [w for card in result["profile"]["columns"] for w in card["warnings"]]
    about = {json.dumps(warning["message"], default=str) for warning in everywhere if "“b”" in str(warning)}
    assert len(about) == 1, everywhere


def test_what_was_decided_while_reading_is_among_the_warnings(upload):
    result = upload("zip;price\n01234;1,5\n04321;2,75\n")
    assert "leading_zeros" in warnings_of(result, "zip")
    assert "decimal_comma" in {warning["code"] for warning in result["profile"]["warnings"]}


def test_json_lines_become_columns(upload):
    result = upload('{"a": 1, "b": "007", "c": true}\n{"a": 2.5, "d": "2024-01-31"}\n', "upload.jsonl")
    columns = {column["name"]: column["type"] for column in result["schema"]["columns"]}
    assert columns == {"a": "number", "b": "category", "c": "boolean", "d": "date"}


def test_json_list_becomes_columns(upload):
    result = upload('[{"a": 1, "b": null}, {"a": 2, "b": "x"}]', "upload.json")
    assert [column["nullable"] for column in result["schema"]["columns"]] == [False, True]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"a": 1}\n{"a": \n', "Line 2 is not valid JSON"),
        ('{"a": 1}\n[1, 2]\n', "Line 2 is a list, not an object"),
        ('{"a": 1}\n{"a": {"b": 1}}\n', "“a” on line 2 is an object"),
        ('{"a": 1, "a": 2}\n', "key “a” twice"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_json_that_is_no_table_is_refused(upload, content, says):
    with pytest.raises(IngestError, match=says):
        upload(content, "upload.jsonl")


def test_parquet_keeps_its_types(tmp_path):
    table = pa.table(
        {
            "a": pa.array([1, None, 3], pa.int32()),
            "b": pa.array(["x", None, "007"]),
            "c": pa.array([True, False, None]),
            "d": pa.array([0, 1, None], pa.timestamp("ns")),
            "e": pa.array([[1], [2], None]),
            "f": pa.array([2**60, 1, None]),
        }
    )
    path = tmp_path / "upload.parquet"
    parquet.write_table(table, path)
    made = read_file(path, "upload.parquet", ReadOptions())
    kinds = {column.name: str(column.type) for column in made.schema.each()}
    assert kinds == {"a": "integer", "b": "category", "c": "boolean", "d": "date", "f": "category"}
    assert made.columns["b"].tolist() == ["x", None, "007"]
    assert made.columns["f"].tolist() == [str(2**60), "1", None]
    assert np.isnan(made.columns["c"][2])
    assert {note.code for note in made.notes} == {"left_out", "too_long"}


def test_parquet_of_too_many_values_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "upload.parquet"
    parquet.write_table(pa.table({"a": np.zeros(600), "b": np.zeros(600)}), path)
    monkeypatch.setattr("tasks.ingest.parquet_file.MAX_VALUES", 1000)
    monkeypatch.setattr(parquet.ParquetFile, "read", lambda self: pytest.fail("it was read"))
    with pytest.raises(IngestError, match="600 rows of 2 columns; at most"):
        read_file(path, "upload.parquet", ReadOptions())


def test_damaged_parquet_is_refused(tmp_path):
    path = tmp_path / "upload.parquet"
    path.write_bytes(b"PAR1 and then nothing of the kind PAR1")
    with pytest.raises(IngestError, match="damaged"):
        read_file(path, "upload.parquet", ReadOptions())


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x7f"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_of_json_ends_at_a_line_feed_or_carriage_return_only(tmp_path, separator, end):
    path = tmp_path / "lines.jsonl"
    path.write_bytes(f'{{"t": "one{separator}two", "n": 1}}{end}{{"t": "x", "n": 2}}{end}'.encode())
    assert read_file(path, path.name, ReadOptions()).columns["t"].tolist() == [f"one{separator}two", "x"]


def test_a_key_with_half_a_character_is_a_column(upload):
    result = upload('[{"a\\ud83d": 1, "b\\u0000": 2}]', "upload.json")
    assert [column["name"] for column in result["schema"]["columns"]] == ["a?", "b?"]


def test_keys_that_differ_by_half_a_character_only_are_refused(upload):
    with pytest.raises(IngestError, match="has the key “a\\?” twice"):
        upload('[{"a\\ud83d": 1, "a\\ud83e": 2}]', "upload.json")


def almost_numeric(words: list[str]) -> list[dict[str, object]]:
    card = profile(table_of({"v": ("text", words)}))["columns"][0]
    return [one for one in card["warnings"] if one["code"] == "almost_numeric"]


def test_texts_that_are_all_numbers_are_not_said_to_be_none():
    assert not almost_numeric([str(at) for at in range(30_001)])


def test_values_that_are_no_numbers_are_counted_over_all_rows():
    words = [f"{at}x" if at > 30_000 else str(at + 100_000) for at in range(30_011)]
    message = str(almost_numeric([*words, "zero"])[0]["message"])
    assert message.startswith("11 of 30,012")
    assert "30001x" in message

"""Data sets over HTTP."""

from __future__ import annotations

import datetime
import re

import pytest

from apps.datasets import file_storage
from apps.datasets.api.serializers import COLUMN_TYPES, DELIMITER, ENCODINGS, ReadOptionsSerializer
from apps.datasets.models import Dataset
from tasks.contract.schema import ColumnType
from tasks.ingest.options import DELIMITER as ENGINE_DELIMITER
from tasks.ingest.options import ReadOptions
from tests.factories import column, make_dataset, write_table

DATASETS = "/api/v1/datasets/"


def test_a_data_set_shows_its_columns_when_it_was_read(as_vera, workspace):
    dataset = make_dataset(workspace)
    answer = as_vera.get(f"{DATASETS}{dataset.pk}/").json()
    assert answer["status"] == "ready"
    assert answer["rows"] == 3
    assert answer["error"] is None
    assert [found["name"] for found in answer["columns"]] == ["size", "place", "price"]


def test_a_data_set_that_could_not_be_read_says_why_and_where(as_vera, workspace):
    dataset = make_dataset(workspace, status="failed", error_message="Line 7 has 3 cells, not 4.", error_line=7)
    answer = as_vera.get(f"{DATASETS}{dataset.pk}/").json()
    assert answer["error"] == {
        "message": "Line 7 has 3 cells, not 4.",
        "message_id": "",
        "message_params": {},
        "line": 7,
    }
    rows = as_vera.get(f"{DATASETS}{dataset.pk}/rows/")
    assert rows.status_code == 409
    assert rows.json()["message"] == "Line 7 has 3 cells, not 4."


def test_rows_are_not_there_before_the_file_was_read(as_vera, workspace):
    dataset = make_dataset(workspace, status="reading")
    for part in ("rows", "profile"):
        assert as_vera.get(f"{DATASETS}{dataset.pk}/{part}/").json()["code"] == "not_ready"


@pytest.fixture
def stored(data_folder, workspace):
    kinds = {
        "price": "number",
        "rooms": "integer",
        "is_new": "boolean",
        "place": "category",
        "sold": "date",
    }
    day = datetime.datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - tables hold times without a zone
    values = {
        "price": [1.5, float("nan"), float("inf")],
        "rooms": [2.0, float("nan"), 9007199254740991.0],
        "is_new": [1.0, 0.0, float("nan")],
        "place": ["edge", None, "Zürich 東"],
        "sold": [day, None, day],
    }
    import pyarrow as pa

    columns = {
        name: pa.array(cells).dictionary_encode() if name == "place" else pa.array(cells, from_pandas=False)
        for name, cells in values.items()
    }
    address = write_table(columns, [column(name, kind) for name, kind in kinds.items()])
    return make_dataset(workspace, address=address)


def test_rows_are_plain_json_by_the_types_of_the_columns(as_vera, stored):
    answer = as_vera.get(f"{DATASETS}{stored.pk}/rows/").json()
    assert answer["total"] == 3
    assert answer.keys() == {"offset", "total", "rows"}  # the columns are the data set's and do not come with each page
    assert answer["rows"] == [
        [1.5, 2, True, "edge", "2026-01-02T03:04:05"],
        [None, None, False, None, None],
        [None, 9007199254740991, None, "Zürich 東", "2026-01-02T03:04:05"],
    ]
    assert isinstance(answer["rows"][0][1], int)


def test_a_page_is_cut_out_and_past_the_end_is_empty(as_vera, stored):
    place = f"{DATASETS}{stored.pk}/rows/"
    page = as_vera.get(place, {"offset": 1, "limit": 1}).json()
    assert (page["offset"], page["total"], len(page["rows"])) == (1, 3, 1)
    assert page["rows"][0][2] is False
    assert as_vera.get(place, {"offset": 99}).json()["rows"] == []
    assert as_vera.get(place, {"offset": -1}).json()["problems"][0]["at"] == "offset"
    assert as_vera.get(place, {"limit": 100000}).status_code == 400


def test_a_table_that_is_no_longer_stored_is_told_in_a_sentence(as_vera, workspace, data_folder):
    dataset = make_dataset(workspace)
    answer = as_vera.get(f"{DATASETS}{dataset.pk}/rows/")
    assert answer.status_code == 404
    assert answer.json()["code"] == "result_gone"


def test_lists_are_paged_and_hold_only_the_chosen_workspace(as_alice, as_charlie, workspace):
    for number in range(3):
        make_dataset(workspace, name=f"d{number}")
    page = as_alice.get(DATASETS, {"page_size": 2}).json()
    assert page["count"] == 3
    assert [row["name"] for row in page["results"]] == ["d2", "d1"]
    assert page["next"]
    assert as_charlie.get(DATASETS).json()["count"] == 0


def test_a_list_costs_the_same_number_of_queries_however_long(as_alice, workspace, django_assert_max_num_queries):
    for number in range(20):
        make_dataset(workspace, name=f"d{number}")
    with django_assert_max_num_queries(6):
        as_alice.get(DATASETS)


def test_renaming_changes_the_name_and_nothing_else(as_bob, workspace, elsewhere):
    dataset = make_dataset(workspace)
    refused = as_bob.patch(
        f"{DATASETS}{dataset.pk}/", {"name": "new", "workspace": str(elsewhere.pk), "status": "failed"}
    )
    assert [problem["at"] for problem in refused.json()["problems"]] == ["workspace", "status"]
    answer = as_bob.patch(f"{DATASETS}{dataset.pk}/", {"name": "new"}).json()
    assert answer["name"] == "new"
    assert answer["workspace"] == str(workspace.pk)
    assert answer["status"] == "ready"


def test_deleting_removes_the_uploaded_file(as_bob, workspace, data_folder, tmp_path, sent_jobs):
    path = tmp_path / "file.csv"
    path.touch()
    place = file_storage.store(path, "1a.csv")
    dataset = make_dataset(workspace, path=place)
    with sent_jobs():
        assert as_bob.delete(f"{DATASETS}{dataset.pk}/").status_code == 204
    assert not file_storage.exists(place)
    assert not Dataset.objects.exists()


def test_a_file_is_read_again_as_a_person_says(as_bob, workspace, data_folder, tmp_path, sent_jobs):
    file = tmp_path / "a.csv"
    file.write_bytes(b"a\tb\n")
    dataset = make_dataset(workspace, path=file_storage.store(file, "1a.csv"))
    address = f"{DATASETS}{dataset.pk}/"
    answer = as_bob.post(f"{address}read-again/", {"delimiter": "\t", "header": "no"})
    assert answer.status_code == 202
    assert answer.json()["again"] == {"version": 2, "status": "pending", "error": None}
    assert (answer.json()["version"], answer.json()["status"]) == (1, "ready")
    asked = dataset.versions.get(number=2).options
    assert ReadOptions.model_validate(asked) == ReadOptions(delimiter="\t", header="no")
    dataset.versions.filter(number=2).update(status="failed", error_message="Line 1 has no tab.", error_line=1)
    error = as_bob.get(address).json()["again"]["error"]
    assert error == {"message": "Line 1 has no tab.", "message_id": "", "message_params": {}, "line": 1}


def test_a_way_of_reading_that_does_not_exist_is_refused_by_place(as_bob, workspace):
    address = f"{DATASETS}{make_dataset(workspace).pk}/read-again/"
    problems = as_bob.post(address, {"encoding": "klingon"}).json()["problems"]
    assert [problem["at"] for problem in problems] == ["encoding"]


EVERY_CHOICE = {
    "encoding": "windows-1252",
    "delimiter": " ",
    "quote": "'",
    "escape": "\\",
    "decimal": ",",
    "thousands": " ",
    "header": "no",
    "skip_rows": 3,
    "skip_rows_at_end": 2,
    "types": {"a": "category"},
    "date_orders": {"b": "month"},
    "missing": ["-999"],
    "kept": ["NA"],
    "bad_rows": "pad",
    "totals": "keep",
    "footnotes": "keep",
}


def test_every_choice_reaches_the_engine(as_bob, workspace, data_folder, tmp_path, sent_jobs):
    file = tmp_path / "a.csv"
    file.write_bytes(b"a b\n")
    dataset = make_dataset(workspace, path=file_storage.store(file, "1a.csv"))
    answer = as_bob.post(f"{DATASETS}{dataset.pk}/read-again/", EVERY_CHOICE)
    assert answer.status_code == 202, answer.json()
    asked = ReadOptions.model_validate(dataset.versions.get(number=2).options)
    assert asked.model_dump(mode="json") == EVERY_CHOICE
    assert EVERY_CHOICE.keys() == ReadOptions.model_fields.keys()


def test_the_first_rows_are_shown_as_they_would_be_read_and_nothing_is_stored(
    as_vera, workspace, data_folder, tmp_path
):
    file = tmp_path / "a.csv"
    file.write_bytes(b"a;b\n1,5;x\n2,5;y\n")
    dataset = make_dataset(workspace, path=file_storage.store(file, "1a.csv"))
    place = f"{DATASETS}{dataset.pk}/preview/"
    found, chosen = as_vera.post(place, {}).json(), as_vera.post(place, {"delimiter": ","}).json()
    assert found["rows"] == [[1.5, "x"], [2.5, "y"]]
    assert found["found"]["decimal"] == ","
    assert [column["name"] for column in chosen["columns"]] == ["column_1", "a;b"]
    assert dataset.versions.count() == 1
    assert as_vera.post(place, {"delimeter": ","}).status_code == 400
    file_storage.remove(dataset.current.path)
    assert as_vera.post(place, {}).json()["code"] == "file_gone"


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"delimeter": ";"}, "delimeter"),
        ({"delimiter": ";;"}, "delimiter"),
        ({"delimiter": "a"}, "delimiter"),
        ({"delimiter": "\n"}, "delimiter"),
        ({"types": {"a": "money"}}, "types.a"),
        ({"missing": "-"}, "missing"),
        ({"decimal": ",", "thousands": ","}, "thousands"),
        ({"quote": "'", "delimiter": "'"}, "quote"),
        ({"delimiter": "ab"}, "delimiter"),
        ({"missing": ["NA", "x "], "kept": ["x"]}, "kept"),
    ],
)
def test_an_option_that_cannot_be_followed_is_refused_by_place(as_bob, workspace, body, at):
    answer = as_bob.post(f"{DATASETS}{make_dataset(workspace).pk}/read-again/", body)
    assert answer.status_code == 400
    assert [problem["at"] for problem in answer.json()["problems"]] == [at]
    assert answer.json()["problems"][0]["message_id"]


def test_a_delimiter_of_two_characters_is_refused_with_what_may_be_one(as_bob, workspace):
    answer = as_bob.post(f"{DATASETS}{make_dataset(workspace).pk}/read-again/", {"delimiter": "ab"}).json()
    assert answer["message"].startswith("“ab” cannot separate columns. A delimiter is one character")
    assert answer["message_id"] == "dataset.no_delimiter"


@pytest.mark.parametrize(
    ("method", "path", "known"),
    [
        ("get", "?oder=name", "“ordering”"),
        ("get", "{id}/?versoin=1", "“version”"),
        ("get", "{id}/rows/?ofset=3", "“offset”, “limit”"),
        ("get", "{id}/profile/?offset=3", "“version”"),
        ("post", "{id}/read-again/?encoding=big5", ""),
        ("post", "{id}/preview/?encoding=big5", ""),
        ("patch", "{id}/?name=x", ""),
    ],
)
def test_a_parameter_that_does_not_exist_is_refused_by_name(as_bob, workspace, method, path, known):
    address = DATASETS + path.format(id=make_dataset(workspace).pk)
    answer = getattr(as_bob, method)(address)
    assert answer.status_code == 400
    (problem,) = answer.json()["problems"]
    assert problem["at"] == path.partition("?")[2].partition("=")[0]
    assert known in problem["message"]
    assert problem["message_id"].startswith("request.")


def test_an_upload_takes_no_option_that_it_would_not_follow(as_bob):
    answer = as_bob.post("/api/v1/uploads/", {"name": "a.csv", "bytes": 3, "encoding": "big5"})
    assert answer.status_code == 400
    assert [problem["at"] for problem in answer.json()["problems"]] == ["encoding"]


def test_the_interface_knows_the_encodings_of_the_engine():
    known = ReadOptions.model_json_schema()["properties"]
    assert ["", *ENCODINGS] == known["encoding"]["enum"]
    assert [str(kind) for kind in ColumnType] == COLUMN_TYPES
    for code in range(128):
        found = [bool(re.search(pattern, chr(code))) for pattern in (DELIMITER, ENGINE_DELIMITER)]
        assert found[0] == found[1] or chr(code) == "\n"  # refused by both: `$` differs
    given = ReadOptionsSerializer(data={})
    given.is_valid(raise_exception=True)
    assert ReadOptions.model_validate(given.validated_data) == ReadOptions()


class TestFormerVersions:
    @pytest.fixture
    def read_twice(self, stored):
        """A data set whose second reading is shown."""
        first = stored.current
        stored.current = stored.versions.create(
            number=2,
            status="ready",
            file_name="other.csv",
            next_notification_at=first.next_notification_at,
            rows=0,
            address="e" * 64,
            schema={"columns": [column("other")], "is_open": False},
            profile={"rows": 0, "columns": [], "warnings": []},
        )
        stored.save()
        return f"{DATASETS}{stored.pk}/"

    def test_each_is_shown_by_its_number_as_it_was(self, as_vera, read_twice):
        current, first = as_vera.get(read_twice).json(), as_vera.get(f"{read_twice}?version=1").json()
        assert (current["version"], current["current_version"], current["file_name"]) == (2, 2, "other.csv")
        assert (first["version"], first["current_version"], first["file_name"]) == (1, 2, "houses.csv")
        assert [one["name"] for one in first["columns"]] == ["size", "place", "price"]
        assert first["again"] is None
        assert as_vera.get(f"{read_twice}rows/?version=1").json()["total"] == 3
        assert as_vera.get(f"{read_twice}profile/?version=1").json()["rows"] == 3
        assert as_vera.get(f"{read_twice}profile/").json()["rows"] == 0

    @pytest.mark.parametrize("part", ["", "rows/", "profile/"])
    def test_one_that_never_was_is_not_there(self, as_vera, read_twice, part):
        assert as_vera.get(f"{read_twice}{part}?version=9").status_code == 404
        assert as_vera.get(f"{read_twice}{part}?version=x").status_code == 400


def test_a_list_has_the_number_of_columns_and_one_data_set_the_columns(as_alice, workspace):
    version = make_dataset(workspace).current
    version.schema = {"columns": [{"name": f"column {number}", "type": "number"} for number in range(3)]}
    version.save()
    (listed,) = as_alice.get("/api/v1/datasets/").json()["results"]
    assert listed["column_count"] == 3
    assert "columns" not in listed
    one = as_alice.get(f"/api/v1/datasets/{listed['id']}/").json()
    assert (one["column_count"], len(one["columns"])) == (3, 3)


@pytest.mark.parametrize("name", ["table.arrow", "table.json", "manifest.json"])
def test_a_table_that_is_damaged_is_told_in_a_sentence(as_vera, workspace, data_folder, name):
    import pyarrow as pa

    schema = [column("a", "integer")]
    address = write_table({"a": pa.array([1, 2])}, schema)
    dataset = make_dataset(workspace, columns=schema, address=address)
    assert as_vera.get(f"{DATASETS}{dataset.pk}/rows/").status_code == 200
    (data_folder / "artifacts" / address[:2] / address[2:] / name).write_bytes(b"{}")
    answer = as_vera.get(f"{DATASETS}{dataset.pk}/rows/")
    assert (answer.status_code, answer.json()["code"]) == (410, "result_damaged")

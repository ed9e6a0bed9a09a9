"""Columns, CSV, MLflow bodies, explanations, intervals: answered like plain rows, faults by row and column."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json

import pytest

from tasks.inference.program import Program
from tasks.inference.server.deployments.package import Package
from tasks.inference.server.deployments.snapshot import Entry, Snapshot
from tasks.inference.server.http.application import Application
from tasks.inference.server.limits.api_keys import Key
from tasks.inference.server.process.settings import Settings
from tests.oip.packages import houses, switch

KEY = b"lep_for-tests"
PACKAGES = {"houses": houses, "prices": lambda: houses("price"), "formulas": lambda: switch(["=1+1", "fine"])}


def load(address):
    package = PACKAGES[address]()
    return Package(address, package.program, Program.load(package.program, package.files))


@pytest.fixture(scope="module")
async def app():
    package = Application(Settings(body_limit_bytes=200_000), load)
    keys = {hashlib.sha256(KEY).digest(): Key("k1")}
    package.repository.adopt(Snapshot(1, {slug: Entry(slug, 1, slug, slug.title(), 1, keys) for slug in PACKAGES}))
    await package.repository.load_missing()
    return package


class Response:
    def __init__(self, sent):
        self.status, self.headers = sent[0]["status"], dict(sent[0]["headers"])
        self.content = b"".join(message.get("body", b"") for message in sent[1:])

    @property
    def json(self):
        return json.loads(self.content)

    @property
    def locations(self):
        return [problem["at"] for problem in self.json["problems"]]

    @property
    def table(self):
        return list(csv.DictReader(io.StringIO(self.content.decode(), newline="")))


async def ask(app, body, *, slug="prices", path="predict", query="", kind="application/json", accept=""):
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    content = text.encode() if isinstance(text, str) else text
    sent = []

    coming = iter([{"type": "http.request", "body": content, "more_body": False}])

    async def receive():
        message = next(coming, None)
        if message is None:
            await asyncio.sleep(0)
        return message or {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    headers = [(b"authorization", b"Bearer " + KEY), (b"content-type", kind.encode()), (b"accept", accept.encode())]
    scope = {"type": "http", "method": "POST", "path": f"/endpoints/{slug}/{path}", "headers": headers}
    await app({**scope, "query_string": query.encode()}, receive, send)
    return Response(sent)


ROW = houses("price").program["example"]
OTHER = {**ROW, "area": 120.5, "rooms": None, "city": "Tromsø", "garden": True, "built": None}
ROWS = [ROW, OTHER]
COLUMNS = {name: [row[name] for row in ROWS] for name in ROW}
MATRIX = [list(row.values()) for row in ROWS]


def as_csv(rows, separator=","):
    sink = io.StringIO()
    writer = csv.DictWriter(sink, list(rows[0]), delimiter=separator)
    writer.writeheader()
    names_of = {True: "true", False: "false"}
    writer.writerows([{n: names_of[v] if isinstance(v, bool) else v for n, v in row.items()} for row in rows])
    return sink.getvalue()


@pytest.fixture(scope="module")
async def expected(app):
    answer = await ask(app, {"rows": ROWS})
    assert answer.status == 200
    return answer.json["predictions"]


async def test_columns_are_answered_like_rows(app, expected):
    assert (await ask(app, {"columns": COLUMNS})).json["predictions"] == expected


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("kind", ["text/csv", 'text/csv; charset="UTF-8"; header=present'])
async def test_csv_is_answered_like_rows(app, expected, separator, kind):
    answer = await ask(app, as_csv(ROWS, separator), kind=kind)
    assert (answer.status, answer.json["predictions"]) == (200, expected)
    assert (await ask(app, "\ufeff" + as_csv(ROWS, separator), kind=kind)).json["predictions"] == expected


@pytest.mark.parametrize("charset", ["windows-1252", "ISO-8859-15", "cp850", "utf-16", "us-ascii"])
async def test_csv_in_another_charset_is_answered_like_rows(app, expected, charset):
    rows = [ROW, {**OTHER, "city": "Tromso"}] if charset == "us-ascii" else ROWS
    text = as_csv(rows).encode(charset)
    answers = [await ask(app, text, kind=f'text/csv; charset="{charset}"'), await ask(app, {"rows": rows})]
    assert [one.status for one in answers] == [200, 200]
    assert answers[0].json["predictions"] == answers[1].json["predictions"]


@pytest.mark.parametrize(
    ("charset", "content", "status", "code"),
    [
        ("klingon", b"a\n1\n", 415, "unknown_charset"),
        ("zip", b"a\n1\n", 415, "unknown_charset"),
        ("utf-16", b"\xff\xfea", 422, "invalid_csv"),
        ("cp1252", b"a\n\x81\n", 422, "invalid_csv"),
    ],
)
async def test_a_charset_that_is_not_read_is_named(app, charset, content, status, code):
    for path in ("predict", "invocations"):
        answer = await ask(app, content, path=path, kind=f"text/csv; charset={charset}")
        assert answer.status == (400 if status == 422 and path == "invocations" else status)
        assert answer.json["code"] == code
        assert charset.replace("cp1252", "windows-1252") in answer.json["message"]


JSON_LINES = "\n".join(json.dumps(row) for row in ROWS)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("application/x-ndjson", JSON_LINES),
        ("application/x-ndjson; charset=utf-8", "\ufeff" + JSON_LINES.replace("\n", "\r\n\n") + "\n"),
        ("application/jsonl", JSON_LINES),
        ("application/json", json.dumps(ROWS)),
        ("application/json", json.dumps(ROWS, indent=2)),
    ],
)
async def test_a_file_of_json_is_answered_like_rows(app, expected, kind, text):
    answer = await ask(app, text, kind=kind)
    assert (answer.status, answer.json["predictions"]) == (200, expected)
    assert (await ask(app, text, kind=kind, query="explain=true")).json["explanations"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (JSON_LINES + "\n{", "Line 3"),
        (JSON_LINES + "\n[1]", "rows.2"),
        ("\n\n", "at least one"),
        ('{"a": 1}\n{"a": NaN}\n', "Line 2"),
    ],
)
async def test_json_lines_that_cannot_be_read_are_named(app, text, says):
    answer = await ask(app, text, kind="application/x-ndjson")
    assert answer.status == 422
    assert says in json.dumps(answer.json)


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": list(ROW), "index": [0, 1], "data": MATRIX}},
        {"dataframe_records": ROWS},
        {"instances": ROWS},
        {"instances": MATRIX},
        {"inputs": COLUMNS},
        {"inputs": {name: [[value] for value in values] for name, values in COLUMNS.items()}},
        {"inputs": MATRIX},
        {"inputs": ROWS, "params": {}},
    ],
)
async def test_mlflow_bodies_are_answered_like_rows(app, expected, body):
    answer = await ask(app, body, path="invocations")
    assert (answer.status, answer.json) == (200, {"predictions": expected})


async def test_mlflow_takes_csv(app, expected):
    assert (await ask(app, as_csv(ROWS), path="invocations", kind="text/csv")).json == {"predictions": expected}


@pytest.mark.parametrize(
    "body",
    [{}, [], {"instances": []}, {"inputs": {}}, {"inputs": 1}, {"inputs": {"area": 1}}, {"instances": [[1]]}]
    + [{"dataframe_split": []}, {"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}]
    + [{"dataframe_records": [[1]]}, {"dataframe_records": ROWS, "inputs": ROWS}]
    + [{"instances": ROWS, "colour": 1}, {"instances": ROWS, "params": 1}],
)
async def test_other_bodies_are_a_bad_request_in_mlflows_form(app, body):
    answer = await ask(app, body, path="invocations")
    assert (answer.status, answer.json["error_code"]) == (400, "BAD_REQUEST")
    assert answer.json["message"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "rows"),
        ({"rows": ROWS, "columns": COLUMNS}, "rows"),
        ({"columns": {}}, "columns"),
        ({"columns": {**COLUMNS, "area": 3}}, "columns.area"),
        ({"columns": {**COLUMNS, "area": [1.0]}}, "rows.1.area"),
        ({"columns": {**COLUMNS, "area": [1.0, "wide"]}}, "rows.1.area"),
        ({"columns": {name: values for name, values in COLUMNS.items() if name != "area"}}, "rows.0.area"),
        ({"rows": ROWS, "explain": 1}, "explain"),
        ({"rows": ROWS, "interval": 1}, "interval"),
        ({"rows": ROWS, "interval": "0.9"}, "interval"),
        ({"rows": ROWS, "interval": True}, "interval"),
        ({"rows": ROWS, "interval": 0.999}, "interval"),
        ({"rows": ROWS * 51, "explain": True}, "explain"),
    ],
)
async def test_what_does_not_fit_is_named(app, body, place):
    answer = await ask(app, body)
    assert (answer.status, answer.locations[0]) == (422, place)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", ""),
        ("area,rooms\n", ""),
        ("area,area\n1,2\n", ""),
        ('area,"rooms\n1,2\n', ""),
        (as_csv(ROWS) + "1,2\n", "rows.2"),
        (as_csv([ROW, {**OTHER, "area": "wide"}]), "rows.1.area"),
        (as_csv([ROW, {**OTHER, "area": "nan"}]), "rows.1.area"),
        (as_csv([ROW, {**OTHER, "area": "1_000"}]), "rows.1.area"),
        (as_csv([ROW, {**OTHER, "rooms": "2.5"}]), "rows.1.rooms"),
        (as_csv([ROW, {**OTHER, "rooms": "9" * 400}]), "rows.1.rooms"),
        (as_csv([ROW, {**OTHER, "garden": "perhaps"}]), "rows.1.garden"),
    ],
)
async def test_csv_that_does_not_fit_is_named_by_row_and_column(app, text, place):
    answer = await ask(app, text, kind="text/csv")
    assert (answer.status, answer.locations[0]) == (422, place)


async def test_the_answer_comes_as_csv_on_request(app, expected):
    answer = await ask(app, as_csv(ROWS), kind="text/csv", accept="text/csv", query="interval=0.5&explain=true")
    assert answer.headers[b"content-type"] == b"text/csv; charset=utf-8"
    assert [float(row["prediction"]) for row in answer.table] == expected
    assert all(float(row["low"]) < float(row["prediction"]) < float(row["high"]) for row in answer.table)
    for row in answer.table:
        added = sum(float(value) for name, value in row.items() if name.startswith("contribution "))
        assert float(row["base"]) + added == pytest.approx(float(row["prediction"]))


@pytest.mark.parametrize(
    ("accept", "is_csv"),
    [
        ("application/json, text/csv;q=0.5", False),
        ("text/csv;q=0", False),
        ("text/csv; q=0.000, */*", False),
        ("*/*", False),
        ("text/csv;q=0.5, application/json;q=0.4", True),
        ("Text/CSV, */*;q=0.1", True),
        ("text/csv, application/json", True),
    ],
)
async def test_weights_of_accept_decide_between_csv_and_json(app, accept, is_csv):
    answer = await ask(app, {"rows": ROWS}, accept=accept)
    assert answer.headers[b"content-type"].startswith(b"text/csv") == is_csv


async def test_a_table_of_classes_has_their_probabilities(app):
    answer = await ask(app, {"rows": [{**ROW, "city": "Paris"}]}, slug="houses", accept="text/csv")
    (row,) = answer.table
    assert float(row["probability no"]) + float(row["probability yes"]) == pytest.approx(1)
    assert b"Paris" in answer.headers[b"lepton-warnings"]


async def test_a_table_holds_nothing_that_a_spreadsheet_runs(app):
    asked = {"rows": [{"size": -5.0}]}
    answer = await ask(app, asked, slug="formulas", accept="text/csv", query="spreadsheet=true")
    assert answer.table[0]["prediction"] == "'=1+1"
    answer = await ask(app, asked, slug="formulas", accept="text/csv")
    assert answer.table[0]["prediction"] == "=1+1", "a program gets the class as it is called"
    assert (await ask(app, {"rows": [{"size": -5.0}]}, slug="formulas")).json["predictions"] == ["=1+1"]


async def test_rows_are_explained_on_request(app, expected):
    answer = await ask(app, {"rows": ROWS, "explain": True})
    for one, prediction in zip(answer.json["explanations"], expected, strict=True):
        assert one["base"] + sum(one["contributions"].values()) == pytest.approx(prediction)
        assert (one["scale"], one["of"], set(one["contributions"])) == ("value", "", set(ROW))
    (one,) = (await ask(app, {"rows": [ROW], "explain": True}, slug="houses")).json["explanations"]
    assert (one["scale"], one["of"]) == ("log-odds", "yes")
    assert "explanations" not in (await ask(app, {"rows": ROWS, "explain": False})).json


async def test_an_interval_comes_on_request_and_wider_for_a_larger_share(app):
    widths = []
    for share in (0.5, 0.9):
        answer = (await ask(app, {"rows": ROWS, "interval": share})).json
        (width,) = {round(one["high"] - one["low"], 9) for one in answer["intervals"]}
        widths.append(width)
    assert 0 < widths[0] < widths[1]


async def test_classes_have_no_interval_and_say_so(app):
    answer = await ask(app, {"rows": [ROW], "interval": 0.9}, slug="houses")
    assert (answer.status, answer.locations) == (422, ["interval"])
    assert "probabilities" in answer.json["message"]


@pytest.mark.parametrize(("path", "code"), [("predict", 422), ("invocations", 400), ("v2/models/prices/infer", 400)])
async def test_each_protocol_refuses_in_its_own_form(app, path, code):
    answer = await ask(app, "[" * 60_000 + "]" * 60_000, path=path)
    assert answer.status == code
    assert set(answer.json) >= ({"error"} if path.startswith("v2") else {"code", "message", "problems"})
    large = await ask(app, [0] * 100_000, path=path)
    assert large.status == 413
    assert ("error" in large.json) == path.startswith("v2")

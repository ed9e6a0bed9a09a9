"""What the application answers, without a network: each status, and the place of each fault."""

from __future__ import annotations

import asyncio
import hashlib
import json

import pytest

from tasks.inference.program import Program
from tasks.inference.server.deployments.package import Package
from tasks.inference.server.deployments.snapshot import Entry, Snapshot
from tasks.inference.server.http.application import Application
from tasks.inference.server.limits.api_keys import Key
from tasks.inference.server.process.settings import Settings
from tests.serving.packages import line

KEY = b"lep_for-tests"
ROW = {"size": 10, "rooms": 2}


def entry(slug="house", release=1, address="a", keys=(KEY,)):
    return Entry(slug, release, address, "House", 1, {hashlib.sha256(key).digest(): Key("k1") for key in keys})


def load(address):
    if address == "broken":
        raise ValueError("This package is broken.")
    package = line()
    return Package(address, package.program, Program.load(package.program, package.files))


class Fails:
    def predict_rows(self, rows):
        raise ZeroDivisionError


@pytest.fixture
async def app():
    served = Application(Settings(body_limit_bytes=1000, concurrency=4, concurrency_per_key=2), load)
    served.repository.adopt(Snapshot(1, {"house": entry(), "broken": entry("broken", address="broken")}))
    await served.repository.load_missing()
    return served


async def ask(app, body=None, *, method="POST", path="/endpoints/house/predict", key=KEY, kind=b"application/json"):
    """Return status, JSON body and headers. ``body``: JSON data, bytes, or a list of parts that come one by one."""
    parts = body if isinstance(body, list) else [body if isinstance(body, bytes) else json.dumps(body).encode()]
    coming = iter(parts)
    sent = []

    async def receive():
        part = next(coming, None)
        await asyncio.sleep(0)
        if part is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": part is not parts[-1]}

    async def send(message):
        sent.append(message)

    headers = [(b"content-type", kind)] if kind else []
    if key:
        headers.append((b"authorization", b"Bearer " + key))
    if not isinstance(body, list):
        headers.append((b"content-length", b"%d" % len(parts[0])))
    await app({"type": "http", "method": method, "path": path, "headers": headers}, receive, send)
    if not sent:
        return None
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], json.loads(content), dict(sent[0]["headers"])


def locations(body):
    return [problem["at"] for problem in body["problems"]]


async def test_raw_rows_are_answered_with_who_answered(app):
    status, body, _ = await ask(app, {"rows": [ROW, {"size": 0.5, "rooms": 0}]})
    assert status == 200
    assert body == {
        "predictions": [23.0, 2.0],
        "model": {"name": "House", "version": 1, "release": 1},
        "warnings": [],
    }


async def test_unknown_columns_are_ignored_and_named(app):
    _, body, _ = await ask(app, {"rows": [{**ROW, "colour": "red"}]})
    assert body["predictions"] == [23.0]
    assert "colour" in body["warnings"][0]


async def test_a_warning_carries_its_id_and_parameters_beside_the_sentence(app):
    _, body, _ = await ask(app, {"rows": [{**ROW, "colour": "red"}]})
    (warning,) = body["warning_messages"]
    assert warning["message"] == body["warnings"][0]
    assert (warning["message_id"], warning["message_params"]) == (
        "rows.unused",
        {"columns": {"names": ["colour"], "more": 0}},
    )


async def test_a_fault_carries_its_id_and_parameters_beside_the_sentence(app):
    _, body, _ = await ask(app, {"rows": [{"size": "ten", "rooms": 2}]})
    (problem,) = body["problems"]
    assert problem["message"] == "“size” must be a number, not the text “ten”."
    assert problem["message_id"] == "rows.wrong_type"
    assert problem["message_params"]["wanted"] == {"term": "rows.wanted.number", "text": "a number"}
    assert body["message"] == f"Row 0 (the first is row 0): {problem['message']}"
    assert body["message_id"] == "rows.in_row"
    assert body["message_params"]["problem"]["message_id"] == "rows.wrong_type"


async def test_every_fault_is_named_by_row_and_column(app):
    rows = [ROW, {"size": "ten", "rooms": 2}, {"size": 1}, {"size": 1, "rooms": None}, {"size": 1, "rooms": 2.5}, 7]
    status, body, _ = await ask(app, {"rows": rows[:5]})
    assert status == 422
    assert locations(body) == ["rows.1.size", "rows.2.rooms", "rows.3.rooms", "rows.4.rooms"]
    status, body, _ = await ask(app, {"rows": rows})
    assert (status, locations(body)) == (422, ["rows.5"])


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[1]", b'{"rows": {}}', b'{"rows": []}', b'{"rows": [{"size": NaN, "rooms": 1}]}', b"\xff"]
)
async def test_a_body_that_holds_no_rows_is_refused_with_a_sentence(app, text):
    status, body, _ = await ask(app, text)
    assert status == 422
    assert body["message"]
    assert body["problems"]


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"1" + b"0" * 400, b"true", b'"1"', b"[1]", b"{}"])
async def test_impossible_numbers_never_reach_the_model(app, number):
    status, body, _ = await ask(app, b'{"rows": [{"size": %s, "rooms": 1}]}' % number)
    assert status == 422
    assert body["problems"]


async def test_deep_json_is_refused(app):
    app = Application(Settings(), load)
    app.repository.adopt(Snapshot(1, {"house": entry()}))
    await app.repository.load_missing()
    status, _, _ = await ask(app, b'{"rows": ' + b"[" * 60_000 + b"]" * 60_000 + b"}")
    assert status == 422


@pytest.mark.parametrize("key", [b"", b"wrong", b"lep_for-test", KEY + b"x"])
async def test_a_wrong_key_is_401(app, key):
    status, body, headers = await ask(app, {"rows": [ROW]}, key=key)
    assert (status, body["code"]) == (401, "unauthorized")
    assert headers[b"www-authenticate"] == b"Bearer"


async def test_an_unknown_endpoint_is_404(app):
    assert (await ask(app, {"rows": [ROW]}, path="/endpoints/nowhere/predict"))[0] == 404
    assert (await ask(app, {"rows": [ROW]}, path="/endpoints/house/predict/more"))[0] == 404
    assert (await ask(app, method="GET", path="/"))[0] == 404


async def test_another_method_is_405(app):
    status, _, headers = await ask(app, method="GET")
    assert (status, headers[b"allow"]) == (405, b"POST")


async def test_an_announced_body_over_the_limit_is_413_before_it_is_read(app):
    async def never():
        raise AssertionError("the body was read before it was refused")

    sent = []

    async def send(message):
        sent.append(message)
        if message["type"] == "http.response.body":
            raise ConnectionError  # the answer is out; what comes after is only courtesy

    headers = [(b"content-length", b"1001"), (b"authorization", b"Bearer " + KEY)]
    scope = {"type": "http", "method": "POST", "path": "/endpoints/house/predict", "headers": headers}
    with pytest.raises(ConnectionError):
        await app(scope, never, send)
    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_an_unannounced_body_over_the_limit_is_413(app):
    status, body, _ = await ask(app, [b"x" * 600, b"x" * 600, b"x"])
    assert (status, body["code"]) == (413, "too_large")


async def test_a_body_in_parts_is_put_together(app):
    whole = json.dumps({"rows": [ROW]}).encode()
    status, body, _ = await ask(app, [whole[:7], whole[7:]])
    assert (status, body["predictions"]) == (200, [23.0])


async def test_a_client_that_disconnects_gets_no_answer_and_is_no_longer_under_way(app):
    assert await ask(app, [b"{", b"gone"][:1] + [None]) is None
    assert (await ask(app, {"rows": [ROW]}))[0] == 200


@pytest.mark.parametrize(
    "kind",
    [
        b"text/plain",
        b"text/csv; charset=rot13",
        b"text/csv; charset=zip",
        b"text/csv; header=absent",
        b"application/x-www-form-urlencoded",
        b"application/json; charset=latin-1",
    ],
)
async def test_other_kinds_of_body_are_415(app, kind):
    assert (await ask(app, {"rows": [ROW]}, kind=kind))[0] == 415


@pytest.mark.parametrize("kind", [b"", b"application/json; charset=UTF-8", b"application/vnd.rows+json"])
async def test_json_by_any_name_is_taken(app, kind):
    assert (await ask(app, {"rows": [ROW]}, kind=kind))[0] == 200


async def test_an_endpoint_that_cannot_be_loaded_is_503_and_says_why(app):
    status, body, headers = await ask(app, {"rows": [ROW]}, path="/endpoints/broken/predict")
    assert (status, headers[b"retry-after"]) == (503, b"60")
    assert "This package is broken" in body["message"]


async def test_a_model_that_fails_is_a_500_in_the_usual_form(app):
    app.repository._loader._load = lambda address: Package(address, {}, Fails())
    app.repository.adopt(Snapshot(2, {"house": entry(release=2, address="b")}))
    await app.repository.load_missing()
    status, body, _ = await ask(app, {"rows": [ROW]})
    assert (status, body["code"]) == (500, "model_failed")


class Held:
    """Requests whose bodies do not come until they are let go."""

    def __init__(self, app):
        self.app, self.go, self.tasks = app, asyncio.Event(), []

    async def add(self, count, key=KEY):
        for _ in range(count):
            self.tasks.append(asyncio.create_task(self._ask(key)))
        await asyncio.sleep(0)

    async def _ask(self, key):
        sent, bodies = [], [json.dumps({"rows": [ROW]}).encode()]

        async def receive():
            await self.go.wait()
            if not bodies:
                await asyncio.Event().wait()  # nobody hangs up
            return {"type": "http.request", "body": bodies.pop(), "more_body": False}

        async def send(message):
            sent.append(message)

        headers = [(b"authorization", b"Bearer " + key)]
        scope = {"type": "http", "method": "POST", "path": "/endpoints/house/predict", "headers": headers}
        await self.app(scope, receive, send)
        return sent[0]["status"]

    async def finish(self):
        self.go.set()
        return await asyncio.gather(*self.tasks)


async def test_a_key_at_its_concurrency_limit_is_429(app):
    held = Held(app)
    await held.add(2)
    status, _, headers = await ask(app, {"rows": [ROW]})
    assert (status, headers[b"retry-after"]) == (429, b"1")
    assert await held.finish() == [200, 200]
    assert (await ask(app, {"rows": [ROW]}))[0] == 200


async def test_every_key_is_503_at_the_concurrency_limit(app):
    other, third = b"lep_other", b"lep_third"
    keys = {hashlib.sha256(key).digest(): Key(key.decode()) for key in (KEY, other, third)}
    app.repository.adopt(Snapshot(2, {"house": Entry("house", 1, "a", "House", 1, keys)}))
    held = Held(app)
    await held.add(2)
    await held.add(2, other)
    status, _, headers = await ask(app, {"rows": [ROW]}, key=third)
    assert (status, headers[b"retry-after"]) == (503, b"1")
    assert await held.finish() == [200] * 4


async def test_large_bodies_do_not_delay_small_ones():
    app = Application(Settings(), load)
    app.repository.adopt(Snapshot(1, {"house": entry()}))
    await app.repository.load_missing()
    status, body, _ = await ask(app, {"rows": [ROW] * 5000})
    assert status == 200
    assert body["predictions"] == [23.0] * 5000


async def test_the_endpoint_describes_itself_to_holders_of_a_key(app):
    status, body, _ = await ask(app, method="GET", path="/endpoints/house")
    assert status == 200
    assert body["example"] == {"size": 80.0, "rooms": 3}
    assert [(c["name"], c["type"], c["minimum"]) for c in body["inputs"]] == [
        ("size", "number", 10),
        ("rooms", "integer", None),
    ]
    assert (await ask(app, method="GET", path="/endpoints/house", key=b""))[0] == 401


async def test_the_openapi_document_accepts_the_example_it_gives(app):
    import jsonschema

    status, document, _ = await ask(app, method="GET", path="/endpoints/house/openapi.json")
    assert status == 200
    call = document["paths"]["/predict"]["post"]
    content = call["requestBody"]["content"]["application/json"]
    request_schema = {**content["schema"], "components": document["components"]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"rows": [{"size": "ten", "rooms": 1}]}, request_schema)
    assert document["components"]["schemas"]["Row"]["properties"]["size"]["x-range"] == [10, 300]
    for name in ("rows", "columns"):
        example = content["examples"][name]["value"]
        jsonschema.validate(example, request_schema)
        status, answer, _ = await ask(app, example)
        assert status == 200
        schema = call["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(answer, {**schema, "components": document["components"]})


async def test_answers_are_counted_by_status_key_and_time(app):
    await ask(app, {"rows": [ROW, ROW]})
    await ask(app, {"rows": [{}]})
    await ask(app, {"rows": [ROW]}, key=b"wrong")
    counted, refused = app.statistics.collect()
    assert (counted["slug"], counted["release"]) == ("house", 1)
    assert counted["statuses"] == {"200": 1, "422": 1}
    assert sum(counted["latencies"].values()) == 1
    assert (counted["keys"], counted["rows"]) == (["k1"], 2)
    assert (refused["release"], refused["statuses"]) == (0, {"401": 1}), "no release was asked"
    assert app.statistics.collect() == [counted, refused], "counts stay until they were handed on"
    app.statistics.mark_delivered()
    assert app.statistics.collect() == []


async def test_ready_means_that_every_endpoint_was_tried():
    app = Application(Settings(), load)
    assert (await ask(app, method="GET", path="/health/live"))[0] == 200
    assert (await ask(app, method="GET", path="/health/ready"))[0] == 503
    app.repository.adopt(Snapshot(1, {"house": entry()}))
    assert (await ask(app, method="GET", path="/health/ready"))[0] == 503
    await app.repository.load_missing()
    assert (await ask(app, method="GET", path="/health/ready"))[0] == 200

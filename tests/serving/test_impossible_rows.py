"""Rows nobody should send, against every type of column: an answer or the place of the fault, never a 500."""

from __future__ import annotations

import gzip
import json
import random

import pytest

from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.inference.server.protocols.rows_json import answer_rows
from tasks.inference.server.responses import HttpError
from tests.contexts import ListContext
from tests.serving.encodings import NotEncodable, each_encoding, release_of
from tests.serving.packages import line
from tests.tables import mixed

NODES = ("split.split", "features.dates", "clean.impute", "features.encode", "model.linear", "publish.deploy")
BODIES = 4000
VALUES = [
    *(None, True, False, 0, -1, 0.1, 1e308, -1e308, 1e-320, 2**63, 2**64 - 1, -(2**63), 10**15 + 0.5),
    *("", "x" * 1000, "\u0000", "😀", "NaN", "1,5", " Oslo ", "not a date", "2026-02-30", "2026-01-01"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59+14:00"),
    *([], {}, [1], {"a": 1}, [None]),
]


@pytest.fixture(scope="module")
def release():
    value, port = mixed(target="bought"), "table"
    for name in NODES:
        node = node_class(name)
        outputs = invoke(node, {port: value}, node.Params(), ListContext())
        port = "model" if "model" in outputs else next(iter(outputs))
        value = outputs[port]
    return release_of(value)


def spoilt(example, chance):
    row = dict(example)
    for name in example:
        fate = chance.random()
        if fate < 0.2:
            row[name] = chance.choice(VALUES)
        elif fate < 0.23:
            del row[name]
    if chance.random() < 0.1:
        row[chance.choice(["", "other", "a.b"])] = chance.choice(VALUES)
    return row if chance.random() > 0.02 else chance.choice(VALUES)


def test_impossible_rows_are_answered_or_refused_by_row_and_column(release):
    chance = random.Random(20261121)
    statuses = {200: 0, 422: 0}
    for _ in range(BODIES):
        rows = [spoilt(release.package.manifest["example"], chance) for _ in range(chance.choice([1, 1, 2, 5]))]
        try:
            answer = answer_rows(release, json.dumps({"rows": rows}).encode())
            assert len(json.loads(answer.body)["predictions"]) == answer.row_count == len(rows)
            statuses[200] += 1
        except HttpError as refusal:
            assert refusal.status == 422, rows
            for problem in json.loads(refusal.body)["problems"]:
                row = int(problem["at"].split(".")[1])
                assert row < len(rows), problem
                assert problem["message"]
            statuses[422] += 1
    assert min(statuses.values()) > BODIES / 10, "both kinds were tried"


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_leaves_the_calendar_in_another_zone_is_a_fault_of_the_row(release, text):
    row = {**release.package.manifest["example"], "built": text}
    with pytest.raises(HttpError) as refused:
        answer_rows(release, json.dumps({"rows": [row]}).encode())
    assert json.loads(refused.value.body)["problems"][0]["at"] == "rows.0.built"


@each_encoding
def test_impossible_rows_are_answered_or_refused_by_row_and_column_in_each_protocol(release, encoding):
    chance = random.Random(20261122)
    found = {"answered": 0, "refused": 0}
    example = release.package.manifest["example"]
    for _ in range(BODIES // 8):
        rows = [spoilt(example, chance) for _ in range(chance.choice([1, 1, 2, 5]))]
        rows = [row for row in rows if isinstance(row, dict)] or [example]
        try:
            answer = encoding.send(release, [{**dict.fromkeys(rows[0]), **row} for row in rows])
        except NotEncodable:
            continue
        if answer.status == 200:
            found["answered"] += 1
            continue
        assert answer.status == encoding.refusal, rows
        assert any(where in answer.message for where in ("Row ", "Line ", "“")), answer
        found["refused"] += 1
    assert min(found.values()) > BODIES / 200, "both kinds were tried"


def test_of_a_million_faults_the_first_hundred_of_a_column_are_looked_for(release):
    """Each fault costs a sentence: a body of ten mebibytes kept the thread of all large bodies busy for minutes."""
    example = release.package.manifest["example"]
    rows = [example] * 5 + [{**example, "area": "large"}] * 1000
    with pytest.raises(HttpError, match="More than 100 values cannot be accepted") as refused:
        answer_rows(release, json.dumps({"rows": rows}).encode())
    locations = [problem["at"] for problem in json.loads(refused.value.body)["problems"]]
    assert locations == [f"rows.{at}.area" for at in range(5, 105)]


BODIES_NOBODY_SENDS = {
    "a number that is none": b'{"rows": [{"size": NaN, "rooms": 2}]}',
    "infinity": b'{"rows": [{"size": Infinity, "rooms": 2}]}',
    "beyond all floats": b'{"rows": [{"size": 1e999, "rooms": 2}]}',
    "a huge integer": b'{"rows": [{"size": 1' + b"0" * 400 + b', "rooms": 2}]}',
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"rows":' * 50_000,
    "half a character": b'{"rows": [{"size": "\xed\xa0\x80"}]}',
    "nothing": b"",
    "ten mebibytes of zeros": b"0" * (10 * 1024 * 1024),
    "ten mebibytes of rows": b'{"rows": [' + b"{}," * (3 * 1024 * 1024) + b"{}]}",
}
ADDRESSES = ("/predict", "/invocations", "/v2/models/house/infer", "/v1/models/house:predict")


@pytest.mark.worker
def test_impossible_bodies_are_refused_in_every_protocol_and_the_process_goes_on(plane):
    plane.serve(package=line())
    plane.start().wait_for_release(1)
    for address in ADDRESSES:
        for what, body in BODIES_NOBODY_SENDS.items():
            for kind in ("application/json", "text/csv"):
                status, answer, _ = plane.call("POST", f"/endpoints/house{address}", body, **{"Content-Type": kind})
                assert status in (400, 413, 415, 422), (address, what, kind, status, answer)
                assert answer.get("message") or answer.get("error"), (address, what, kind, answer)
        wrong = plane.call("POST", f"/endpoints/house{address}", "{}", key="lep_wrong")
        assert wrong[0] == 401, address
        large = {"Content-Length": str(10**12)}
        assert plane.call("POST", f"/endpoints/house{address}", None, **large)[0] == 413, "refused before a byte came"
        bomb = gzip.compress(bytes(2**24))
        status, _, _ = plane.call("POST", f"/endpoints/house{address}", bomb, **{"Content-Encoding": "gzip"})
        assert status == 413, "it unpacks to more than a body may have"
        for how in ("deflate, br", "Identity, gzip"):
            status, answer, _ = plane.call("POST", f"/endpoints/house{address}", b"x", **{"Content-Encoding": how})
            assert status == 415, how
            assert how in (answer.get("message") or answer["error"])
    for length in ("99999", "-1", "1e3", "9" * 30):
        headers = {"Inference-Header-Content-Length": length}
        status, answer, _ = plane.call("POST", f"/endpoints/house{ADDRESSES[2]}", '{"inputs": []}', **headers)
        assert status == 400, length
        assert "Inference-Header-Content-Length" in answer["error"]
    for address in ADDRESSES[:2]:
        assert plane.call("POST", f"/endpoints/house{address}", "x", **{"Content-Type": "image/png"})[0] == 415
    assert plane.predict([{"size": 10, "rooms": 2}])[1]["predictions"] == [23.0]

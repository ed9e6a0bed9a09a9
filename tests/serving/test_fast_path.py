"""The path of a prediction: keys, queue and concurrency on the way, and rows that are answered in one call."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import time
from dataclasses import replace

import pytest

from tasks.inference.program import Program
from tasks.inference.server.deployments import dynamic_batching
from tasks.inference.server.deployments.dynamic_batching import DynamicBatcher, find_batch_rows
from tasks.inference.server.deployments.model_repository import LoadedEndpoint, Release
from tasks.inference.server.deployments.package import Package
from tasks.inference.server.deployments.snapshot import Entry, SecondaryRelease
from tasks.inference.server.http.application import Application
from tasks.inference.server.http.direct_call import DirectCall
from tasks.inference.server.limits.admission import RequestQueue
from tasks.inference.server.limits.api_keys import Key
from tasks.inference.server.process.settings import Settings
from tasks.inference.server.protocols.request_head import ContentKind, RequestHead
from tasks.inference.server.protocols.routes import find_route
from tests.serving.packages import line
from tests.serving.plane import KEY
from tests.serving.test_process import exchange

ROW = {"size": 10, "rooms": 2}
BODY = json.dumps({"rows": [ROW]}).encode()
EXPLAINED = json.dumps({"rows": [ROW], "explain": True}).encode()
BEARER = b"Bearer " + KEY.encode()
ROUTE = find_route("/endpoints/house/predict")


def package_of(slope=2.0):
    package = line(slope=slope)
    return Package("a", package.program, Program.load(package.program, package.files))


def entry(key=None, keys=(KEY,)):
    hashed = {hashlib.sha256(text.encode()).digest(): key or Key("k") for text in keys}
    return Entry("house", 1, "a", "House", 1, hashed)


def serve(app, wanted, package=None, **known):
    app.repository.endpoints = {"house": LoadedEndpoint(wanted, Release.of(wanted, package or package_of()), **known)}
    return app


def application(key=None):
    settings = Settings(concurrency=4, concurrency_per_key=2, redis_url="redis://127.0.0.1:1/0")
    return serve(Application(settings, load=lambda address: None), entry(key))


def ask(app, content=BODY, bearer=BEARER):
    """Start a request; return its call and the list that its result is put into."""
    results = []
    head = RequestHead(ROUTE, authorization=bearer, content_length=len(content))
    response = app.fast_path.respond(head, time.perf_counter(), content)
    call = DirectCall(response, lambda result, error: results.append(error or result))
    call.step()
    return call, results


def answered(app, content=BODY, bearer=BEARER):
    """Return the status and the JSON of a request that waits for nothing."""
    app.queue._spent = 0.0  # on a busy machine an earlier request may have used up this iteration
    call, results = ask(app, content, bearer)
    assert call.is_over
    return getattr(results[0], "status", 200), json.loads(results[0].body)


def busy(app):
    """Leave no time in this iteration of the event loop."""
    app.queue.spent(1.0)
    app.queue._mean = 1e-6


async def finished(*calls):
    while not all(call.is_over for call in calls):
        await asyncio.sleep(0)


async def test_a_request_is_answered_at_once_and_counted():
    app = application()
    assert answered(app) == (
        200,
        {"predictions": [23.0], "model": {"name": "House", "version": 1, "release": 1}, "warnings": []},
    )
    counted = app.statistics.collect()
    assert [(one["slug"], one["release"], one["statuses"], one["keys"], one["rows"]) for one in counted] == [
        ("house", 1, {"200": 1}, ["k"], 1)
    ]
    assert "house" in app.repository.last_used


async def test_what_is_tried_on_the_page_is_neither_traffic_nor_drift_and_its_files_are():
    app = application(Key(""))
    assert answered(app)[0] == 200
    assert answered(app, b"{")[0] == 422
    assert app.statistics.collect() == []
    assert not app.statistics._drift_counts.take()
    head = RequestHead(
        ROUTE, authorization=BEARER, content_length=14, content_type=b"text/csv", content_kind=ContentKind.CSV
    )
    results = []
    response = app.fast_path.respond(head, time.perf_counter(), b"size,rooms\n1,2")
    call = DirectCall(response, lambda result, error: results.append(error or result))
    call.step()
    await finished(call)
    assert [one["statuses"] for one in app.statistics.collect()] == [{"200": 1}]


async def test_answers_as_the_canary_are_counted_apart():
    app = application()
    wanted = replace(entry(), release=2)
    canary = Release.of(wanted, package_of(3))
    endpoint = replace(entry(), canary=SecondaryRelease(2, 1, "a", 100.0))
    app.repository.endpoints = {"house": LoadedEndpoint(endpoint, Release.of(endpoint, package_of()), canary=canary)}
    assert answered(app)[1]["model"]["release"] == 2
    (counted,) = app.statistics.collect()
    assert (counted["release"], counted["statuses"], counted["canary"]) == (2, {"200": 1}, {"200": 1})
    assert list(app.statistics._drift_counts.take()) == [("house", 2, True)]


@pytest.mark.parametrize("bearer", [b"", b"Bearer wrong", b"Basic " + KEY.encode()])
async def test_a_request_without_a_valid_key_is_refused(bearer):
    assert answered(application(), bearer=bearer)[0] == 401


@pytest.mark.parametrize(
    ("key", "status"),
    [
        (Key("k", expires_at=1.0), 401),
        (Key("k", expires_at=1.0, per_second=5), 401),
        (Key("k", scopes=frozenset({"metadata"}), per_day=5), 403),
    ],
)
async def test_a_key_that_has_expired_or_may_not_predict_is_refused_before_its_limit_is_asked(key, status):
    assert answered(application(key))[0] == status


async def test_a_key_that_expires_while_it_is_remembered_is_checked_against_the_list_again():
    app = application(Key("k", expires_at=time.time() + 1000))
    assert answered(app)[0] == 200
    route = app.routes.find("house")
    route.keys[BEARER] = replace(route.keys[BEARER], expires_at=time.time() - 1)
    assert answered(app)[0] == 200, "the list says that it is good"
    serve(app, entry(Key("k", expires_at=time.time() - 1)))
    assert answered(app)[0] == 401


async def test_a_revoked_key_and_a_new_release_are_seen_at_the_next_request():
    app = application()
    assert answered(app)[1]["predictions"] == [23.0]
    serve(app, entry(), package_of(3))
    assert answered(app)[1]["predictions"] == [33.0]
    serve(app, entry(keys=()), package_of(3))
    assert answered(app)[0] == 401
    app.repository.endpoints = {}
    assert answered(app)[0] == 404
    assert len(app.routes) == 0


async def test_many_rows_wait_for_others_where_one_row_does_not():
    app = application()
    app.queue._spent = dynamic_batching.LEAST_GAIN_SECONDS + 0.003
    assert not app.queue.may_run()
    assert ask(app)[0].is_over
    call, results = ask(app, json.dumps({"rows": [ROW, ROW]}).encode())
    assert not call.is_over
    await finished(call)
    assert json.loads(results[0].body)["predictions"] == [23.0, 23.0]


async def test_a_request_that_finds_no_time_waits_and_counts_as_under_way():
    app = application()
    busy(app)
    (first, first_results), (second, second_results) = ask(app), ask(app)
    assert (first_results, second_results, app.concurrency.under_way) == ([], [], 2)
    assert answered(app)[0] == 429, "the key has as many requests under way as it may"
    await finished(first, second)
    assert [len(results) for results in (first_results, second_results)] == [1, 1]
    assert app.concurrency.under_way == 0
    statuses = {name: count for one in app.statistics.collect() for name, count in one["statuses"].items()}
    assert statuses == {"200": 2, "429": 1}


async def test_a_request_that_would_wait_too_long_is_refused_and_a_cancelled_one_is_no_longer_under_way():
    app = application()
    app.queue.spent(100.0, 10)
    first, results = ask(app)
    status, body = answered(app)
    assert (status, body["code"]) == (503, "busy"), "ten seconds a request, and one before it"
    first.cancel()
    assert (results, app.concurrency.under_way) == ([], 0)
    statuses = {name: count for one in app.statistics.collect() for name, count in one["statuses"].items()}
    assert statuses == {"503": 1}


async def test_an_expensive_request_does_not_wait_behind_the_cheap_ones():
    app = application()
    busy(app)
    call, results = ask(app, EXPLAINED)
    assert (len(app.queue._queue), app.batch_queue._waiting) == (0, 1)
    await finished(call)
    assert "explanations" in json.loads(results[0].body)
    app.fast_path.stop()


class Slow:
    """A program whose calls cost more than its rows."""

    def __init__(self, call=0.0, row=0.0, off=0.0):
        self.call, self.row, self.off, self.sizes = call, row, off, []

    def vector(self, row):
        return (float(row["x"]),)

    def predict_vectors(self, vectors):
        self.sizes.append(len(vectors))
        self.now += self.call + self.row * len(vectors)
        wrong = self.off if len(vectors) > 1 else 0.0
        return [2 * value + wrong for (value,) in vectors]

    now = 0.0


@pytest.mark.parametrize(
    ("program", "most"),
    [
        (Slow(call=1e-3, row=1e-5), dynamic_batching.MAX_ROWS),
        (Slow(call=8e-6, row=1e-6), 1),  # a linear model: nothing to gain
        (Slow(call=1e-4, row=1e-3), 1),  # the rows cost, not the calls
        (Slow(call=1e-3, row=1e-5, off=1e-16), dynamic_batching.MAX_ROWS),  # lost in rounding: the same number
        (Slow(call=1e-3, row=1e-5, off=1e-9), 1),
    ],
)
def test_rows_are_answered_together_only_where_it_gains_and_changes_nothing(program, most, monkeypatch):
    monkeypatch.setattr(dynamic_batching, "perf_counter", lambda: program.now)
    assert find_batch_rows(program, [{"x": x} for x in range(1, 9)]) == most
    assert find_batch_rows(program, []) == 1


async def test_requests_that_come_together_are_answered_in_one_call_each_with_its_own_answer():
    program, answers = Slow(), {}
    batcher = DynamicBatcher(program, RequestQueue(0.5), max_rows=4)
    for number in range(6):
        call = DirectCall(
            batcher.answer((float(number),)), lambda answer, _, number=number: answers.update({number: answer})
        )
        call.step()
    assert answers == {number: 2.0 * number for number in range(4)}, "a full batch is answered at once"
    assert await batcher.answer((9.0,)) == 18.0
    assert answers == {number: 2.0 * number for number in range(6)}
    assert program.sizes == [4, 3]


async def test_a_model_that_fails_on_one_row_fails_no_other_request():
    class Failing(Slow):
        def predict_vectors(self, vectors):
            raise RuntimeError("one of them")

    answers = []
    batcher = DynamicBatcher(Failing(), RequestQueue(0.5), max_rows=2)
    for value in (1.0, 2.0):
        DirectCall(batcher.answer((value,)), lambda answer, _: answers.append(answer)).step()
    assert answers == [None, None], "each is answered again by itself"


def request(body, **headers):
    lines = {"Host": "x", "Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"POST /endpoints/house/predict HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.worker
def test_every_request_gets_the_same_bytes_on_one_connection(plane):
    plane.serve(package=line())
    plane.start().wait_for_release(1)
    body = json.dumps({"rows": [ROW]}).encode()
    usual, long = request(body), request(body, X_Deadline_Ms="5000")
    with socket.create_connection(("127.0.0.1", plane.port)) as connection:
        first = exchange(connection, usual)
        assert first.startswith(b"HTTP/1.1 200 OK\r\n")
        for one in (long, usual, request(body, Expect="100-continue").replace(b"Expect: 100-continue\r\n", b"")):
            assert exchange(connection, one) == first
        wrong = exchange(connection, request(b'{"rows": [{}]}'))
        assert wrong.startswith(b"HTTP/1.1 422 ")
        for part in (usual[:40], usual[40:-5], usual[-5:]):
            connection.sendall(part)
            time.sleep(0)
        assert exchange(connection, b"") == first
        connection.sendall(usual + long + usual)  # sent at once: answers come in order
        answers = b""
        while answers.count(b"predictions") < 3 or len(answers) < 3 * len(first):
            answers += connection.recv(65536)
        assert answers == first * 3
        assert exchange(connection, request(body, Connection="close")).lower().count(b"connection: close") == 1
        assert connection.recv(1) == b""

"""The short way of the usual request says what the long way says, and leaves everything else to it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import time

import pytest

from tasks.inference.program import Program
from tasks.inference.server.deployments import dynamic_batching
from tasks.inference.server.deployments.dynamic_batching import DynamicBatcher, rows_together
from tasks.inference.server.deployments.model_repository import LoadedEndpoint, ModelRepository, Release
from tasks.inference.server.deployments.package import Package
from tasks.inference.server.deployments.snapshot import Entry, Key
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.deployments.traffic_split import ShadowTraffic
from tasks.inference.server.http.fast_path import FastPath
from tasks.inference.server.limits.admission import ConcurrencyLimit, RequestQueue
from tasks.inference.server.limits.rate_limits import RateLimits
from tests.serving.packages import line
from tests.serving.plane import KEY
from tests.serving.test_process import exchange

ROW = {"size": 10, "rooms": 2}
URL = b"/endpoints/house/predict"
BEARER = b"Bearer " + KEY.encode()


def package_of(slope=2.0, batch_rows=1):
    made = line(slope=slope)
    return Package("a", made.program, Program.load(made.program, made.files), batch_rows)


def entry(key=None, **beside):
    keys = {hashlib.sha256(KEY.encode()).digest(): key or Key("k")}
    return Entry("house", 1, "a", "House", 1, keys, **beside)


def quick_of(key=None, **beside):
    wanted = entry(key, **beside)
    repository = ModelRepository(lambda address: None)
    repository.endpoints["house"] = LoadedEndpoint(wanted, Release.of(wanted, package_of()))
    statistics, queue = Statistics(), RequestQueue(0.5)
    limits, shadows = RateLimits("redis://127.0.0.1:1/0"), ShadowTraffic(statistics)
    return FastPath(
        repository, statistics, queue, ConcurrencyLimit(4, 2), limits=limits, shadows=shadows, batch_rows=64
    ), repository


def asked(quick, content=None, bearer=BEARER):
    door, told = quick.door(URL), []
    assert door is not None
    body = content if content is not None else json.dumps({"rows": [ROW]}).encode()
    quick.answer(door, bearer, (), body, lambda answer, asked: told.append((answer, asked)))
    assert len(told) == 1
    assert told[0][1] is None, "nothing was counted against a limit"
    return told[0][0]


async def test_the_usual_request_is_answered_and_counted():
    quick, repository = quick_of()
    head, _, body = asked(quick).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert json.loads(body)["predictions"] == [23.0]
    counted = quick._statistics.collect()
    assert [(one["slug"], one["release"], one["statuses"], one["keys"], one["rows"]) for one in counted] == [
        ("house", 1, {"200": 1}, ["k"], 1)
    ]
    assert "house" in repository.used


async def test_an_explanation_goes_the_long_way_and_is_not_counted_twice():
    quick, _ = quick_of()
    assert asked(quick, b'{"rows": [{"size": 10, "rooms": 2}], "explain": true}') is None
    assert quick._statistics.collect() == []


async def test_many_rows_wait_for_others_where_one_row_does_not():
    quick, _ = quick_of()
    await asyncio.sleep(0)
    quick._queue.is_mine = lambda: False
    assert asked(quick) is not None
    told = asking(quick, b'{"rows": [{"size": 10, "rooms": 2}, {"size": 10, "rooms": 2}]}')
    assert told == []
    await asyncio.sleep(0)
    assert json.loads(told[0].partition(b"\r\n\r\n")[2])["predictions"] == [23.0, 23.0]


@pytest.mark.parametrize("bearer", [b"", b"Bearer wrong", b"Basic " + KEY.encode()])
async def test_a_key_that_may_not_goes_the_long_way(bearer):
    quick, _ = quick_of()
    assert asked(quick, bearer=bearer) is None


@pytest.mark.parametrize(
    "key",
    [
        Key("k", expires_at=1.0),
        Key("k", expires_at=1.0, per_second=5),
        Key("k", scopes=frozenset({"metadata"}), per_day=5),
    ],
)
async def test_a_key_that_may_no_more_goes_the_long_way_uncounted(key):
    quick, _ = quick_of(key)
    assert asked(quick) is None


async def test_a_key_that_expires_while_it_is_remembered_is_worth_nothing():
    quick, _ = quick_of(Key("k", expires_at=time.time() + 1000))
    assert asked(quick) is not None
    door = quick.door(URL)
    door.keys[BEARER] = Key("k", expires_at=time.time() - 1)
    assert asked(quick) is None


async def test_a_revoked_key_and_a_new_release_are_seen_at_the_next_request():
    quick, repository = quick_of()
    assert asked(quick) is not None
    wanted = entry()
    repository.endpoints = {"house": LoadedEndpoint(wanted, Release.of(wanted, package_of(3)))}
    assert b"[33.0]" in asked(quick)
    other = Entry("house", 1, "a", "House", 1, {})
    repository.endpoints = {"house": LoadedEndpoint(other, Release.of(other, package_of(3)))}
    assert asked(quick) is None
    repository.endpoints = {}
    assert quick.door(URL) is None
    assert len(quick._doors) == 0


def test_an_endpoint_without_a_model_in_memory_has_no_short_way():
    quick, repository = quick_of()
    for served in (LoadedEndpoint(entry()), LoadedEndpoint(entry(), is_unloaded=True)):
        repository.endpoints = {"house": served}
        assert quick.door(URL) is None


def asking(quick, content=None):
    """Return what the answers to a request will be put into."""
    told = []
    body = content if content is not None else json.dumps({"rows": [ROW]}).encode()
    quick.hurry = quick.answer(quick.door(URL), BEARER, (), body, lambda answer, asked: told.append(answer))
    assert quick.hurry is not None or told
    return told


async def test_who_comes_when_there_is_no_time_stands_in_the_row_with_a_place_held():
    quick, _ = quick_of()
    quick._queue.spent(1.0)
    quick._queue._mean = 1e-6
    first, second = asking(quick), asking(quick)
    assert (first, second, quick._concurrency._under_way) == ([], [], 2)
    third = asking(quick)
    assert third[0].startswith(b"HTTP/1.1 429"), "the key has its share of the places"
    while not second:
        await asyncio.sleep(0)
    assert [answer.startswith(b"HTTP/1.1 200") for answer in (first[0], second[0])] == [True, True]
    assert (len(first), len(second), quick._concurrency._under_way) == (1, 1, 0)
    assert {name: count for one in quick._statistics.collect() for name, count in one["statuses"].items()} == {
        "200": 2,
        "429": 1,
    }


async def test_who_would_wait_too_long_is_refused_and_who_is_in_a_hurry_leaves_the_row():
    quick, _ = quick_of()
    quick._queue.spent(10.0)
    first = asking(quick)
    hurry = quick.hurry
    assert b'"busy"' in asking(quick)[0], "ten seconds a request, and one before it"
    hurry()
    assert (first, quick._concurrency._under_way) == ([None], 0), "the long way answers it in order"
    for _ in range(5):
        await asyncio.sleep(0)
    assert first == [None]


async def test_what_takes_long_does_not_stand_in_the_row_of_what_does_not():
    quick, _ = quick_of()
    quick._queue.spent(1.0)
    assert asking(quick, b'{"rows": [{"size": 10, "rooms": 2}], "explain": true}') == [None]
    assert quick._concurrency._under_way == 0


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
        (Slow(call=1e-3, row=1e-5), dynamic_batching.MOST_ROWS),
        (Slow(call=8e-6, row=1e-6), 1),  # a linear model: nothing to gain
        (Slow(call=1e-4, row=1e-3), 1),  # the rows cost, not the calls
        (Slow(call=1e-3, row=1e-5, off=1e-16), dynamic_batching.MOST_ROWS),  # lost in rounding: the same number
        (Slow(call=1e-3, row=1e-5, off=1e-9), 1),
    ],
)
def test_rows_are_answered_together_only_where_it_gains_and_changes_nothing(program, most, monkeypatch):
    monkeypatch.setattr(dynamic_batching, "perf_counter", lambda: program.now)
    assert rows_together(program, [{"x": x} for x in range(1, 9)]) == most
    assert rows_together(program, []) == 1


async def test_requests_that_lie_together_are_answered_in_one_call_each_with_its_own_answer():
    program, told = Slow(), {}
    together = DynamicBatcher(program, RequestQueue(0.5), most=4)
    for number in range(6):
        together.add((float(number),), lambda answer, number=number: told.update({number: answer}))
    assert told == {number: 2.0 * number for number in range(4)}, "a full one is answered at once"
    assert await together.answer((9.0,)) == 18.0
    assert told == {number: 2.0 * number for number in range(6)}
    assert program.sizes == [4, 3]


async def test_a_model_that_fails_on_one_row_fails_nobody_else():
    class Failing(Slow):
        def predict_vectors(self, vectors):
            raise RuntimeError("one of them")

    told = []
    together = DynamicBatcher(Failing(), RequestQueue(0.5), most=2)
    together.add((1.0,), told.append)
    together.add((2.0,), told.append)
    assert told == [None, None], "each is asked again alone, the long way"


def request(body, **headers):
    lines = {"Host": "x", "Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"POST /endpoints/house/predict HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.worker
def test_both_ways_give_the_same_bytes_on_one_connection(plane):
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

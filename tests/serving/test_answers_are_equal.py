"""A request gets the same bytes and the same counts whether the connection answers it itself or over ASGI."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.inference.program import FEW_ROWS, Program
from tasks.inference.rows import RowProblems
from tasks.inference.server.deployments.model_repository import LoadedEndpoint, Release
from tasks.inference.server.deployments.package import Package
from tasks.inference.server.deployments.snapshot import Entry, SecondaryRelease
from tasks.inference.server.limits.api_keys import Key
from tests.contexts import ListContext
from tests.serving.packages import line
from tests.serving.plane import KEY
from tests.serving.wire import MemoryConnection, application, over_asgi, request
from tests.tables import mixed
from tests.tiers import examples

ROW = {"size": 10, "rooms": 2}
HASH = hashlib.sha256(KEY.encode()).digest()
NODES = ("split.split", "features.dates", "clean.outliers", "clean.impute", "features.encode")
SIDES = [{}, {"canary": 50.0}, {"shadow": 0.0}, {"canary": 50.0, "shadow": 0.0}]
BODIES = [
    *(b"", b"[]", b"{", b'{"rows": []}', b'{"rows": 5}', b'{"rows": [[1]]}', b'{"rows": [{}]}', b"\xff", b"[" * 3000),
    b'{"rows": [{"size": 10, "rooms": 2}]}',
    b'{"rows": [{"size": 10}]}',
    b'{"rows": [{"size": "10", "rooms": 2}]}',
    b'{"rows": [{"size": null, "rooms": 2}]}',
    b'{"rows": [{"size": true, "rooms": 2}]}',
    b'{"rows": [{"size": 10, "rooms": 2.5}]}',
    b'{"rows": [{"size": 10, "rooms": 2, "more": 1}]}',
    b'{"rows": [{"size": 1e308, "rooms": 1e308}]}',
    b'{"rows": [{"size": 10, "rooms": 2}], "interval": 0.9}',
    b'{"rows": [{"size": 10, "rooms": 2}], "interval": 2}',
    b'{"rows": [{"size": 10, "rooms": 2}, {"size": 11, "rooms": 3}]}',
    b'{"rows": [{"size": 10, "rooms": 2}, {"size": "11", "rooms": 3.5}]}',
    b'{"columns": {"size": [10], "rooms": [2]}}',
    b'{"columns": {"size": [10], "rooms": [2, 3]}}',
    json.dumps({"rows": [ROW] * 300}).encode(),
    json.dumps({"rows": [*([ROW] * 300), {**ROW, "rooms": None}]}).encode(),
]
VALUES = [
    *(None, True, False, 0, -1, 0.1, 25.0, 1e308, -1e308, 1e-320, 2**53 + 1, 2**63, 10**15 + 0.5),
    *("", "x", "Oslo", "oslo", " Oslo ", "no", "yes", "NaN", "2026-02-30", "2026-01-01", "1969-12-31T23:59:59.999999"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-29T13:30:00+02:00", [], {}, [None]),
]
PLAY = settings(
    max_examples=examples(60, 500),
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)


def package(made):
    return Package("a", made.program, Program.load(made.program, made.files))


@cache
def trained(target, cyclic):
    """Return a package with numbers, words and dates, as the nodes of a graph make it."""
    value, port = mixed(target=target), "table"
    for name in (*NODES, "model.linear", "publish.deploy"):
        node = node_class(name)
        params = {"cyclic": cyclic} if name == "features.dates" else {}
        outputs = invoke(node, {port: value}, node.Params(**params), ListContext())
        port = "model" if "model" in outputs else next(iter(outputs))
        value = outputs[port]
    return package(value)


def serve(app, made=None, key=None, **sides):
    """Have an endpoint served, with a canary or a shadow twice as steep beside it."""
    secondary = {role: SecondaryRelease(2, 1, "b", percent) for role, percent in sides.items()}
    entry = Entry("house", 1, "a", "House", 1, {HASH: key or Key("k")}, **secondary)
    served = LoadedEndpoint(entry, Release.of(entry, made or package(line())))
    steep = package(line(slope=4.0))
    loaded = {role: Release.of(entry.of(one), made or steep) for role, one in secondary.items()}
    app.repository.endpoints = {"house": replace(served, **loaded)}
    return app


def counts(app):
    """Return what was counted since the last time, without what a clock says."""
    summary = []
    for one in app.statistics.collect():
        shadow = {name: value for name, value in one["shadow"].items() if name != "seconds"}
        summary.append({**one, "minute": 0, "latencies": sum(one["latencies"].values()), "shadow": shadow})
    app.statistics.mark_delivered()
    return sorted(summary, key=lambda one: one["release"])


async def shadows_compared(app):
    while app.shadows._waiting:
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("sides", SIDES, ids=["plain", "canary", "shadow", "both"])
async def test_any_body_to_any_endpoint_gets_the_same_bytes_and_counts(sides):
    app = serve(application(), **sides)
    wire = MemoryConnection(app)
    for number, body in enumerate(BODIES):
        named = {"X_Request_Id": number} if number % 3 == 0 else {}
        short = await wire.ask(request(body, **named))
        assert app.asgi_requests == (0 if body else 1), body  # an empty body is left to ASGI
        await shadows_compared(app)
        counted = counts(app)
        for again in (request, over_asgi, over_asgi):  # the first and the last with a head that came before
            assert await wire.ask(again(body, **named)) == short
            await shadows_compared(app)
            assert counts(app) == counted, body
        app.asgi_requests = 0


async def test_a_request_with_a_head_that_came_before_is_answered_unparsed():
    app = serve(application())
    wire, body = MemoryConnection(app), json.dumps({"rows": [ROW]}).encode()
    first = await wire.ask(request(body))
    parse, wire.connection.data_received = wire.connection.data_received, None
    assert await wire.ask(request(body)) == first
    assert await wire.ask(*[request(body)] * 5) == [first] * 5
    wire.connection.data_received = parse
    wire.send(request(body)[:-3])
    wire.send(request(body)[-3:] + request(body))
    assert [await wire.answer() for _ in range(2)] == [first] * 2
    assert (app.asgi_requests, app.statistics.collect()[0]["statuses"]) == (0, {"200": 9})


async def test_requests_sent_at_once_are_answered_in_order_when_some_have_to_wait():
    app = serve(application())
    wire, usual = MemoryConnection(app), json.dumps({"rows": [ROW]}).encode()
    explained = b'{"rows": [{"size": 10, "rooms": 2}], "explain": true}'
    answers = [await wire.ask(request(body)) for body in (usual, explained)]
    for _ in range(3):
        sent = (usual, explained, usual, usual, explained)
        assert await wire.ask(*map(request, sent)) == [answers[at] for at in (0, 1, 0, 0, 1)]
    assert app.asgi_requests > 0, "what comes behind a request that waits is queued by uvicorn"
    while app.queue.may_run_row():
        app.queue.spent(1.0)
    app.queue._mean = 1e-6
    assert await wire.ask(request(usual), request(explained), request(usual)) == [*answers, answers[0]]
    assert app.concurrency.under_way == 0


async def test_a_connection_that_ends_while_it_is_answered_ends_quietly(redis_server):
    redis_server.client.flushall()
    app = serve(application(redis_server.url), key=Key("k", per_day=100))
    wire, body = MemoryConnection(app), json.dumps({"rows": [ROW]}).encode()
    assert b" 200 " in await wire.ask(request(body))
    wire.send(request(body))
    call = wire.connection.cycle.call
    wire.connection._answered_at -= 2 * wire.connection.timeout_keep_alive
    wire.connection.timeout_keep_alive_handler()
    assert not wire.transport.is_closed, "who waits for an answer is not silent"
    wire.transport.is_closed = True
    wire.buffered.connection_lost(None)
    assert (call.is_over, app.concurrency.under_way) == (True, 0)
    while app.rate_limits._checks:
        await asyncio.sleep(0.001)
    assert wire.transport.written == b""
    await app.rate_limits.close()


async def test_a_request_that_fails_unexpectedly_is_answered_and_counted_as_500(monkeypatch, caplog):
    app = serve(application())
    wire, body = MemoryConnection(app), json.dumps({"rows": [ROW]}).encode()
    monkeypatch.setattr(app.fast_path, "_compute", None)
    for _ in range(2):
        assert (await wire.ask(request(body))).startswith(b"HTTP/1.1 500 ")
    assert "TypeError" in caplog.text
    monkeypatch.undo()
    assert b" 200 " in await wire.ask(request(body))
    assert [one["statuses"] for one in counts(app)] == [{"500": 2}, {"200": 1}]
    assert app.concurrency.under_way == 0


@pytest.mark.parametrize("sides", SIDES, ids=["plain", "canary", "shadow", "both"])
async def test_a_request_that_waits_in_the_queue_is_answered_and_counted_as_one_that_does_not(sides):
    app = serve(application(), **sides)
    wires = [MemoryConnection(app) for _ in BODIES]
    at_once = [await MemoryConnection(app).ask(request(body)) for body in BODIES]
    await shadows_compared(app)
    counted = counts(app)
    app.asgi_requests = 0
    app.queue.spent(1.0)
    app.queue._mean = 1e-6
    assert await asyncio.gather(*(wire.ask(request(body)) for wire, body in zip(wires, BODIES, strict=True))) == at_once
    await shadows_compared(app)
    assert (app.asgi_requests, app.concurrency.under_way) == (1, 0), "only what has no body"
    assert counts(app) == counted


async def test_a_client_that_disconnects_while_it_waits_is_not_computed():
    app = serve(application())
    closed, loaded = MemoryConnection(app), MemoryConnection(app)
    body = json.dumps({"rows": [ROW]}).encode()
    app.queue.spent(1.0)
    app.queue._mean = 1e-6
    closed.send(request(body))
    assert app.concurrency.under_way == 1
    closed.transport.is_closed = True
    closed.buffered.connection_lost(None)
    assert app.concurrency.under_way == 0
    assert b" 200 " in await loaded.ask(request(body))
    assert (closed.transport.written, app.statistics.collect()[0]["statuses"]) == (b"", {"200": 1})


async def test_a_canary_answers_the_same_requests_again_and_its_failures_are_counted_as_its_own():
    app = serve(application(), canary=25.0)
    wire, by = MemoryConnection(app), {}
    for number in range(200):
        body = json.dumps({"rows": [{**ROW, "size": number}]}).encode()
        answers = {await wire.ask(request(body)), await wire.ask(over_asgi(body)), await wire.ask(request(body))}
        assert len(answers) == 1
        slope = 2 * json.loads(answers.pop().partition(b"\r\n\r\n")[2])["model"]["release"]
        by[slope] = by.get(slope, 0) + 1
    assert app.asgi_requests == 200
    assert 25 < by[4] < 80
    canary = app.repository.endpoints["house"].canary
    canary.package.program._predict = None  # it cannot be called
    counts(app)
    for number in range(40):
        await wire.ask(request(json.dumps({"rows": [{**ROW, "size": number}]}).encode()))
    counted = counts(app)
    assert [set(one["statuses"]) for one in counted] == [{"200"}, {"500"}]


@pytest.mark.parametrize(("target", "cyclic"), [("bought", False), ("bought", True), ("area", True)])
def test_spoilt_rows_of_every_type_get_the_same_bytes_over_asgi(target, cyclic):
    package = trained(target, cyclic)
    example = package.manifest["example"]
    rows = st.fixed_dictionaries(
        {},
        optional={name: st.just(value) | st.just(value) | st.sampled_from(VALUES) for name, value in example.items()},
    ).map(lambda some: {**example, **some})

    async def both(app, wire, body):
        app.asgi_requests = 0
        short = await wire().ask(request(body))
        assert app.asgi_requests == 0
        counted = counts(app)
        assert await wire().ask(over_asgi(body)) == short
        assert counts(app) == counted

    with asyncio.Runner() as runner:
        app = serve(application(), package)
        wire = cache(lambda: MemoryConnection(app))

        @given(st.lists(rows, min_size=1, max_size=FEW_ROWS + 3))
        @PLAY
        def play(given_rows):
            runner.run(both(app, wire, json.dumps({"rows": given_rows}).encode()))

        play()


@pytest.mark.parametrize(("target", "cyclic"), [("bought", False), ("bought", True), ("area", True)])
def test_a_row_of_python_values_is_answered_to_the_last_bit_as_columns_of_arrays_are(target, cyclic):
    package = trained(target, cyclic)
    program, example = package.program, package.manifest["example"]
    assert program.vector(example) is not None, "dates and all"
    moments = st.datetimes().map(lambda moment: moment.isoformat())
    kinds = {
        "number": st.floats(-1e12, 1e12),
        "integer": st.integers(-(2**62), 2**62),
        "boolean": st.booleans(),
        "date": moments,
    }
    columns = {
        column.name: kinds.get(column.type, st.sampled_from(column.categories or ("x",)))
        | (st.none() if column.nullable else st.nothing())
        for column in program.raw_schema.each()
    }

    @given(st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=FEW_ROWS))
    @PLAY
    def play(rows):
        try:
            columns, warnings = program._reader.read(rows)
            expected = program._answer(columns, len(rows), warnings)
        except RowProblems as wrong:
            with pytest.raises(RowProblems) as told:
                program.predict_rows(rows)
            assert told.value.problems == wrong.problems
            return
        assert program.predict_rows(rows) == expected
        # What is far outside the range of training is answered with a warning, which the short way has none of.
        assert warnings or all(program.vector(row) is not None for row in rows)

    play()


async def counted_down(app, body, tries, ways=(request,)):
    """Return how many of so many requests at once, each on its own wire, were answered."""
    wires = [MemoryConnection(app) for _ in range(tries)]
    answers = await asyncio.gather(*(wire.ask(ways[at % len(ways)](body)) for at, wire in enumerate(wires)))
    assert {answer[:12] for answer in answers} <= {b"HTTP/1.1 200", b"HTTP/1.1 429"}
    assert app.concurrency.under_way == 0
    return sum(answer.startswith(b"HTTP/1.1 200") for answer in answers)


@pytest.mark.parametrize("is_there", [True, False], ids=["with Redis", "without"])
@pytest.mark.parametrize("limit", [{"per_second": 10}, {"per_day": 25}], ids=["rate", "quota"])
async def test_a_limited_key_gets_exactly_its_limit_without_asgi(redis_server, is_there, limit):
    redis_server.client.flushall()
    app = serve(application(redis_server.url) if is_there else application(), key=Key("k", **limit))
    assert await counted_down(app, json.dumps({"rows": [ROW]}).encode(), 100) == sum(limit.values())
    assert app.asgi_requests == 0
    assert counts(app)[0]["statuses"] == {"429": 100 - sum(limit.values())}
    await app.rate_limits.close()


async def test_both_interfaces_of_two_processes_share_one_quota(redis_server):
    redis_server.client.flushall()
    body = json.dumps({"rows": [ROW]}).encode()
    apps = [serve(application(redis_server.url), key=Key("k", per_day=25)) for _ in range(2)]
    through = await asyncio.gather(*(counted_down(app, body, 60, (request, over_asgi)) for app in apps))
    assert sum(through) == 25
    for app in apps:
        await app.rate_limits.close()


async def test_a_refusal_over_the_limit_has_the_same_bytes_over_asgi(redis_server):
    redis_server.client.flushall()
    app = serve(application(redis_server.url), key=Key("k", per_second=1))
    wire, body = MemoryConnection(app), json.dumps({"rows": [ROW]}).encode()
    while not (short := await wire.ask(request(body))).startswith(b"HTTP/1.1 429"):
        pass
    while not (other := await wire.ask(over_asgi(body))).startswith(b"HTTP/1.1 429"):
        pass
    assert short == other
    await app.rate_limits.close()


@pytest.mark.parametrize(
    "body",
    [
        b'{"rows": [{"size": 10, "rooms": 2}], "explain": true}',
        b'{"rows": [{"size": "10", "rooms": 2}]}',
        b'{"rows": [{"size": 10, "rooms": 2}]}',
    ],
)
async def test_a_request_of_any_kind_is_counted_against_its_limit_once(redis_server, body):
    redis_server.client.flushall()
    app = serve(application(redis_server.url), key=Key("k", per_day=7))
    wire, statuses = MemoryConnection(app), []
    for _ in range(3):
        statuses.append((await wire.ask(request(body)))[9:12])
    statuses += [
        answer[9:12] for answer in await wire.ask(request(body), over_asgi(body), request(body), request(body))
    ]
    assert b"429" not in statuses
    assert (await wire.ask(request(body)))[9:12] == b"429"
    await app.rate_limits.close()


@pytest.mark.parametrize("batch_rows", [1, 4])
@pytest.mark.parametrize("limit", [0, 1000])
async def test_requests_sent_at_once_are_answered_in_order(redis_server, batch_rows, limit):
    redis_server.client.flushall()
    batched = replace(package(line()), batch_rows=batch_rows)
    app = serve(application(redis_server.url), batched, key=Key("k", per_second=limit), canary=50.0)
    bodies = [json.dumps({"rows": [{**ROW, "size": size}]}).encode() for size in range(12)]
    for _ in range(3):
        answers = await MemoryConnection(app).ask(*(request(body) for body in bodies))
        response = [json.loads(answer.partition(b"\r\n\r\n")[2])["predictions"] for answer in answers]
        assert response == [[2.0 * size + 3] for size in range(12)]
    assert app.concurrency.under_way == 0
    await app.rate_limits.close()


async def test_redis_that_forgets_the_script_or_breaks_off_costs_no_answer(redis_server):
    redis_server.client.flushall()
    app = serve(application(redis_server.url), key=Key("k", per_day=6))
    wire, body = MemoryConnection(app), json.dumps({"rows": [ROW]}).encode()
    assert b" 200 " in await wire.ask(request(body))
    redis_server.client.script_flush()
    assert b" 200 " in await wire.ask(request(body))
    redis_server.client.client_kill_filter(_type="normal", skipme=True)
    for _ in range(2):
        assert b" 200 " in await wire.ask(request(body))
    app.rate_limits._away_until = 0.0
    remaining = await counted_down(app, body, 20)
    assert remaining >= 2, "the count in Redis goes on where it was"
    assert await counted_down(app, body, 20) == 0
    await app.rate_limits.close()

"""Connections of a server that is overloaded: refused at the head, and usable or ended as HTTP wants it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import sys

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from tasks.inference.program import Program
from tasks.inference.server.deployments.package import Package
from tasks.inference.server.deployments.snapshot import Entry, Snapshot
from tasks.inference.server.http.application import Application
from tasks.inference.server.http.buffered_protocol import BufferedProtocol
from tasks.inference.server.limits.api_keys import Key
from tasks.inference.server.process.settings import Settings
from tests.serving.packages import line
from tests.serving.plane import KEY

ROW = {"size": 10, "rooms": 2}
BODY = json.dumps({"rows": [ROW]}).encode()
TENSORS = [
    {"name": "size", "shape": [1], "datatype": "FP64", "data": [10.0]},
    {"name": "rooms", "shape": [1], "datatype": "INT64", "data": [2]},
]
PROTOCOLS = {
    "plain": ("/predict", "application/json", BODY),
    "CSV": ("/predict", "text/csv", b"size,rooms\n10,2\n"),
    "v2": ("/v2/models/house/infer", "application/json", json.dumps({"inputs": TENSORS}).encode()),
    "MLflow": ("/invocations", "application/json", json.dumps({"dataframe_records": [ROW]}).encode()),
}
LIMIT = 1024 * 1024


class Server:
    """The serving plane in this process, with one endpoint and rows that are full when one likes."""

    def __init__(self, **settings):
        package = line()
        self.app = Application(
            Settings(body_limit_bytes=LIMIT, **settings),
            lambda address: Package(address, package.program, Program.load(package.program, package.files)),
        )
        self.is_full = False
        self.app.queue.is_full = self.app.batch_queue.is_full = lambda: self.is_full
        self.app.queue.may_run_row = lambda: not self.is_full
        self.connections = []

    async def start(self):
        keys = {hashlib.sha256(KEY.encode()).digest(): Key("k")}
        self.app.repository.adopt(Snapshot(1, {"house": Entry("house", 1, "a", "House", 1, keys)}))
        await self.app.repository.load_missing()
        config = Config(self.app, http=BufferedProtocol, ws="none", lifespan="off", log_level="critical")
        config.load()
        config.loaded_app = self.app
        state = ServerState()

        def connected():
            buffered = BufferedProtocol(config, state, {})
            self.connections.append(buffered.connection)
            return buffered

        self.listening = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
        self.port = self.listening.sockets[0].getsockname()[1]
        return self

    async def received(self):
        """Wait until what was sent has been taken: rounds of the loop, which reads its sockets in each."""
        for _ in range(20):
            await asyncio.sleep(0)

    def statuses(self):
        return {status: count for one in self.app.statistics.collect() for status, count in one["statuses"].items()}


class Line:
    """A caller's connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def answer(self):
        """Return status, headers and body of the next answer."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)
        length = int(re.search(rb"content-length: (\d+)", head)[1])
        return int(head.split()[1]), head, await self.reader.readexactly(length)

    async def ask(self, *parts):
        for part in parts:
            self.writer.write(part)
            await asyncio.sleep(0)
        return (await self.answer())[0]

    async def is_ended(self):
        return await asyncio.wait_for(self.reader.read(1), 20) == b""


@pytest.fixture
async def server():
    started = await Server().start()
    yield started
    started.listening.close()


@contextlib.asynccontextmanager
async def connected(server):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    yield Line(reader, writer)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def head(path="/predict", kind="application/json", *, length=None, **headers):
    lines = {"Host": "x", "Authorization": f"Bearer {KEY}", "Content-Type": kind}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    if length is not None:
        lines["Content-Length"] = str(length)
    header_lines = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST /endpoints/house{path} HTTP/1.1\r\n{header_lines}\r\n".encode()


def request(path="/predict", kind="application/json", body=BODY, **headers):
    return head(path, kind, length=len(body), **headers) + body


def chunked(*parts):
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_connection_that_was_refused_is_answered_when_there_is_time(server, protocol):
    async with connected(server) as line:
        assert await line.ask(request(*PROTOCOLS[protocol])) == 200
        server.is_full = True
        for _ in range(3):
            assert await line.ask(request(*PROTOCOLS[protocol])) == 503
        server.is_full = False
        assert await line.ask(request(*PROTOCOLS[protocol])) == 200
    assert server.statuses() == {"200": 2, "503": 3}


async def test_a_refusal_waits_for_nothing_of_the_body_and_nothing_of_it_is_kept(server):
    server.is_full = True
    size = 600_000
    async with connected(server) as line:
        assert await line.ask(head(length=size)) == 503
        connection = server.connections[-1]
        for _ in range(20):
            line.writer.write(b" " * (size // 20))
            await line.writer.drain()
        server.is_full = False
        assert await line.ask(request()) == 200, "the body was thrown away and the next request found"
        assert (connection._parts, connection.cycle) == ([], None), "nothing was begun over ASGI"


async def test_requests_sent_at_once_are_answered_in_order_whatever_becomes_of_each(server):
    async with connected(server) as line:
        server.is_full = True
        line.writer.write(request() + request("/v2/models/house/infer", body=PROTOCOLS["v2"][2]) + request())
        answers = [await line.answer() for _ in range(3)]
        assert [status for status, _, _ in answers] == [503, 503, 503]
        assert [b'"error"' in body for _, _, body in answers] == [False, True, False]
        server.is_full = False
        csv = request(*PROTOCOLS["CSV"])
        line.writer.write(csv + request() + csv)
        answers = [json.loads((await line.answer())[2]) for _ in range(3)]
        assert [one["predictions"] for one in answers] == [[23.0]] * 3


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_head_that_came_before_is_refused_without_being_read_again(server, protocol):
    query = request(*PROTOCOLS[protocol])
    end = query.index(b"\r\n\r\n") + 4
    async with connected(server) as line:
        assert await line.ask(query) == 200
        connection = server.connections[-1]
        read, connection.data_received = connection.data_received, None
        server.is_full = True
        assert await line.ask(query) == 503
        line.writer.write(query + query + query[:end])
        assert [(await line.answer())[0] for _ in range(3)] == [503] * 3
        line.writer.write(query[end:-1])
        connection.data_received = read
        server.is_full = False
        assert await line.ask(query[-1:] + query) == 200
        server.is_full = True
        line.writer.write(query + request(X_Other="1") + query)
        assert [(await line.answer())[0] for _ in range(3)] == [503] * 3
        server.app.repository.adopt(Snapshot(2, {"house": Entry("house", 1, "a", "House", 1, {})}))
        assert await line.ask(query) == 401, "what a head says is remembered, not what it was answered"


async def test_a_head_in_pieces_and_one_with_more_in_it_are_read_as_http(server):
    """What is remembered is a head that the parser, too, took for one."""
    async with connected(server) as line:
        for at in (1, 30, 100):
            assert await line.ask(request()[:at], request()[at:]) == 200
        hidden = request(body=b"\r\n\r\n" + BODY)
        for _ in range(2):
            assert await line.ask(hidden) == 200
        line.writer.write(b"POST /endpoints/house/predict HTTP/1.1\nHost: x\nContent-Length: 4\n\nGET \r\n\r\n")
        assert (await asyncio.wait_for(line.reader.readline(), 20)).startswith(b"HTTP/1.1 4")
    assert all(head.count(b"\r\n\r\n") == 1 and b"\n\n" not in head for head in server.app.heads)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere bytes can only be read")
async def test_a_body_that_is_thrown_away_is_not_read(server, monkeypatch):
    read = []

    def updated(intake, count, real=BufferedProtocol.buffer_updated):
        read.append(count)
        real(intake, count)

    monkeypatch.setattr(BufferedProtocol, "buffer_updated", updated)
    query = request(body=b" " * 200_000 + BODY)
    async with connected(server) as line:
        assert await line.ask(query) == 200
        assert sum(read) == len(query)
        server.is_full = True
        read.clear()
        for _ in range(3):
            assert await line.ask(query) == 503
        line.writer.write(query + query + query)
        assert [(await line.answer())[0] for _ in range(3)] == [503] * 3
        server.is_full = False
        assert await line.ask(query) == 200
        assert len(query) < sum(read) < 2 * len(query), "the last one, and little of those before"
        assert server.statuses() == {"200": 2, "503": 6}


async def test_the_clock_of_a_silent_connection_begins_at_its_last_refusal(server):
    async with connected(server) as line:
        assert await line.ask(request()) == 200
        connection = server.connections[-1]
        server.is_full = True
        assert await line.ask(request()) == 503
        connection.timeout_keep_alive_handler()
        assert not connection.transport.is_closing()
        connection._answered_at -= connection.timeout_keep_alive
        connection.timeout_keep_alive_handler()
        assert await line.is_ended()


async def test_a_request_that_came_before_the_last_was_answered_waits_for_it(server):
    async with connected(server) as line:
        line.writer.write(head(length=len(BODY), X_Deadline_Ms="60000") + BODY[:5])
        await asyncio.sleep(0)
        line.writer.write(BODY[5:] + request())
        assert [(await line.answer())[0] for _ in range(2)] == [200, 200]


async def test_a_client_that_expects_100_continue_is_refused_without_it(server):
    async with connected(server) as line:
        line.writer.write(head(length=len(BODY), Expect="100-continue"))
        assert await line.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert await line.ask(BODY) == 200
        server.is_full = True
        line.writer.write(head(length=len(BODY), Expect="100-continue"))
        status, answer, _ = await line.answer()
        assert (status, b"\r\nconnection: close\r\n" in answer) == (503, True)
        line.writer.write(BODY)  # it may send it all the same
        assert await line.is_ended()


async def test_a_connection_without_keep_alive_is_closed_after_the_refusal_and_the_body(server):
    server.is_full = True
    async with connected(server) as line:
        line.writer.write(head(length=len(BODY), Connection="close") + BODY[:5])
        status, answer, _ = await line.answer()
        assert (status, answer.count(b"connection: close")) == (503, 1)
        line.writer.write(BODY[5:])
        assert await line.is_ended()


async def test_a_body_in_chunks_is_refused_thrown_away_and_ended_past_the_limit(server):
    async with connected(server) as line:
        start = head(Transfer_Encoding="chunked")
        assert await line.ask(start, chunked(BODY[:7]), chunked(BODY[7:], b"")) == 200
        server.is_full = True
        assert await line.ask(start, chunked(BODY)) == 503
        line.writer.write(chunked(BODY, b""))
        server.is_full = False
        assert await line.ask(request()) == 200
        server.is_full = True
        assert await line.ask(start) == 503
        with contextlib.suppress(OSError):
            for _ in range(2 * LIMIT // 65536):
                line.writer.write(chunked(b" " * 65536))
                await line.writer.drain()
            assert await line.is_ended()
        assert server.connections[-1].transport.is_closing()


async def test_a_body_over_the_limit_is_413_however_busy_it_is(server):
    server.is_full = True
    async with connected(server) as line:
        line.writer.write(head(length=LIMIT + 1))
        status, answer, _ = await line.answer()
        assert (status, b"connection: close" in answer) == (413, True)


async def test_a_body_sent_slowly_after_a_refusal_is_cut_off_by_the_keep_alive_timeout(server):
    server.is_full = True
    async with connected(server) as line:
        assert await line.ask(head(length=1000)) == 503
        timer = server.connections[-1].timeout_keep_alive_task
        line.writer.write(b"     ")
        server.is_full = False
        async with connected(server) as other:
            assert await other.ask(request()) == 200, "what was sent before has been seen"
        assert server.connections[0].timeout_keep_alive_task is timer
        assert not timer.cancelled()


async def test_a_request_without_a_valid_key_is_refused_before_its_body(server):
    async with connected(server) as line:
        for _ in range(2):
            assert await line.ask(head(length=500_000).replace(KEY.encode(), b"lep_wrong"), b" " * 500_000) == 401
        assert await line.ask(request()) == 200


async def test_a_queue_that_filled_while_the_body_came_refuses_too(server):
    async with connected(server) as line:
        csv = request(*PROTOCOLS["CSV"])
        line.writer.write(csv[:-4])
        async with connected(server) as other:
            assert await other.ask(request()) == 200
        server.is_full = True
        assert await line.ask(csv[-4:]) == 503
        server.is_full = False
        assert await line.ask(csv) == 200


async def test_a_server_that_ends_answers_what_it_has_begun_to_read(server):
    async with connected(server) as line:
        line.writer.write(request()[:-4])
        async with connected(server) as other:
            assert await other.ask(request()) == 200
        server.connections[0].shutdown()
        line.writer.write(request()[-4:])
        assert (await line.answer())[0] == 200
        assert await line.is_ended()

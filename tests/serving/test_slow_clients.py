"""Clients that send half a request, or open more connections than one may have."""

from __future__ import annotations

import errno
import resource
from ipaddress import ip_network

import pytest

from tasks import open_files
from tasks.artifacts.errors import StoreUnavailable
from tasks.artifacts.folders import translate_errors
from tasks.inference.server.http.connection import BODY_GRACE_SECONDS, BODY_RATE, HEAD_SECONDS, MAX_HEAD_BYTES
from tasks.inference.server.process.settings import BadSetting, Settings
from tests.serving.test_connections import BODY, Server, connected, head

HALF_HEAD = b"POST /endpoints/house/predict HTTP/1.1\r\nHost: x\r\nAuthor"
KEYLESS = (
    b"POST /endpoints/house/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
)


@pytest.fixture
async def server():
    started = await Server().start()
    yield started
    started.listening.close()


def later(server, seconds):
    """Let so many seconds pass for everybody who is connected."""
    registry, now = server.app.connections, server.connections[0].loop.time()
    registry.check(now)  # what each waits for is seen for the first time
    registry.check(now + seconds)


@pytest.mark.parametrize(
    ("begun", "seconds"),
    [
        (HALF_HEAD, HEAD_SECONDS),
        (head(length=100_000) + b'{"rows"', BODY_GRACE_SECONDS),
        (head(length=1_000_000) + b'{"rows"', BODY_GRACE_SECONDS),
        (head(Transfer_Encoding="chunked") + b'7\r\n{"rows"\r\n', BODY_GRACE_SECONDS),
    ],
    ids=["half a head", "half a body", "half a large body", "a body in pieces"],
)
async def test_half_a_request_is_ended_with_408(server, begun, seconds):
    async with connected(server) as line:
        line.writer.write(begun)
        await server.received()
        later(server, seconds - 1)
        assert len(server.app.connections) == 1
        later(server, seconds + 1)
        status, answered, _ = await line.answer()
        assert status == 408
        assert b"connection: close" in answered
        assert await line.is_ended()
    assert len(server.app.connections) == 0


async def test_half_a_request_after_whole_ones_is_ended_too(server):
    async with connected(server) as line:
        assert await line.ask(head(length=len(BODY)), BODY) == 200
        line.writer.write(HALF_HEAD)
        await server.received()
        later(server, HEAD_SECONDS + 1)
        assert (await line.answer())[0] == 408
        assert await line.is_ended()


async def test_a_refused_or_a_silent_client_is_let_go(server):
    async with connected(server) as refused, connected(server) as silent:
        assert await refused.ask(KEYLESS + b"\r\n\r\n7\r\n{") == 401
        await server.received()
        later(server, 80)
        assert await refused.is_ended()
        assert await silent.is_ended()


async def test_a_slow_body_that_keeps_the_rate_is_answered(server):
    rest = BODY.ljust(int(BODY_RATE * (BODY_GRACE_SECONDS + 2)))
    async with connected(server) as line:
        line.writer.write(head(length=len(rest)) + rest[:-1])
        await server.received()
        later(server, BODY_GRACE_SECONDS + 1)
        assert await line.ask(rest[-1:]) == 200


async def test_a_head_without_end_is_refused(server):
    async with connected(server) as line:
        line.writer.write(HALF_HEAD + b"ization: " + b"x" * MAX_HEAD_BYTES)
        assert (await line.answer())[0] == 431


async def test_an_address_that_is_full_loses_its_oldest_idle_connection():
    server = await Server(connections_per_address=2).start()
    async with connected(server) as oldest, connected(server) as used:
        assert await used.ask(head(length=len(BODY)), BODY) == 200
        await server.received()
        async with connected(server) as newest:
            assert await newest.ask(head(length=len(BODY)), BODY) == 200
            assert await oldest.is_ended()
            assert await used.ask(head(length=len(BODY)), BODY) == 200
    server.listening.close()


async def test_a_trusted_proxy_has_as_many_as_it_wants():
    server = await Server(connections_per_address=1, trusted_proxies=(ip_network("127.0.0.0/8"),)).start()
    async with connected(server) as first, connected(server) as second:
        assert await first.ask(head(length=len(BODY)), BODY) == 200
        assert await second.ask(head(length=len(BODY)), BODY) == 200
    server.listening.close()


def test_the_limit_and_the_proxies_are_settings():
    read = Settings.from_environment(
        {"LEPTON_SERVE_CONNECTIONS_PER_ADDRESS": "7", "LEPTON_TRUSTED_PROXIES": "10.0.0.0/8, ::1"}
    )
    assert (read.connections_per_address, len(read.trusted_proxies)) == (7, 2)
    with pytest.raises(BadSetting, match="LEPTON_TRUSTED_PROXIES"):
        Settings.from_environment({"LEPTON_TRUSTED_PROXIES": "my-proxy"})


def test_as_many_files_may_be_open_as_the_system_lets():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, before[0]), before[1]))
    try:
        assert open_files.raise_limit() == resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 256
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_too_many_open_files_are_no_fault_of_the_store():
    with pytest.raises(OSError, match="Too many") as raised, translate_errors():
        raise OSError(errno.EMFILE, "Too many open files")
    assert not isinstance(raised.value, StoreUnavailable)


async def test_json_with_a_byte_order_mark_is_read(server):
    body = b"\xef\xbb\xbf" + BODY
    async with connected(server) as line:
        assert await line.ask(head(length=len(body)), body) == 200

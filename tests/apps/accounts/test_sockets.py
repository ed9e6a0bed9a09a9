"""Who is let in at a websocket."""

from __future__ import annotations

from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import connections
from django.test import Client
from django.utils import timezone

from apps.accounts import tokens
from apps.accounts.sockets import SocketAuthentication

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def closed_connections():
    """The communicator keeps its thread's connection open, and PostgreSQL then keeps the test database."""
    yield
    await database_sync_to_async(connections.close_all)()


async def echo_name(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": scope["user"].username})


async def name_seen(**headers) -> str | None:
    pairs = [(name.encode(), value.encode()) for name, value in {"host": "testserver", **headers}.items()]
    socket = WebsocketCommunicator(SocketAuthentication(echo_name), "/ws/", headers=pairs)
    accepted, _ = await socket.connect()
    return await socket.receive_from() if accepted else None


async def test_a_program_is_known_by_its_token_without_an_origin(alice):
    _, secret = await database_sync_to_async(tokens.issue)(user=alice, name="script")
    assert await name_seen(authorization=f"Bearer {secret}") == "alice"


async def test_a_wrong_token_is_nobody(alice):
    assert await name_seen(authorization="Bearer lw_wrong") == ""


def session_cookie(person) -> str:
    client = Client()
    client.force_login(person)
    return f"leptonweb_session={client.cookies['leptonweb_session'].value}"


async def test_a_browser_is_known_by_its_session_from_our_own_page(alice):
    cookie = await database_sync_to_async(session_cookie)(alice)
    assert await name_seen(origin="http://testserver", cookie=cookie) == "alice"


async def test_a_browser_on_a_foreign_page_is_refused(alice):
    cookie = await database_sync_to_async(session_cookie)(alice)
    assert await name_seen(origin="http://evil.example", cookie=cookie) is None
    assert await name_seen(cookie=cookie) is None


async def test_a_page_at_another_port_or_of_another_host_name_is_foreign(alice):
    cookie = await database_sync_to_async(session_cookie)(alice)
    assert await name_seen(origin="http://testserver:9000", cookie=cookie) is None
    assert await name_seen(origin="http://evil.example", host="evil.example", cookie=cookie) is None
    assert await name_seen(origin="http://testserver:9000", host="testserver:9000", cookie=cookie) == "alice"


async def test_a_token_without_the_scope_to_read_or_that_has_expired_is_nobody(alice):
    make = database_sync_to_async(tokens.issue)
    _, narrow = await make(user=alice, name="deploys", scopes=["deploy"])
    _, old = await make(user=alice, name="old", expires_at=timezone.now() - timedelta(seconds=1))
    assert [await name_seen(authorization=f"Bearer {secret}") for secret in (narrow, old)] == ["", ""]


async def test_a_cookie_does_not_count_beside_a_wrong_token(alice):
    cookie = await database_sync_to_async(session_cookie)(alice)
    assert await name_seen(authorization="Bearer lw_wrong", cookie=cookie, origin="http://evil.example") == ""

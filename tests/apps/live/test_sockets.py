"""Following a run: nothing missing, nothing twice, nobody who may not, and no memory for those who do not read."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from urllib.parse import quote

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.db import OperationalError
from django.utils import timezone

from apps.accounts import tokens
from apps.accounts.models import Membership
from apps.accounts.session_store import SessionStore
from apps.live import fanout, sockets
from apps.live.fanout import MAX_QUEUED_BYTES, Subscription, _Channel
from apps.live.publish import channel_of
from apps.runs import node_events
from apps.runs.models import RunEvent
from apps.runs.routing import websocket_urlpatterns
from apps.runs.run_transaction import topic_of
from apps.runs.sockets import RunSocket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # away: what comes, comes from the database or from the test
    monkeypatch.setattr(sockets, "SUBSCRIBE_SECONDS", 0.01)
    monkeypatch.setattr(sockets, "SECONDS_BETWEEN_POLLS", 0.05)


class Follower:
    """A client that follows a run."""

    def __init__(self, run, person, after=0):
        path = f"/ws/runs/{run.pk}/?after={after}"
        self.socket = WebsocketCommunicator(URLRouter(websocket_urlpatterns), path)
        self.socket.scope["user"] = person

    async def __aenter__(self):
        accepted, _ = await self.socket.connect()
        assert accepted
        return self

    async def __aexit__(self, *error):
        await self.socket.disconnect()

    async def events(self, count):
        return [json.loads(await self.socket.receive_from(timeout=5)) for _ in range(count)]

    async def closing(self):
        while (message := await self.socket.receive_output(timeout=5))["type"] != "websocket.close":
            pass
        return message["code"]


def say(run, claim, lines=1):
    for _ in range(lines):
        node_events.store_events(run.pk, claim.node, [{"event": "log", "lines": ["x" * 1000]}])


in_thread = database_sync_to_async


def numbers(events):
    return [event["seq"] for event in events]


async def test_what_was_missed_comes_first_then_what_is_new_even_without_redis(start, worker, alice):
    run = await in_thread(start)("a b", "a>b")
    async with Follower(run, alice) as follower:
        assert numbers(await follower.events(2)) == [1, 2]
        await in_thread(worker.work)(run)
        last = await in_thread(lambda: RunEvent.objects.filter(run=run).count())()
        events = await follower.events(last - 2)
        assert numbers(events) == list(range(3, last + 1))
        assert events[-1]["state"] == "done"
        assert await follower.socket.receive_nothing(timeout=0.2)


async def test_a_client_that_comes_back_gets_only_what_it_lacks(start, worker, alice):
    run = await in_thread(start)("a")
    await in_thread(worker.work)(run)
    async with Follower(run, alice, after=2) as follower:
        assert (await follower.events(1))[0]["seq"] == 3


async def test_what_is_heard_twice_is_sent_once_and_gaps_are_filled(start, worker, alice, monkeypatch):
    monkeypatch.setattr(sockets, "SECONDS_BETWEEN_POLLS", 60)
    run = await in_thread(start)("a")
    async with Follower(run, alice) as follower:
        await follower.events(2)
        hearing = fanout.fanout()._channels[channel_of(topic_of(run.pk))].subscriptions
        await in_thread(worker.work)(run)
        bodies = await in_thread(lambda: dict(RunEvent.objects.filter(run=run).values_list("seq", "body")))()
        last = max(bodies)

        def hear(first, until):
            message = "\n".join([str(first), *(bodies[seq] for seq in range(first, until + 1))]).encode()
            for subscription in hearing:
                subscription.push(message)

        hear(1, 2)  # known
        hear(2, 3)  # half known
        hear(last, last)  # with a gap before it
        hear(3, last)  # late
        assert numbers(await follower.events(last - 2)) == list(range(3, last + 1))
        assert await follower.socket.receive_nothing(timeout=0.2)


async def test_a_person_signed_in_with_the_page_may_follow(start, worker, alice):
    """The page's session hands over a lazy stand-in for the person, not the row itself."""
    from channels.auth import UserLazyObject

    run = await in_thread(start)("a")
    stand_in = UserLazyObject()
    stand_in._wrapped = alice
    async with Follower(run, stand_in) as follower:
        assert (await follower.events(1))[0]["seq"] == 1


async def test_a_stranger_is_shown_out(start, charlie):
    run = await in_thread(start)("a")
    async with Follower(run, charlie) as follower:
        assert await follower.closing() == sockets.NOT_FOUND


async def test_who_loses_the_right_is_shown_out(start, alice, monkeypatch):
    monkeypatch.setattr(sockets, "SECONDS_BETWEEN_PERMISSION_CHECKS_UNHEARD", 0.0)
    run = await in_thread(start)("a")
    async with Follower(run, alice) as follower:
        await follower.events(2)
        await in_thread(lambda: Membership.objects.filter(user=alice).delete())()
        assert await follower.closing() == sockets.NOT_FOUND


async def test_a_person_who_was_disabled_is_shown_out(start, alice, monkeypatch):
    monkeypatch.setattr(sockets, "SECONDS_BETWEEN_PERMISSION_CHECKS_UNHEARD", 0.0)
    run = await in_thread(start)("a")
    async with Follower(run, alice) as follower:
        await follower.events(2)
        await in_thread(lambda: type(alice).objects.filter(pk=alice.pk).update(is_active=False))()
        assert await follower.closing() == sockets.NOT_FOUND


async def test_who_was_signed_out_elsewhere_is_shown_out(start, alice, monkeypatch):
    monkeypatch.setattr(sockets, "SECONDS_BETWEEN_PERMISSION_CHECKS_UNHEARD", 0.0)
    run = await in_thread(start)("a")
    session = SessionStore()
    await in_thread(session.create)()
    follower = Follower(run, alice)
    follower.socket.scope["session"] = session
    async with follower:
        await follower.events(2)
        await in_thread(SessionStore(session.session_key).delete)()
        assert await follower.closing() == sockets.NOT_FOUND


async def test_who_follows_with_a_token_is_shown_out_within_seconds_of_its_end(start, alice, monkeypatch):
    assert max(sockets.SECONDS_BETWEEN_PERMISSION_CHECKS_UNHEARD, sockets.SECONDS_BETWEEN_CHECKS) <= 5
    monkeypatch.setattr(sockets, "SECONDS_BETWEEN_PERMISSION_CHECKS_UNHEARD", 0.0)
    run = await in_thread(start)("a")
    token, _ = await in_thread(tokens.issue)(user=alice, name="script")
    follower = Follower(run, alice)
    follower.socket.scope["token"] = token.pk
    async with follower:
        await follower.events(2)
        await in_thread(tokens.revoke)(token=token, actor=alice)
        assert await follower.closing() == sockets.NOT_FOUND


async def test_who_follows_with_a_token_is_shown_out_when_it_runs_out(start, alice, monkeypatch):
    monkeypatch.setattr(sockets, "SECONDS_BETWEEN_PERMISSION_CHECKS_UNHEARD", 60.0)
    run = await in_thread(start)("a")
    soon = timezone.now() + timedelta(seconds=1)
    token, _ = await in_thread(tokens.issue)(user=alice, name="script", expires_at=soon)
    follower = Follower(run, alice)
    follower.socket.scope.update(token=token.pk, expires_at=soon)
    async with follower:
        await follower.events(2)
        assert await follower.closing() == sockets.NOT_FOUND


@pytest.mark.parametrize("after", ["9" * 5000, "9" * 19, "²", "-1", "x"])
async def test_a_number_that_no_event_has_begins_at_the_first(start, alice, after):
    run = await in_thread(start)("a")
    async with Follower(run, alice, after=quote(after)) as follower:
        assert numbers(await follower.events(2)) == [1, 2]


async def test_a_follower_is_asked_to_come_again_when_its_events_cannot_be_read(start, worker, alice, monkeypatch):
    run = await in_thread(start)("a")

    async def broken(*_):
        raise OperationalError("the database is away")

    async with Follower(run, alice) as follower:
        await follower.events(2)
        monkeypatch.setattr(RunSocket, "events_after", broken)
        assert await follower.closing() == sockets.TRY_AGAIN


async def test_who_never_says_what_was_seen_is_let_go_in_time(start, worker, alice, monkeypatch):
    monkeypatch.setattr(sockets, "MAX_UNACKNOWLEDGED_BYTES", 4000)
    monkeypatch.setattr(sockets, "SILENT_CLIENT_SECONDS", 0.05)
    run = await in_thread(start)("a")
    claim = await in_thread(worker.take)(run)
    await in_thread(say)(run, claim, 20)
    async with Follower(run, alice) as follower:
        assert await follower.closing() == sockets.TRY_AGAIN


async def test_who_says_what_was_seen_gets_everything(start, worker, alice, monkeypatch):
    monkeypatch.setattr(sockets, "MAX_UNACKNOWLEDGED_BYTES", 4000)
    run = await in_thread(start)("a")
    claim = await in_thread(worker.take)(run)
    await in_thread(say)(run, claim, 20)
    async with Follower(run, alice) as follower:
        seen = []
        while len(seen) < 24:
            seen += numbers(await follower.events(1))
            await follower.socket.send_to(json.dumps({"seen": seen[-1]}))
        assert seen == list(range(1, 25))


@pytest.mark.parametrize("nonsense", ["[]", "null", '{"seen": "x"}', '{"other": 1}', "{"])
async def test_nonsense_from_a_client_is_ignored(start, alice, nonsense):
    run = await in_thread(start)("a")
    async with Follower(run, alice) as follower:
        await follower.socket.send_to(nonsense)
        assert numbers(await follower.events(2)) == [1, 2]


async def test_a_slow_socket_keeps_little_and_reads_the_rest_later():
    subscription = Subscription(_Channel())
    message = b"1\n" + b"x" * 1000
    for _ in range(10_000):
        subscription.push(message)
        assert subscription._bytes <= MAX_QUEUED_BYTES
    assert await subscription.take(1) is None  # that is: read the database
    subscription.push(message)
    assert await subscription.take(1) == [message]


@pytest.mark.parametrize("steps", range(4))
async def test_a_follower_who_leaves_as_something_comes_is_not_followed_on(steps):
    """The end was not heard when it came together with a message, and the socket lived on."""
    subscription = Subscription(_Channel())

    async def follow():
        while True:
            await subscription.take(0.2)

    following = asyncio.create_task(follow())
    await asyncio.wait([following], timeout=0.01)
    subscription.push(b"1\nx")
    for _ in range(steps):
        await asyncio.sleep(0)
    following.cancel()
    _, going = await asyncio.wait([following], timeout=0.5)
    following.cancel()
    assert not going


async def test_nobody_listening_ends_the_reader(start, alice):
    run = await in_thread(start)("a")
    async with Follower(run, alice) as follower:
        await follower.events(2)
        reader = fanout.fanout()._connection
        assert not reader.done()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(reader, 5)

"""A process subscribes in Redis to what is watched there, and to nothing else; no event is lost. With a real Redis."""

from __future__ import annotations

import asyncio
import json

import pytest
from channels.testing import WebsocketCommunicator

from apps.live import fanout as module
from apps.live import sockets
from apps.live.fanout import Fanout, fanout
from apps.live.publish import ACCESS, channel_of
from apps.live.sockets import EventSocket
from tests.serving.plane import RedisServer

SECONDS = 10


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis(server, settings, monkeypatch):
    settings.REDIS_URL = server.url
    monkeypatch.setattr(module, "SECONDS_BETWEEN_TRIES", 0.02)
    return server


def subscribed(server) -> set[str]:
    """Return the channels of topics; that of notices is heard whenever there is one."""
    return {name.decode() for name in server.client.pubsub_channels("*")} - {channel_of(ACCESS)}


async def until(condition) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


async def test_only_what_is_watched_is_subscribed_and_each_topic_once(redis):
    one, other = channel_of("run:1"), channel_of("run:2")
    fanout = Fanout()
    with fanout.subscribe("run:1") as first:
        await first.ready(SECONDS)
        assert subscribed(redis) == {one}
        with fanout.subscribe("run:2") as second, fanout.subscribe("run:1") as third:
            await second.ready(SECONDS)
            assert subscribed(redis) == {one, other}
            assert dict(redis.client.pubsub_numsub(one)) == {one.encode(): 1}
            assert third.is_live
            redis.client.publish(one, b"1\nfor the first")
            assert await first.take(SECONDS) == await third.take(SECONDS) == [b"1\nfor the first"]
            assert await second.take(0.05) is None
        await until(lambda: subscribed(redis) == {one})
        redis.client.publish(one, b"2\nstill heard")
        assert await first.take(SECONDS) == [b"2\nstill heard"]
    await until(lambda: not subscribed(redis))


async def test_a_topic_that_is_watched_again_at_once_is_heard(redis):
    fanout = Fanout()
    with fanout.subscribe("run:stays"):
        for number in range(20):
            with fanout.subscribe("run:again") as subscription:
                await subscription.ready(SECONDS)
                redis.client.publish(channel_of("run:again"), b"%d" % number)
                messages = await subscription.take(SECONDS)
                # None: the confirmation of an earlier subscription came late, so the database would be read.
                assert messages in ([b"%d" % number], None)


async def test_the_last_who_leaves_and_the_next_who_comes_do_not_meet_in_the_middle(redis):
    fanout = Fanout()
    for _ in range(5):
        with fanout.subscribe("run:1") as subscription:
            await subscription.ready(SECONDS)
            assert subscription.is_live
    await until(lambda: not subscribed(redis))


async def test_after_a_restart_of_redis_every_topic_is_subscribed_again_and_the_database_is_read(redis):
    fanout = Fanout()
    with fanout.subscribe("run:1") as first, fanout.subscribe("run:2") as second:
        await first.ready(SECONDS)
        await second.ready(SECONDS)
        redis.stop()
        await until(lambda: not first.is_live and not second.is_live)
        assert await first.take(SECONDS) is None
        await asyncio.to_thread(redis.start)
        await until(lambda: first.is_live and second.is_live)
        assert subscribed(redis) == {channel_of("run:1"), channel_of("run:2")}
        # What was published before the confirmation may be lost.
        assert await first.take(SECONDS) is None
        assert await second.take(SECONDS) is None
        redis.client.publish(channel_of("run:2"), b"heard")
        assert await second.take(SECONDS) == [b"heard"]


@pytest.mark.django_db
async def test_nothing_is_lost_or_sent_twice_to_sockets_that_open_while_events_are_published(redis, monkeypatch):
    """No poll of the database comes to the rescue: what the first reading missed must come from Redis."""
    monkeypatch.setattr(sockets, "SECONDS_BETWEEN_CHECKS", 60.0)
    last = 400
    stored: list[str] = []

    class ListSocket(EventSocket):
        async def topic(self):
            return "run:list"

        async def events_after(self, after, limit):
            await asyncio.sleep(0)
            return list(enumerate(stored[after : after + limit], after + 1))

    async def publish():
        for number in range(1, last + 1):
            stored.append(json.dumps({"seq": number}))
            redis.client.publish(channel_of("run:list"), f"{number}\n{stored[-1]}")
            await asyncio.sleep(0.001)

    async def follow(delay):
        await asyncio.sleep(delay)
        socket = WebsocketCommunicator(ListSocket.as_asgi(), "/")
        await socket.connect()
        received = [json.loads(await socket.receive_from(timeout=SECONDS))["seq"] for _ in range(last)]
        assert await socket.receive_nothing(timeout=0.01)
        await socket.disconnect()
        return received

    *received, _ = await asyncio.gather(*(follow(0.01 * number) for number in range(30)), publish())
    assert all(numbers == list(range(1, last + 1)) for numbers in received)
    await until(lambda: not fanout()._channels)


@pytest.mark.django_db
async def test_a_socket_ends_with_the_right_to_it_at_once_and_no_other(redis):
    """The next check by the clock is a minute away."""
    ended: set[str] = set()

    class OwnSocket(EventSocket):
        async def topic(self):
            return None if self.scope["owner"] in ended else "run:own"

        async def events_after(self, after, limit):
            return []

    async def connect(owner):
        socket = WebsocketCommunicator(OwnSocket.as_asgi(), "/")
        socket.scope["owner"] = owner
        await socket.connect()
        return socket

    former, other = await connect("former"), await connect("other")
    channel = channel_of("run:own")
    await until(lambda: fanout()._channels.get(channel) and len(fanout()._channels[channel].subscriptions) == 2)
    await until(lambda: redis.client.pubsub_numsub(channel_of(ACCESS))[0][1] == 1)
    ended.add("former")
    redis.client.publish(channel_of(ACCESS), b"1\nchanged")
    assert await former.receive_output(timeout=SECONDS) == {"type": "websocket.close", "code": sockets.NOT_FOUND}
    assert await other.receive_nothing(timeout=0.05)
    await other.disconnect()

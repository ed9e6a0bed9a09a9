"""One Redis connection in a process subscribes to the topics that are watched here and feeds the sockets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from apps.live.publish import ACCESS, channel_of

logger = logging.getLogger(__name__)

MAX_QUEUED_BYTES = 256 * 1024
SECONDS_BETWEEN_TRIES = 1.0


class _Channel:
    """A Redis channel that sockets of this process follow. ``is_live``: set while Redis has confirmed it."""

    def __init__(self) -> None:
        self.subscriptions: set[Subscription] = set()
        self.is_live = asyncio.Event()

    def confirm(self) -> None:
        """Handle Redis' confirmation: every message published from now on arrives."""
        self.is_live.set()
        self.mark_lost()

    def disconnect(self) -> None:
        """Handle the end of the subscription: messages are lost from now on."""
        self.is_live.clear()
        self.mark_lost()

    def mark_lost(self) -> None:
        """Make every socket read the database."""
        for subscription in self.subscriptions:
            subscription.mark_lost()


class Subscription:
    """Bounded queue of messages for one socket; on overflow they are dropped and marked as lost."""

    def __init__(self, channel: _Channel) -> None:
        self._channel = channel
        self._messages: deque[bytes] = deque()
        self._bytes = 0
        self._has_lost = False
        self._has_access_changed = False
        self._news = asyncio.Event()

    @property
    def is_live(self) -> bool:
        """Whether messages arrive as they are published."""
        return self._channel.is_live.is_set()

    async def ready(self, timeout_seconds: float) -> None:
        """Wait until the channel is live, at most ``timeout_seconds``.

        The caller reads the database next, so messages lost until now are not missed.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._channel.is_live.wait()
        self._clear()

    def push(self, message: bytes) -> None:
        """Add a message, or drop everything when the socket is too slow for it."""
        if self._bytes + len(message) > MAX_QUEUED_BYTES:
            self.mark_lost()
        elif not self._has_lost:
            self._messages.append(message)
            self._bytes += len(message)
            self._news.set()

    def mark_access_changed(self) -> None:
        """Record that somebody may see less than before."""
        self._has_access_changed = True
        self._news.set()

    def take_access_change(self) -> bool:
        """Return whether somebody may see less than when this was last asked."""
        has_changed, self._has_access_changed = self._has_access_changed, False
        return has_changed

    def mark_lost(self) -> None:
        """Record that messages may be missing: the socket has to read the database."""
        self._clear()
        self._has_lost = True
        self._news.set()

    async def take(self, timeout_seconds: float) -> list[bytes] | None:
        """Wait for messages and return them; ``None`` when the database must be read: some were lost, or none came.

        An empty list says that access has changed.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._news.wait()
        except TimeoutError:
            return None
        messages = None if self._has_lost else list(self._messages)
        self._clear()
        return messages

    def _clear(self) -> None:
        self._messages.clear()
        self._bytes = 0
        self._has_lost = False
        self._news.clear()


class Fanout:
    """The Redis subscriber of one event loop. It is connected while some socket is subscribed."""

    def __init__(self) -> None:
        self._channels: dict[str, _Channel] = {}
        self._confirmed: set[str] = set()
        self._changed = asyncio.Event()
        self._connection: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def subscribe(self, topic: str) -> Iterator[Subscription]:
        """Receive the messages of a topic. The first receiver subscribes in Redis, the last unsubscribes."""
        name = channel_of(topic)
        channel = self._channels.setdefault(name, _Channel())
        if name in self._confirmed:  # watched by another socket, or not unsubscribed yet
            channel.is_live.set()
        subscription = Subscription(channel)
        channel.subscriptions.add(subscription)
        self._changed.set()
        if self._connection is None or self._connection.done():
            self._connection = asyncio.get_running_loop().create_task(self._stay_connected())
        try:
            yield subscription
        finally:
            channel.subscriptions.discard(subscription)
            if not channel.subscriptions:
                del self._channels[name]
                self._changed.set()
            if not self._channels:
                self._connection.cancel()
                self._connection = None

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._connect_and_read()
            except* (RedisError, OSError) as errors:
                logger.warning("live events are read from the database, Redis is away: %s", errors.exceptions[0])
            finally:
                self._confirmed.clear()
                for channel in self._channels.values():
                    channel.disconnect()
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)

    async def _connect_and_read(self) -> None:
        client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=2,
            socket_keepalive=True,
            # If redis-py reconnected by itself, no socket would know that messages were lost and read the database.
            retry=redis.asyncio.retry.Retry(NoBackoff(), 0),
        )
        async with client, client.pubsub() as pubsub:
            subscribed = await self._update(pubsub, set())
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_updated(pubsub, subscribed))
                tasks.create_task(self._read(pubsub))

    async def _keep_updated(self, pubsub: Any, subscribed: set[str]) -> None:
        while True:
            await self._changed.wait()
            subscribed = await self._update(pubsub, subscribed)

    async def _update(self, pubsub: Any, subscribed: set[str]) -> set[str]:
        """Subscribe to exactly the channels that are watched now, and return them."""
        self._changed.clear()
        watched = {*self._channels, channel_of(ACCESS)}
        if added := watched - subscribed:
            await pubsub.subscribe(*added)
        if removed := subscribed - watched:
            self._confirmed -= removed
            await pubsub.unsubscribe(*removed)
        return watched

    async def _read(self, pubsub: Any) -> None:
        while True:
            message = await pubsub.get_message(timeout=None)
            if message is None:
                continue
            name = message["channel"].decode()
            channel = self._channels.get(name, _Channel())  # a new one if no socket watches it any more
            if name == channel_of(ACCESS):
                self._mark_access_changed()
            elif message["type"] == "subscribe":
                self._confirmed.add(name)
                channel.confirm()
            elif message["type"] == "unsubscribe":  # watched again meanwhile, another confirmation follows
                self._confirmed.discard(name)
                channel.disconnect()
            elif message["type"] == "message":
                for subscription in channel.subscriptions:
                    subscription.push(message["data"])

    def _mark_access_changed(self) -> None:
        for channel in self._channels.values():
            for subscription in channel.subscriptions:
                subscription.mark_access_changed()


_fanouts: WeakKeyDictionary[asyncio.AbstractEventLoop, Fanout] = WeakKeyDictionary()


def fanout() -> Fanout:
    """Return the subscriber of the running event loop."""
    return _fanouts.setdefault(asyncio.get_running_loop(), Fanout())

"""One Redis reader in a process hands what it hears to every socket that asked for its topic."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict, deque
from collections.abc import Iterator
from weakref import WeakKeyDictionary

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from apps.live.publish import channel_of

logger = logging.getLogger(__name__)

MOST_WAITING_BYTES = 256 * 1024
SECONDS_BETWEEN_TRIES = 1.0


class Subscription:
    """What came for one socket and was not taken yet. Bounded: what does not fit is dropped and remembered as such."""

    def __init__(self) -> None:
        self._messages: deque[bytes] = deque()
        self._bytes = 0
        self._has_gap = False
        self._news = asyncio.Event()

    def offer(self, message: bytes) -> None:
        """Add a message, or drop everything when the socket is too slow for it."""
        if self._bytes + len(message) > MOST_WAITING_BYTES:
            self.mark_gap()
        elif not self._has_gap:
            self._messages.append(message)
            self._bytes += len(message)
            self._news.set()

    def mark_gap(self) -> None:
        """Say that messages may be missing: the socket has to read the database."""
        self._messages.clear()
        self._bytes = 0
        self._has_gap = True
        self._news.set()

    async def take(self, timeout_seconds: float) -> list[bytes] | None:
        """Return what came, waiting for it; ``None`` when the database must be read: a gap, or nothing in time."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._news.wait()
        except TimeoutError:
            return None
        self._news.clear()
        if self._has_gap:
            self._has_gap = False
            return None
        messages = list(self._messages)
        self._messages.clear()
        self._bytes = 0
        return messages


class Fanout:
    """The reader of one event loop; it lives while somebody listens."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Subscription]] = defaultdict(set)
        self._reader: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.is_connected = False

    async def ready(self, timeout_seconds: float) -> bool:
        """Wait until Redis is heard, so that nothing said from now on is missed; ``False`` when it is away."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._ready.wait()
        return self.is_connected

    @contextlib.contextmanager
    def listening(self, topic: str) -> Iterator[Subscription]:
        """Hear a topic for a while."""
        channel = channel_of(topic)
        subscription = Subscription()
        self._listeners[channel].add(subscription)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.get_running_loop().create_task(self._read_again_and_again())
        try:
            yield subscription
        finally:
            self._listeners[channel].discard(subscription)
            if not self._listeners[channel]:
                del self._listeners[channel]
            if not self._listeners:
                self._reader.cancel()

    async def _read_again_and_again(self) -> None:
        try:
            while True:
                try:
                    await self._read()
                except (RedisError, OSError) as error:
                    logger.warning("live events come from the database, Redis is away: %s", error)
                self._lose()
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)
        finally:
            self._lose()

    async def _read(self) -> None:
        client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, socket_keepalive=True, health_check_interval=15
        )
        async with client, client.pubsub() as heard:
            await heard.psubscribe(channel_of("*"))
            async for message in heard.listen():
                if message["type"] == "psubscribe":
                    self.is_connected = True
                    self._ready.set()
                    self._mark_gaps()
                elif message["type"] == "pmessage":
                    for subscription in tuple(self._listeners.get(message["channel"].decode(), ())):
                        subscription.offer(message["data"])

    def _lose(self) -> None:
        self.is_connected = False
        self._ready.clear()
        self._mark_gaps()

    def _mark_gaps(self) -> None:
        for listeners in self._listeners.values():
            for subscription in listeners:
                subscription.mark_gap()


_fanouts: WeakKeyDictionary[asyncio.AbstractEventLoop, Fanout] = WeakKeyDictionary()


def fanout() -> Fanout:
    """Return the reader of the running event loop."""
    return _fanouts.setdefault(asyncio.get_running_loop(), Fanout())

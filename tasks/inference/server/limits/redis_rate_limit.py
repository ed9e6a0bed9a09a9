"""The connection over which Redis is asked how many requests of a key may go on: no task and no lock a question."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, cast

import hiredis
import redis.asyncio as redis
from redis.exceptions import RedisError

from tasks.inference.server.deployments.snapshot import Key

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 0.5
AWAY = (RedisError, OSError, TimeoutError, hiredis.HiredisError)
RATE_KEY = "lepton:serving:rate:"
DAY_KEY = "lepton:serving:day:"

# Takes up to ARGV[1] requests; the list holds the moments of those within the last second. One clock: that of Redis.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local free = tonumber(ARGV[1])
local wait = 0
local per_second = tonumber(ARGV[2])
if per_second > 0 then
  local oldest = redis.call('LINDEX', KEYS[1], -1)
  while oldest and now - tonumber(oldest) >= 1000000 do
    redis.call('RPOP', KEYS[1])
    oldest = redis.call('LINDEX', KEYS[1], -1)
  end
  free = math.min(free, per_second - redis.call('LLEN', KEYS[1]))
  wait = 1
end
local per_day = tonumber(ARGV[3])
if per_day > 0 then
  local name = KEYS[2] .. math.floor(clock[1] / 86400)
  local left = per_day - tonumber(redis.call('GET', name) or '0')
  if left <= 0 then return {0, 86400 - clock[1] % 86400} end
  free = math.min(free, left)
  if free > 0 then
    redis.call('INCRBY', name, free)
    redis.call('EXPIRE', name, 172800)
  end
end
if per_second > 0 and free > 0 then
  local at = string.format('%.0f', now)
  for _ = 1, free do redis.call('LPUSH', KEYS[1], at) end
  redis.call('PEXPIRE', KEYS[1], 2000)
end
return {math.max(free, 0), wait}
"""
BY_TEXT = (b"EVAL", TAKE.encode())
BY_NAME = (b"EVALSHA", sha1(TAKE.encode()).hexdigest().encode())  # noqa: S324 - what Redis calls a script


@dataclass(frozen=True)
class Decision:
    """How many requests may go on, and in how many seconds the others should come again."""

    granted: int
    wait: int


Tell = Callable[[Decision | None], None]
"""Takes what Redis said, or ``None`` when it said nothing in time."""


@dataclass(eq=False)
class Check:
    """One question on its way: what it is about, who wants to know, and when it is late."""

    about: tuple[bytes, ...]
    tell: Tell
    late: asyncio.TimerHandle


class RedisRateLimit(asyncio.Protocol):
    """Asks Redis, in the order of asking; a connection that is late or breaks is given up with all its questions.

    redis-py opens it, for it knows every form of an address, password and certificate; then only questions and
    answers go over it, which takes a tenth of what a command through redis-py does.
    """

    def __init__(self, url: str) -> None:
        self._pool: Any = redis.ConnectionPool.from_url(url, protocol=2, socket_connect_timeout=1)
        self._writer: asyncio.StreamWriter | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._opening: asyncio.Task[None] | None = None
        self._reader = hiredis.Reader()
        self._asked: deque[Check] = deque()

    def ask(self, key: Key, count: int, tell: Tell) -> None:
        """Take up to ``count`` requests of a key; ``tell`` is told exactly once, within `ANSWER_SECONDS`."""
        loop = asyncio.get_running_loop()
        names = (f"{RATE_KEY}{key.id}".encode(), f"{DAY_KEY}{key.id}:".encode())
        about = (b"2", *names, b"%d" % count, b"%d" % key.per_second, b"%d" % key.per_day)
        question = Check(about, tell, loop.call_later(ANSWER_SECONDS, self._give_up, "it did not answer in time"))
        self._asked.append(question)
        if self._transport is not None:
            self._transport.write(_packed(*BY_NAME, *about))
        elif self._opening is None:
            self._opening = asyncio.create_task(self._open())

    async def close(self) -> None:
        """Close the connection."""
        opening = self._opening
        self._give_up("")
        if opening is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await opening

    def data_received(self, data: bytes) -> None:
        """Tell who asked."""
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not False:
                self._answered(reply)
        except AWAY as error:
            self._give_up(error)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who asked that there is no answer; the next question opens a new connection."""
        self._give_up(error or "it closed the connection")

    def _answered(self, reply: Any) -> None:
        question = self._asked.popleft()
        if isinstance(reply, hiredis.ReplyError):
            if not str(reply).startswith("NOSCRIPT") or self._transport is None:
                self._asked.appendleft(question)
                raise reply
            self._asked.append(question)
            self._transport.write(_packed(*BY_TEXT, *question.about))
            return
        question.late.cancel()
        granted, wait = reply
        question.tell(Decision(granted, wait))

    async def _open(self) -> None:
        connection = self._pool.make_connection()
        try:
            await connection.connect()
        except AWAY as error:
            self._opening = None
            self._give_up(error)
            return
        except asyncio.CancelledError:
            await connection.disconnect(nowait=True)
            raise
        self._opening = None
        self._reader = hiredis.Reader()
        self._writer = _taken_over(connection)
        self._transport = self._writer.transport
        self._transport.set_protocol(self)
        for question in self._asked:
            self._transport.write(_packed(*BY_NAME, *question.about))

    def _give_up(self, why: object) -> None:
        transport, self._transport = self._transport, None
        opening, self._opening = self._opening, None
        asked, self._asked = self._asked, deque()
        if opening is not None:
            opening.cancel()
        if transport is not None:
            transport.set_protocol(asyncio.Protocol())  # its end is no news any more
            transport.abort()
        if asked:
            logger.warning("limits are counted in this process alone, Redis is away: %s", why)
        for question in asked:
            question.late.cancel()
            question.tell(None)


def _taken_over(connection: Any) -> asyncio.StreamWriter:
    """Return the writer of an open connection, which is left without one; dropping it ends the connection."""
    writer = connection._writer  # noqa: SLF001 - there is no other way to it
    connection._writer = connection._reader = None  # noqa: SLF001 - else its end would be taken for a leak
    return cast("asyncio.StreamWriter", writer)


def _packed(*parts: bytes) -> bytes:
    """Return a command as Redis reads it."""
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)

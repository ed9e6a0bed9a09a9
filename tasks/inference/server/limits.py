"""Rate limits and quotas of keys, exact over all serving processes while Redis is there, over each one without it."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from tasks.inference.server.answers import Refusal
from tasks.inference.server.snapshot import Key

logger = logging.getLogger(__name__)

DAY = 86_400
ANSWER_SECONDS = 0.5
AWAY_SECONDS = 2.0
RATE_KEY = "lepton:serving:rate:"
DAY_KEY = "lepton:serving:day:"
AWAY = (RedisError, OSError, TimeoutError)

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


@dataclass(frozen=True)
class Taken:
    """How many requests may go on, and in how many seconds the others should come again."""

    granted: int
    wait: int


class Tally:
    """What one key used, in this process."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque()
        self._day = 0
        self._used = 0

    def take(self, key: Key, count: int, now: float) -> Taken:
        """Take up to ``count`` requests at ``now``, seconds since 1970."""
        free = count
        if key.per_second:
            while self._moments and now - self._moments[0] >= 1:
                self._moments.popleft()
            free = min(free, key.per_second - len(self._moments))
        if key.per_day:
            day = int(now // DAY)
            if day != self._day:
                self._day, self._used = day, 0
            left = key.per_day - self._used
            if left <= 0:
                return Taken(0, math.ceil(DAY - now % DAY))
            free = min(free, left)
        free = max(free, 0)
        self._used += free
        if key.per_second:
            self._moments.extend([now] * free)
        return Taken(free, 1)


class Limits:
    """Lets requests of limited keys through, in the order they came.

    Requests of one key that come while Redis is being asked are asked about together: the limit costs one question
    at a time however many come.
    """

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._redis: Any = None
        self._take: Any = None
        self._away_until = 0.0
        self._row: dict[str, deque[asyncio.Future[Taken]]] = {}
        self._tallies: dict[str, Tally] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def admit(self, key: Key) -> None:
        """Count a request of a limited key.

        Raises:
            Refusal: 429 with the time to come again.
        """
        mine: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        row = self._row.get(key.id)
        if row is None:
            self._row[key.id] = deque([mine])
            task = asyncio.create_task(self._work(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            row.append(mine)
        taken = await mine
        if not taken.granted:
            raise _refused(key, taken.wait)

    async def close(self) -> None:
        """Close the connection."""
        if self._redis is not None:
            await self._redis.aclose()

    async def _work(self, key: Key) -> None:
        row = self._row[key.id]
        while row:
            asking = [row.popleft() for _ in range(len(row))]
            taken = await self._taken(key, len(asking))
            for at, mine in enumerate(asking):
                if not mine.done():
                    mine.set_result(Taken(int(at < taken.granted), taken.wait))
        del self._row[key.id]

    async def _taken(self, key: Key, count: int) -> Taken:
        if time.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    granted, wait = await self._ask(key, count)
                return Taken(int(granted), int(wait))
            except AWAY as error:
                logger.warning("limits are counted in this process alone, Redis is away: %s", error)
                self._away_until = time.monotonic() + AWAY_SECONDS
        return self._tallies.setdefault(key.id, Tally()).take(key, count, time.time())

    async def _ask(self, key: Key, count: int) -> Any:
        if self._take is None:
            self._redis = redis.Redis.from_url(self._url, socket_timeout=5, socket_connect_timeout=1)
            self._take = self._redis.register_script(TAKE)
        names = [RATE_KEY + key.id, f"{DAY_KEY}{key.id}:"]
        return await self._take(keys=names, args=[count, key.per_second, key.per_day])


def _refused(key: Key, wait: int) -> Refusal:
    if wait > 1:
        message = f"This key may ask {key.per_day} times a day and has done so. The next day begins at 00:00 UTC."
        code = "quota_used_up"
    else:
        message = f"This key may ask {key.per_second} times a second. Come again in a second."
        code = "too_many_requests"
    return Refusal(429, code, message, headers=((b"retry-after", b"%d" % max(wait, 1)),))

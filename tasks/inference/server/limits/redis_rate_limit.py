"""How many requests of a key may go on, decided by a script in Redis that all serving processes share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from tasks.inference.server.limits.api_keys import Key

ANSWER_SECONDS = 0.5
MAX_CONNECTIONS = 8
"""Each serves one key at a time."""

AWAY = (RedisError, OSError, TimeoutError)
RATE_KEY = "lepton:serving:rate:"
DAY_KEY = "lepton:serving:day:"

# Takes up to ARGV[1] requests. The list holds the moments of those within the last second, by the one clock of Redis.
# Returns how many; what refuses the others: 1 for the quota of the day, 0 for the limit of a second; seconds to wait.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local free = tonumber(ARGV[1])
local by_day, wait = 0, 1
local per_second = tonumber(ARGV[2])
if per_second > 0 then
  local oldest = redis.call('LINDEX', KEYS[1], -1)
  while oldest and now - tonumber(oldest) >= 1000000 do
    redis.call('RPOP', KEYS[1])
    oldest = redis.call('LINDEX', KEYS[1], -1)
  end
  free = math.max(math.min(free, per_second - redis.call('LLEN', KEYS[1])), 0)
end
local per_day = tonumber(ARGV[3])
if per_day > 0 then
  local name = KEYS[2] .. math.floor(clock[1] / 86400)
  local left = math.max(per_day - tonumber(redis.call('GET', name) or '0'), 0)
  if left <= free then free, by_day, wait = left, 1, 86400 - clock[1] % 86400 end
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
return {free, by_day, wait}
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """How many requests are granted, and what refuses the others.

    Attributes:
        granted: Requests that may go on.
        by_day: True when the quota of the day refuses the others, false when the limit of a second does.
        wait_seconds: After how many seconds the others may come again.
    """

    granted: int
    by_day: bool
    wait_seconds: int


class RedisRateLimit:
    """Counts requests of keys in Redis.

    Args:
        url: Of the Redis.
    """

    def __init__(self, url: str) -> None:
        # Not repeated: a command whose answer was lost may have counted, and the local count takes over at once.
        self._pool: Any = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=MAX_CONNECTIONS,
            timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._script: Any = redis.Redis(connection_pool=self._pool).register_script(TAKE)

    async def take(self, key: Key, count: int) -> Decision:
        """Take up to ``count`` requests of a key.

        Raises:
            RedisError, OSError, TimeoutError: Redis did not answer within `ANSWER_SECONDS`.
        """
        async with asyncio.timeout(ANSWER_SECONDS):
            granted, by_day, wait_seconds = await self._script(
                keys=[f"{RATE_KEY}{key.id}", f"{DAY_KEY}{key.id}:"], args=[count, key.per_second, key.per_day]
            )
        return Decision(granted, bool(by_day), wait_seconds)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

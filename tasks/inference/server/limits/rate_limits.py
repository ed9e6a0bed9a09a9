"""Rate limits and quotas of keys: exact over all processes while Redis answers, over each process without it."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from dataclasses import dataclass, field

from tasks.inference.server.immediate_future import ImmediateFuture
from tasks.inference.server.limits.api_keys import Key
from tasks.inference.server.limits.redis_rate_limit import AWAY, Decision, RedisRateLimit
from tasks.inference.server.responses import HttpError

logger = logging.getLogger(__name__)

DAY_SECONDS = 86_400
AWAY_SECONDS = 2.0
"""How long requests are counted locally before Redis is tried again."""


@dataclass
class LocalWindow:
    """What one key used in this process. ``moments``: of the requests within the last second."""

    moments: deque[float] = field(default_factory=deque)
    day: int = 0
    used: int = 0

    def take(self, key: Key, count: int, now: float) -> Decision:
        """Take up to ``count`` requests at ``now``, seconds since 1970."""
        free, by_day, wait_seconds = count, False, 1
        if key.per_second:
            while self.moments and now - self.moments[0] >= 1:
                self.moments.popleft()
            free = max(min(free, key.per_second - len(self.moments)), 0)
        if key.per_day:
            day = int(now // DAY_SECONDS)
            if day != self.day:
                self.day, self.used = day, 0
            left = max(key.per_day - self.used, 0)
            if left <= free:
                free, by_day, wait_seconds = left, True, math.ceil(DAY_SECONDS - now % DAY_SECONDS)
        self.used += free
        if key.per_second:
            self.moments.extend([now] * free)
        return Decision(free, by_day, wait_seconds)


class RateLimits:
    """Admits requests of limited keys in the order in which they came.

    Requests of one key that arrive during a command to Redis share the next command: a key costs one command at a
    time, however many of its requests come.

    Args:
        redis_url: Where the counts of all processes are.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis = RedisRateLimit(redis_url)
        self._away_until = 0.0
        self._waiting: dict[str, list[ImmediateFuture[Decision]]] = {}
        self._windows: dict[str, LocalWindow] = {}
        self._checks: set[asyncio.Task[None]] = set()

    async def admit(self, key: Key) -> None:
        """Count a request of a limited key.

        Raises:
            HttpError: 429 with the time after which the next may come.
        """
        future: ImmediateFuture[Decision] = ImmediateFuture()
        waiting = self._waiting.get(key.id)
        if waiting is not None:
            waiting.append(future)
        else:
            self._waiting[key.id] = [future]
            check = asyncio.get_running_loop().create_task(self._check(key))
            self._checks.add(check)
            check.add_done_callback(self._checks.discard)
        decision = await future
        if not decision.granted:
            raise over_limit(key, decision)

    async def close(self) -> None:
        """Close the connections; requests that still wait are not answered."""
        for check in self._checks:
            check.cancel()
        await self._redis.close()

    async def _check(self, key: Key) -> None:
        """Decide about the waiting requests of a key, and about those that came meanwhile, until none wait."""
        batch: list[ImmediateFuture[Decision]] = []
        try:
            while batch := self._waiting[key.id]:
                self._waiting[key.id] = []
                decision = await self._decide(key, len(batch))
                for position, future in enumerate(batch):
                    if not future.done():  # a task that waited for it was cancelled; it was counted all the same
                        own = Decision(int(position < decision.granted), decision.by_day, decision.wait_seconds)
                        future.set_result(own)
        except Exception as error:  # edge of the task: the requests are answered with 500, which logs it
            for future in (*batch, *self._waiting[key.id]):
                if not future.done():
                    future.set_exception(error)
        finally:
            del self._waiting[key.id]  # or every later request of the key would wait for a task that has ended

    async def _decide(self, key: Key, count: int) -> Decision:
        if time.monotonic() >= self._away_until:
            try:
                return await self._redis.take(key, count)
            except AWAY as error:
                logger.warning("limits are counted in this process alone, Redis is away: %s", error)
                self._away_until = time.monotonic() + AWAY_SECONDS
        return self._windows.setdefault(key.id, LocalWindow()).take(key, count, time.time())


def over_limit(key: Key, decision: Decision) -> HttpError:
    """Return the error for a request over its key's limit."""
    if decision.by_day:
        message = f"This key may ask {key.per_day} times a day and has done so. The next day begins at 00:00 UTC."
        code = "quota_used_up"
    else:
        message = f"This key may ask {key.per_second} times a second. Come again in a second."
        code = "too_many_requests"
    return HttpError(429, code, message, headers=((b"retry-after", b"%d" % max(decision.wait_seconds, 1)),))

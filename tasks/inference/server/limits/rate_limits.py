"""Rate limits and quotas of keys, exact over all serving processes while Redis is there, over each one without it."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tasks.inference.server.deployments.snapshot import Key
from tasks.inference.server.http.responses import HttpError
from tasks.inference.server.limits.redis_rate_limit import Decision, RedisRateLimit

DAY = 86_400
AWAY_SECONDS = 2.0
ADMISSION = "lepton.admission"
"""Where a request's scope holds that it was asked about before, so that it is counted once."""


@dataclass(eq=False)
class PendingCheck:
    """A request that was asked about.

    Attributes:
        taken: What was said; ``None`` until then.
        tell: Told what was said, if anybody waits for it.
    """

    taken: Decision | None = None
    tell: Callable[[Decision], None] | None = None


class LocalWindow:
    """What one key used, in this process."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque()
        self._day = 0
        self._used = 0

    def take(self, key: Key, count: int, now: float) -> Decision:
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
                return Decision(0, math.ceil(DAY - now % DAY))
            free = min(free, left)
        free = max(free, 0)
        self._used += free
        if key.per_second:
            self._moments.extend([now] * free)
        return Decision(free, 1)


class RateLimits:
    """Lets requests of limited keys through, in the order they came.

    Requests of one key that come while Redis is being asked are asked about together: the limit costs one question
    at a time however many come.
    """

    def __init__(self, redis_url: str) -> None:
        self._meter = RedisRateLimit(redis_url)
        self._away_until = 0.0
        self._rows: dict[str, list[PendingCheck]] = {}
        self._tallies: dict[str, LocalWindow] = {}

    def ask(self, key: Key) -> PendingCheck:
        """Count a request of a limited key; what came of it is said in a moment, never before this returns."""
        asked = PendingCheck()
        row = self._rows.get(key.id)
        if row is None:
            self._rows[key.id] = [asked]
            asyncio.get_running_loop().call_soon(self._next, key)
        else:
            row.append(asked)
        return asked

    async def admit(self, key: Key, asked: PendingCheck | None = None) -> None:
        """Let a request of a limited key go on.

        Args:
            key: The key.
            asked: What `ask` returned if it was asked about before.

        Raises:
            HttpError: 429 with the time to come again.
        """
        asked = asked or self.ask(key)
        taken = asked.taken
        if taken is None:
            mine: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
            asked.tell = lambda said: None if mine.done() else mine.set_result(said)
            taken = await mine
        if not taken.granted:
            raise refused(key, taken)

    async def close(self) -> None:
        """Close the connection."""
        await self._meter.close()

    def _next(self, key: Key) -> None:
        row = self._rows[key.id]
        if not row:
            del self._rows[key.id]
            return
        self._rows[key.id] = []
        if time.monotonic() < self._away_until:
            self._say(key, row, self._counted(key, len(row)))
        else:
            self._meter.ask(key, len(row), partial(self._said, key, row))

    def _said(self, key: Key, row: list[PendingCheck], taken: Decision | None) -> None:
        if taken is None:
            self._away_until = time.monotonic() + AWAY_SECONDS
            taken = self._counted(key, len(row))
        self._say(key, row, taken)

    def _say(self, key: Key, row: list[PendingCheck], taken: Decision) -> None:
        asyncio.get_running_loop().call_soon(self._next, key)
        for at, asked in enumerate(row):
            asked.taken = Decision(int(at < taken.granted), taken.wait)
            if asked.tell is not None:
                asked.tell(asked.taken)

    def _counted(self, key: Key, count: int) -> Decision:
        return self._tallies.setdefault(key.id, LocalWindow()).take(key, count, time.time())


def refused(key: Key, taken: Decision) -> HttpError:
    """Return the answer to a request over its key's limit."""
    if taken.wait > 1:
        message = f"This key may ask {key.per_day} times a day and has done so. The next day begins at 00:00 UTC."
        code = "quota_used_up"
    else:
        message = f"This key may ask {key.per_second} times a second. Come again in a second."
        code = "too_many_requests"
    return HttpError(429, code, message, headers=((b"retry-after", b"%d" % max(taken.wait, 1)),))

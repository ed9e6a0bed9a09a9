"""Admission of requests: how many at once, in which order they get the processor, and how long each may wait."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from tasks.inference.server.immediate_future import ImmediateFuture
from tasks.inference.server.responses import HttpError, retry_later

SLICE_SECONDS = 0.002
"""Computing between two iterations of the event loop; a refusal is sent at most about this much later."""

ROW_SLICE_SECONDS = 0.006
"""The same for single rows while the queue is empty: answering many at once costs less than queueing them."""

LEARNING_REQUESTS = 10
"""Requests that are measured before any is refused for what those before it would take: the first ones after a start,
or one that the machine interrupted, take far longer than the rest."""

MEAN_WEIGHT = 0.05  # of the newest request in the running mean of what one takes
PACE_WEIGHT = 0.02  # of the newest request in the running pace of the queue
BATCH_PACE_WEIGHT = 0.2  # of the newest request in the running pace of the batch thread

SUSTAINED_SECONDS = 1.0
"""A queue that has been non-empty for longer is under a sustained load: a longer wait then answers no more requests."""

SUSTAINED_SHARE = 0.2  # of the longest wait that is left under a sustained load


class ConcurrencyLimit:
    """Bounds the requests under way: in all, and of one key.

    Args:
        count: Requests in all.
        count_per_key: Requests of one key.
    """

    def __init__(self, count: int, count_per_key: int) -> None:
        self._count = count
        self._count_per_key = count_per_key
        self._by_key: dict[str, int] = {}
        self._full_keys = 0
        self.under_way = 0

    def enter(self, key: str) -> None:
        """Count a request as under way; `leave` ends that.

        Raises:
            HttpError: 503 when there are too many, 429 when the key has too many.
        """
        if self.under_way >= self._count:
            raise no_capacity()
        held = self._by_key.get(key, 0)
        if held >= self._count_per_key:
            raise no_capacity_for_key()
        self.under_way += 1
        held += 1
        self._by_key[key] = held
        if held == self._count_per_key:
            self._full_keys += 1

    def leave(self, key: str) -> None:
        """Count a request as done."""
        self.under_way -= 1
        held = self._by_key[key]
        if held == self._count_per_key:
            self._full_keys -= 1
        if held > 1:
            self._by_key[key] = held - 1
        else:
            del self._by_key[key]

    def is_full(self) -> bool:
        """Return whether `enter` would refuse now: every request, or those of some key."""
        return self._full_keys > 0 or self.under_way >= self._count

    def refusal_status(self, key: str) -> int:
        """Return the status with which `enter` would refuse now; 0 when it would not."""
        if self.under_way >= self._count:
            return 503
        return 429 if self._by_key.get(key, 0) >= self._count_per_key else 0


@dataclass(eq=False)
class QueuedRequest:
    """A request in the queue.

    Attributes:
        since: `perf_counter` time at which it arrived.
        latest: `perf_counter` time after which its client does not wait any more.
        turn: Done once the request may run; failed with the `HttpError` that refuses it.
    """

    since: float
    latest: float
    turn: ImmediateFuture[None] = field(default_factory=ImmediateFuture)


class RequestQueue:
    """The order in which requests get the processor.

    Requests run at once as long as they fit between two iterations of the event loop; further ones wait in a queue. A
    request that would wait too long is refused on arrival, so that a refusal costs its client milliseconds, and nothing
    is computed for a client that disconnected or whose deadline has passed.

    A burst may fill the queue up to the longest wait. Under a load that lasts, a long queue answers no more requests
    than a short one and only delays each, so it is kept short then.

    Args:
        max_wait_seconds: The longest wait.
    """

    def __init__(self, max_wait_seconds: float) -> None:
        self._max_wait = max_wait_seconds
        self._busy_since = 0.0
        self._queue: deque[QueuedRequest] = deque()
        self._spent = 0.0
        self._mean = 0.0
        self._measured = 0
        self._pace = 0.0
        self._is_scheduled = False
        self._round_began = 0.0
        self._released = 0

    @property
    def expected(self) -> float:
        """How long a request that comes now would wait, in seconds.

        The queue advances slower than its requests compute: reading bodies, refusing others and the rest of the
        machine's work come on top. So the pace of the queue itself is measured while there is one. Nothing is expected
        before `LEARNING_REQUESTS` were measured.
        """
        if self._measured < LEARNING_REQUESTS:
            return 0.0
        return len(self._queue) * max(self._mean, self._pace)

    @property
    def max_wait(self) -> float:
        """The longest wait of a request that comes now, in seconds."""
        return _max_wait(self._max_wait, self._busy_since if self._queue else 0.0, max(self._mean, self._pace))

    def may_run(self) -> bool:
        """Return whether a request may run at once."""
        return self._spent < SLICE_SECONDS and not self._queue

    def may_run_row(self) -> bool:
        """Return whether a request of a single row may run at once."""
        return self._spent < ROW_SLICE_SECONDS and not self._queue

    def is_full(self) -> bool:
        """Return whether a request that comes now would be refused."""
        return bool(self._queue) and self.expected > self.max_wait

    async def wait(self, latest: float = math.inf) -> None:
        """Return when the request may run.

        Args:
            latest: `perf_counter` time after which its client does not wait any more.

        Raises:
            HttpError: 503, it would wait or has waited too long.
        """
        now = perf_counter()
        if self.is_full():
            raise busy(self.max_wait)
        if now + self.expected > latest:
            raise too_late()
        request = QueuedRequest(now, latest)
        if not self._queue:
            self._round_began, self._busy_since = 0.0, now
        self._queue.append(request)
        self._schedule()
        try:
            await request.turn
        finally:
            # Where the client disconnected, the waiting coroutine was closed, and nothing may resume it.
            request.turn.cancel()

    def spent(self, seconds: float, requests: int = 1) -> None:
        """Record what so many requests took together."""
        self._spent += seconds
        each = seconds / requests
        if self._measured < LEARNING_REQUESTS:
            self._measured += requests
            self._mean += (each - self._mean) * requests / self._measured
        else:
            weight = MEAN_WEIGHT * requests
            self._mean += (each - self._mean) * (weight if weight < 1 else 1)
        if not self._is_scheduled:
            self._schedule()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._run_next)

    def _run_next(self) -> None:
        """Release as many requests as fit before the next iteration of the event loop."""
        self._is_scheduled = False
        self._spent = 0.0
        now = perf_counter()
        self._measure_pace(now)
        planned, self._released = 0.0, 0
        try:
            # A request on a connection runs within set_result and adds to `_spent`; one in a task runs later, so what
            # it will take is planned.
            while self._queue and max(planned, self._spent) < SLICE_SECONDS:
                request = self._queue.popleft()
                if request.turn.done():
                    continue
                if now > request.latest:
                    request.turn.set_exception(too_late())
                elif now - request.since > 2 * self._max_wait:
                    request.turn.set_exception(busy(self._max_wait))
                else:  # only requests that run take time from the others
                    planned += self._mean
                    self._released += 1
                    request.turn.set_result(None)
        finally:
            if self._queue:
                self._schedule()

    def _measure_pace(self, now: float) -> None:
        """Learn how long the queue took to advance by one request since the last round."""
        if self._round_began and self._released:
            each = (now - self._round_began) / self._released
            self._pace += (each - self._pace) * min(1.0, PACE_WEIGHT * self._released) if self._pace else each
        self._round_began = now if self._queue else 0.0
        if not self._queue:
            self._pace = 0.0


class BatchQueue:
    """The queue before the thread that computes expensive requests, bounded by how long a new one would wait.

    Args:
        max_wait_seconds: The longest wait.
    """

    def __init__(self, max_wait_seconds: float) -> None:
        self._max_wait = max_wait_seconds
        self._waiting = 0
        self._pace = 0.0
        self._last_left = 0.0
        self._busy_since = 0.0

    @property
    def max_wait(self) -> float:
        """The longest wait of a request that comes now, in seconds; see `RequestQueue`."""
        return _max_wait(self._max_wait, self._busy_since if self._waiting else 0.0, self._pace)

    @property
    def expected(self) -> float:
        """How long a request that comes now would wait, in seconds, at the pace at which the last ones left."""
        return self._waiting * self._pace

    def is_full(self) -> bool:
        """Return whether a request that comes now would be refused."""
        return self._waiting > 0 and self.expected > self.max_wait

    @contextmanager
    def held(self, latest: float) -> Iterator[float]:
        """Count a request as waiting or computed while the block runs.

        Yields:
            `perf_counter` time until which the work must have begun.

        Raises:
            HttpError: 503, it would wait too long.
        """
        now, expected = perf_counter(), self.expected
        if self.is_full():
            raise busy(self.max_wait)
        if now + expected > latest:
            raise too_late()
        if not self._waiting:
            self._last_left = self._busy_since = now
        self._waiting += 1
        try:
            yield min(latest, now + 2 * self._max_wait)
        finally:
            self._waiting -= 1
            left = perf_counter()
            interval = left - self._last_left
            self._pace += (interval - self._pace) * BATCH_PACE_WEIGHT if self._pace else interval
            self._last_left = left


def _max_wait(longest: float, busy_since: float, each: float) -> float:
    """Return how long a request that comes now may wait.

    Args:
        longest: The longest wait in a burst.
        busy_since: When the queue was empty for the last time; 0 while it is.
        each: Seconds that one request takes. Two may always wait, so that the processor does not.
    """
    if not busy_since or perf_counter() - busy_since <= SUSTAINED_SECONDS:
        return longest
    return min(longest, max(longest * SUSTAINED_SHARE, 2 * each))


def too_late() -> HttpError:
    """Return the error for a request whose deadline cannot be kept."""
    return retry_later(503, "too_late", "No answer could be had within “X-Deadline-Ms”, so none was computed.")


def no_capacity() -> HttpError:
    """Return the error for a request more than the server works on at once."""
    return retry_later(503, "busy", "The server has as many requests under way as it takes. Come again.")


def no_capacity_for_key() -> HttpError:
    """Return the error for a request more than one key may have under way."""
    return retry_later(429, "too_many_requests", "This key has too many requests under way. Come again.")


def busy(seconds: float) -> HttpError:
    """Return the error for a request that would wait too long."""
    message = f"More requests wait than can be answered in {max(seconds, 0.1):.1f} s. Come again."
    return retry_later(503, "busy", message)

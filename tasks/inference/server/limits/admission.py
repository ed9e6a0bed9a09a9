"""Who is let in and when: concurrency, queue on the processor, and how long a caller is willing to wait."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from tasks.inference.server.http.body import ClientDisconnected
from tasks.inference.server.http.responses import HttpError, Receive, come_again

SLICE_SECONDS = 0.002
"""Work between two looks at the network; a refusal waits at most about this long for its turn."""

QUICK_SLICE_SECONDS = 0.006
"""The same while nobody waits: many small answers at once cost less than putting them in a row."""

WEIGHT = 0.05  # of the newest request in the running mean of what one takes
STANDING_SECONDS = 1.0
"""A row that was never empty for so long is no burst that passes: who comes now would only wait, for nothing."""

STANDING_SHARE = 0.2  # of the max_wait that is left while the row stands

LANE_WEIGHT = 0.2  # of the newest request in the running pace of the thread
PACE_WEIGHT = 0.02  # of the newest request in the running pace of the row


class ConcurrencyLimit:
    """Requests under way: so many in all, and so many for one key.

    Args:
        count: ConcurrencyLimit in all.
        count_per_key: ConcurrencyLimit one key may hold.
    """

    def __init__(self, count: int, count_per_key: int) -> None:
        self._count = count
        self._count_per_key = count_per_key
        self._under_way = 0
        self._by_key: dict[str, int] = {}

    def enter(self, key: str) -> None:
        """Take a place; `leave` gives it back.

        Raises:
            HttpError: 503 when there is none, 429 when the key has its share.
        """
        if self._under_way >= self._count:
            raise no_place()
        held = self._by_key.get(key, 0)
        if held >= self._count_per_key:
            raise no_place_for_key()
        self._under_way += 1
        self._by_key[key] = held + 1

    def leave(self, key: str) -> None:
        """Give the place back."""
        self._under_way -= 1
        left = self._by_key[key] - 1
        if left:
            self._by_key[key] = left
        else:
            del self._by_key[key]

    def refusal(self, key: str, reserved: int) -> int:
        """Return the status with which `enter` would refuse after so many that are on their way; 0 for none."""
        if self._under_way + reserved >= self._count:
            return 503
        return 429 if self._by_key.get(key, 0) >= self._count_per_key else 0

    @contextmanager
    def held(self, key: str) -> Iterator[None]:
        """Hold a place while the block runs. Raises as `enter` does."""
        self.enter(key)
        try:
            yield
        finally:
            self.leave(key)


Tell = Callable[[HttpError | None], None]
"""Told that the turn has come, or why it will not."""


@dataclass(eq=False)
class QueuedRequest:
    """A request in the row.

    Attributes:
        since: When it came.
        latest: Until when its caller waits.
        tell: Is told once.
        is_gone: It wants its turn no more, and nothing is told.
    """

    since: float
    latest: float
    tell: Tell
    is_gone: bool = False


class RequestQueue:
    """The order in which requests get the processor.

    While there is time they run at once. When more come than fit between two looks at the network, they wait in a
    row; who would wait too long is refused on arrival, so that a refusal never costs its caller more than
    milliseconds, and nothing is computed for a caller who has hung up or whose deadline has passed.

    A burst may fill the row to the whole max_wait. Under a load that lasts, a long row answers no more requests than a
    short one and only makes each of them late, so it is kept short then.

    Args:
        max_wait_seconds: The longest wait.

    Attributes:
        reserved: Requests on their way to the row since the last look at the network.
    """

    def __init__(self, max_wait_seconds: float) -> None:
        self.reserved = 0
        self._max_wait = max_wait_seconds
        self._stands_since = 0.0
        self._row: deque[QueuedRequest] = deque()
        self._spent = 0.0
        self._mean = 0.0
        self._pace = 0.0
        self._is_called = False
        self._round_began = 0.0
        self._let_go = 0

    @property
    def expected(self) -> float:
        """How long who comes now would wait, in seconds.

        What one request takes is not what the row takes to move up by one: reading bodies, refusing others and
        whatever else the machine does come on top. So the pace of the row itself is measured while there is one.
        """
        return len(self._row) * max(self._mean, self._pace)

    @property
    def max_wait(self) -> float:
        """The longest wait of who comes now, in seconds."""
        return _max_wait(self._max_wait, self._stands_since if self._row else 0.0, max(self._mean, self._pace))

    def reserve(self) -> None:
        """Let a request on its way to the row; those that lie in the sockets behind it are counted after it."""
        self.reserved += 1
        self._call()

    def is_mine(self) -> bool:
        """Return whether a request may run at once."""
        return self._spent < SLICE_SECONDS and not self._row

    def is_free(self) -> bool:
        """Return whether a request that takes the short way may run at once."""
        return self._spent < QUICK_SLICE_SECONDS and not self._row

    def is_full(self) -> bool:
        """Return whether who comes now would be refused."""
        ahead = len(self._row) + self.reserved
        return ahead > 0 and ahead * max(self._mean, self._pace) > self.max_wait

    async def wait(self, latest: float, receive: Receive) -> None:
        """Return when it is this request's turn.

        Args:
            latest: `perf_counter` time after which its caller does not wait any more.
            receive: Tells whether the caller is still there.

        Raises:
            HttpError: 503, it would wait or has waited too long.
            ClientDisconnected: The caller hung up meanwhile.
        """
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(refusal: HttpError | None) -> None:
            if refusal is None:
                turn.set_result(None)
            else:
                turn.set_exception(refusal)

        waiting = self.enqueue(tell, latest)
        try:
            await turn
        finally:
            waiting.is_gone = True
        if has_hung_up(receive):
            raise ClientDisconnected

    def enqueue(self, tell: Tell, latest: float = math.inf) -> QueuedRequest:
        """Stand in the row.

        Args:
            tell: Told when it is this request's turn; its work may be done right there.
            latest: As for `wait`.

        Returns:
            The place in the row, for who wants to leave it.

        Raises:
            HttpError: 503, it would wait too long.
        """
        now, expected, max_wait = perf_counter(), self.expected, self.max_wait
        if expected > max_wait:
            raise busy(max_wait)
        if now + expected > latest:
            raise too_late()
        waiting = QueuedRequest(now, latest, tell)
        if not self._row:
            self._round_began, self._stands_since = 0.0, now
        self._row.append(waiting)
        self._call()
        return waiting

    def spent(self, seconds: float, requests: int = 1) -> None:
        """Note what so many requests took together."""
        self._spent += seconds
        each = seconds / requests
        self._mean += (each - self._mean) * min(1.0, WEIGHT * requests) if self._mean else each
        self._call()

    def _call(self) -> None:
        if not self._is_called:
            self._is_called = True
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        """Let as many go as fit before the next look at the network."""
        self._is_called = False
        self._spent = 0.0
        self.reserved = 0
        now = perf_counter()
        self._note_pace(now)
        planned, self._let_go = 0.0, 0
        try:
            while self._row and max(planned, self._spent) < SLICE_SECONDS:
                waiting = self._row.popleft()
                if waiting.is_gone:
                    continue
                if now > waiting.latest:
                    waiting.tell(too_late())
                elif now - waiting.since > 2 * self._max_wait:
                    waiting.tell(busy(self._max_wait))
                else:  # whoever is not let go any more costs the others nothing of their time
                    planned += self._mean
                    self._let_go += 1
                    waiting.tell(None)
        finally:
            if self._row:
                self._call()

    def _note_pace(self, now: float) -> None:
        """Learn how long the row took to move up by one since the last round."""
        if self._round_began and self._let_go:
            each = (now - self._round_began) / self._let_go
            self._pace += (each - self._pace) * min(1.0, PACE_WEIGHT * self._let_go) if self._pace else each
        self._round_began = now if self._row else 0.0
        if not self._row:
            self._pace = 0.0


class BatchQueue:
    """The row before the thread that works on large requests: bounded by how long who comes now would wait.

    Args:
        max_wait_seconds: The longest wait.
    """

    def __init__(self, max_wait_seconds: float) -> None:
        self._max_wait = max_wait_seconds
        self._waiting = 0
        self._pace = 0.0
        self._last = 0.0
        self._stands_since = 0.0

    @property
    def max_wait(self) -> float:
        """The longest wait of who comes now, in seconds; see `RequestQueue`."""
        return _max_wait(self._max_wait, self._stands_since if self._waiting else 0.0, self._pace)

    @property
    def expected(self) -> float:
        """How long who comes now would wait, in seconds, at the pace at which the last ones left."""
        return self._waiting * self._pace

    def is_full(self) -> bool:
        """Return whether who comes now would be refused."""
        return self._waiting > 0 and self.expected > self.max_wait

    @contextmanager
    def held(self, latest: float) -> Iterator[float]:
        """Stand in the row while the block runs.

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
            self._last = self._stands_since = now
        self._waiting += 1
        try:
            yield min(latest, now + 2 * self._max_wait)
        finally:
            self._waiting -= 1
            left = perf_counter()
            self._pace += (left - self._last - self._pace) * LANE_WEIGHT if self._pace else left - self._last
            self._last = left


def _max_wait(whole: float, stands_since: float, each: float) -> float:
    """Return how long who comes now may wait.

    Args:
        whole: The max_wait with a burst.
        stands_since: When the row was empty for the last time; 0 while it is.
        each: Seconds that one request takes. Two may always wait, so that the processor does not.
    """
    if not stands_since or perf_counter() - stands_since <= STANDING_SECONDS:
        return whole
    return min(whole, max(whole * STANDING_SHARE, 2 * each))


def deadline(headers: Iterable[tuple[bytes, bytes]], started: float) -> float:
    """Return until when the caller waits, as `perf_counter` time; without the header ``X-Deadline-Ms`` for ever.

    Raises:
        HttpError: 400, the header is no whole number.
    """
    for name, value in headers:
        if name == b"x-deadline-ms":
            if not value.isdigit() or len(value) > 9:
                raise HttpError(
                    400, "bad_deadline", "“X-Deadline-Ms” is how many milliseconds you wait: a whole number."
                )
            return started + int(value) / 1000
    return math.inf


def too_late() -> HttpError:
    """Return the answer for a request whose deadline cannot be kept."""
    return come_again(503, "too_late", "No answer could be had within “X-Deadline-Ms”, so none was computed.")


def no_place() -> HttpError:
    """Return the answer for a request for which the server has no place."""
    return come_again(503, "busy", "The server has as many requests under way as it takes. Come again.")


def no_place_for_key() -> HttpError:
    """Return the answer for a request of a key that has its share of the concurrency."""
    return come_again(429, "too_many_requests", "This key has too many requests under way. Come again.")


def busy(seconds: float) -> HttpError:
    """Return the answer for a request that would wait too long."""
    message = f"More requests wait than can be answered in {max(seconds, 0.1):.1f} s. Come again."
    return come_again(503, "busy", message)


def has_hung_up(receive: Receive) -> bool:
    """Return whether the connection is closed, without waiting: after a whole body nothing else can come."""
    asking = receive()
    try:
        asking.send(None)  # type: ignore[attr-defined]  # a coroutine, as ASGI servers make it
    except StopIteration:
        return True
    asking.close()  # type: ignore[attr-defined]
    return False

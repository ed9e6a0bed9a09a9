"""The database's clock: leases and deadlines are judged by it, whatever the clock of this machine says."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

SECONDS_BETWEEN_QUERIES = 30.0
JUMP_SECONDS = 5.0
VENDOR = connection.vendor
NOW = {
    "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')",
    "postgresql": "STATEMENT_TIMESTAMP()",
}[VENDOR]


def database_now() -> datetime:
    """Return the time by the database's clock, with a query."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NOW}", [])
        (now,) = cursor.fetchone()
    return now if isinstance(now, datetime) else datetime.fromisoformat(now).replace(tzinfo=UTC)


class DatabaseClock:
    """Continues from the last time read from the database by the monotonic clock, which cannot be set.

    Args:
        query: Returns the database's time.
    """

    def __init__(self, query: Callable[[], datetime]) -> None:
        self._query = query
        self._last: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """Return the time; queries the database every 30 seconds."""
        last = self._last
        if last is None or time.monotonic() - last[1] > SECONDS_BETWEEN_QUERIES:
            last = self._last = (self._query(), time.monotonic())
        return last[0] + timedelta(seconds=time.monotonic() - last[1])


class ClockJumpDetector:
    """Detects that the clock by which leases are judged was set.

    Args:
        query: Returns the time by that clock.
        settle_seconds: How long a jump is remembered.
    """

    def __init__(self, query: Callable[[], datetime], settle_seconds: float) -> None:
        self._query = query
        self._settle_seconds = settle_seconds
        self._before: tuple[datetime, float, float] | None = None
        self._jumped_at = float("-inf")

    def jumped_recently(self) -> bool:
        """Return whether the clock jumped since the previous call, or less than ``settle_seconds`` ago."""
        began = time.monotonic()
        now = self._query()
        ended = time.monotonic()
        if self._before is not None:
            passed = (now - self._before[0]).total_seconds()
            # The time was read at some moment between the two readings of the monotonic clock, now as before.
            least, most = began - self._before[2], ended - self._before[1]
            if not least - JUMP_SECONDS <= passed <= most + JUMP_SECONDS:
                self._jumped_at = ended
        self._before = (now, began, ended)
        return ended - self._jumped_at < self._settle_seconds


_shared = DatabaseClock(database_now)


def now() -> datetime:
    """Return the time by the database's clock."""
    # SQLite has no clock of its own: it asks that of the machine, as we do.
    return timezone.now() if VENDOR == "sqlite" else _shared.now()


def from_local_timestamp(seconds: float) -> datetime:
    """Return, by the database's clock, when something happened that a process of this machine dated.

    Args:
        seconds: By the wall clock of this machine, since 1970.
    """
    if VENDOR == "sqlite":
        return datetime.fromtimestamp(seconds, tz=UTC)
    return now() - timedelta(seconds=time.time() - seconds)

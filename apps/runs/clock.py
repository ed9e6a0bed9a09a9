"""What time it is for everybody who works on runs: the database's, whatever the clock of this machine says."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

from apps.runs.sql import database_now

SECONDS_UNTIL_ASKED_AGAIN = 30.0
JUMP_SECONDS = 5.0


class DatabaseClock:
    """Goes on from what the database said last, by the monotonic clock, which nobody sets.

    Args:
        ask: Returns the database's time.
    """

    def __init__(self, ask: Callable[[], datetime]) -> None:
        self._ask = ask
        self._said: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """Return the time; asks the database now and then."""
        said = self._said
        if said is None or time.monotonic() - said[1] > SECONDS_UNTIL_ASKED_AGAIN:
            said = self._said = (self._ask(), time.monotonic())
        return said[0] + timedelta(seconds=time.monotonic() - said[1])


class ClockJumpDetector:
    """Notices that the clock by which leases are judged was set.

    Args:
        ask: Returns the time by that clock.
        settle_seconds: How long a jump is remembered.
    """

    def __init__(self, ask: Callable[[], datetime], settle_seconds: float) -> None:
        self._ask = ask
        self._settle_seconds = settle_seconds
        self._before: tuple[datetime, float, float] | None = None
        self._jumped_at = float("-inf")

    def jumped_recently(self) -> bool:
        """Return whether the clock jumped since the call before, or a short while ago."""
        began = time.monotonic()
        said = self._ask()
        ended = time.monotonic()
        if self._before is not None:
            passed = (said - self._before[0]).total_seconds()
            # The answer was given at some moment between question and answer, now as before.
            least, most = began - self._before[2], ended - self._before[1]
            if not least - JUMP_SECONDS <= passed <= most + JUMP_SECONDS:
                self._jumped_at = ended
        self._before = (said, began, ended)
        return ended - self._jumped_at < self._settle_seconds


_shared = DatabaseClock(database_now)


def now() -> datetime:
    """Return the time by the database's clock."""
    # SQLite has no clock of its own: it asks that of the machine, as we do.
    return timezone.now() if connection.vendor == "sqlite" else _shared.now()


def from_local_timestamp(seconds: float) -> datetime:
    """Return when something was that a process of this machine dated by its wall clock, in seconds since 1970."""
    if connection.vendor == "sqlite":
        return datetime.fromtimestamp(seconds, tz=UTC)
    return now() - timedelta(seconds=time.time() - seconds)

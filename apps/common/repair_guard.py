"""Runs repairs and periodic tasks one by one, so that one that raises stops none of the others."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 3600.0


@dataclass
class _Failure:
    times: int
    retry_at: float


class RepairGuard:
    """Calls repairs and remembers, in this process, which of them raised.

    A repair that raised is put off by ``first_pause_seconds``, then by twice as long after each further failure.

    Args:
        first_pause_seconds: Pause after the first failure.
        longest_pause_seconds: The pause grows no further.
    """

    def __init__(
        self, *, first_pause_seconds: float = 60.0, longest_pause_seconds: float = LONGEST_PAUSE_SECONDS
    ) -> None:
        self._first_pause = first_pause_seconds
        self._longest_pause = longest_pause_seconds
        self._failures: dict[str, _Failure] = {}
        self._uncounted = 0

    def attempt(self, name: str, repair: Callable[[], object]) -> int:
        """Call a repair, unless it raised a short while ago, and return how much it repaired.

        Args:
            name: What is repaired, with the id of the row; the same at every attempt.
            repair: Returns a count, or whether it changed anything.

        Raises:
            OperationalError, InterfaceError: The database is away, so no other repair would succeed either.
        """
        before = self._failures.get(name)
        if before is not None and time.monotonic() < before.retry_at:
            return 0
        try:
            repaired = repair()
        except (OperationalError, InterfaceError) as error:
            # A lock or a full disk says nothing about the row: it is tried again at the next pass.
            if not connection.is_usable():
                raise
            logger.warning("%s: the database refused the repair: %s", name, error)
            return 0
        except Exception:
            self._put_off(name)
            return 0
        self._failures.pop(name, None)
        return int(repaired) if isinstance(repaired, int) else 0

    def take_count(self) -> int:
        """Return how many repairs raised since this was called before."""
        count, self._uncounted = self._uncounted, 0
        return count

    def _put_off(self, name: str) -> None:
        now = time.monotonic()
        times = self._failures[name].times + 1 if name in self._failures else 1
        pause = min(self._first_pause * 2 ** (times - 1), self._longest_pause)
        # What was not attempted for so long after its pause needs no repair any more: its row was deleted or is sound.
        forgotten = now - self._longest_pause
        self._failures = {name: failure for name, failure in self._failures.items() if failure.retry_at > forgotten}
        self._failures[name] = _Failure(times, now + pause)
        self._uncounted += 1
        logger.exception("%s: the repair raised (failure %d), next attempt in %.0f seconds", name, times, pause)


# Of the process that repairs. One row whose repair raises must not end the pass for the rows of others, nor one kind
# of repair the other kinds.
rows = RepairGuard()
tasks = RepairGuard(first_pause_seconds=4.0, longest_pause_seconds=60.0)

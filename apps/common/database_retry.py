"""Tries a change again when the database was away, or did not answer whether the change was committed."""

from __future__ import annotations

import logging
import random
import time
from typing import Protocol, TypeVar

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 3.0


class Change(Protocol[T_co]):
    """A change to the database that may be tried again."""

    def __call__(self, *, is_retry: bool) -> T_co:
        """Make the change.

        Args:
            is_retry: The try before was reported as failed and may have been committed all the same: look first.
        """


def retry_on_disconnect(change: Change[T], *, seconds: float = SECONDS) -> T:
    """Return what the change returns, trying again for a while when the database fails.

    Raises:
        OperationalError, InterfaceError: It never worked.
    """
    until = time.monotonic() + seconds
    pause = FIRST_PAUSE_SECONDS
    is_retry = False
    while True:
        try:
            return change(is_retry=is_retry)
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() + pause > until or connection.in_atomic_block:
                raise
            logger.warning("the database did not answer, trying again: %s", error)
            connection.close()
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - only spreads the tries
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            is_retry = True

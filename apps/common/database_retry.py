"""Asks the database again when it was away, or did not say whether a change happened."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

T = TypeVar("T")

SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 3.0


def retry_on_disconnect(change: Callable[[bool], T], *, seconds: float = SECONDS) -> T:
    """Return what the change returns, trying again for a while when the database fails.

    Args:
        change: Called with whether this is another try. A try that was reported as failed may have happened all the
            same, so another one has to look before it does the same again.

    Raises:
        OperationalError, InterfaceError: It never worked.
    """
    until = time.monotonic() + seconds
    pause = FIRST_PAUSE_SECONDS
    is_retry = False
    while True:
        try:
            return change(is_retry)
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() + pause > until or connection.in_atomic_block:
                raise
            logger.warning("the database did not answer, asking again: %s", error)
            connection.close()
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - only spreads the tries
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            is_retry = True

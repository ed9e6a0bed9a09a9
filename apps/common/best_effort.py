"""Changes that a request can do without: noted where the database takes them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db import DatabaseError, transaction

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_WARNINGS = 60.0
_warned_at: dict[str, float] = {}


def best_effort(what: str, change: Callable[[], object]) -> None:
    """Make a change in a transaction of its own; one that the database does not take is left out.

    The log has it once a minute: on a full disk every request would write a line.

    Not for use inside another transaction: SQLite ends the whole of it on a full disk.

    Args:
        what: What is lost then, for the log, such as ``when a token was last used``.
        change: Makes it.
    """
    try:
        with transaction.atomic():  # where nothing may be written, SQLite refuses the transaction itself
            change()
    except DatabaseError as error:
        now = time.monotonic()
        if now - _warned_at.get(what, -SECONDS_BETWEEN_WARNINGS) >= SECONDS_BETWEEN_WARNINGS:
            _warned_at[what] = now
            logger.warning("%s was not noted: %s", what, error)

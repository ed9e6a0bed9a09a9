"""Guards the passes of a worker's daemon threads: an exception must not end a thread, as nothing restarts it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, close_old_connections

logger = logging.getLogger(__name__)


@contextmanager
def guarded_pass(name: str) -> Iterator[None]:
    """Log an exception of the block and continue after it.

    Args:
        name: What the pass does, for the log line.
    """
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        logger.warning("%s: the database does not answer: %s", name, error)
        close_old_connections()
    except Exception:
        logger.exception("%s: the pass failed", name)

"""Passes of the daemon threads of a worker: what one of them raises must not end its thread, which nothing restarts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, close_old_connections

logger = logging.getLogger(__name__)


@contextmanager
def guarded_pass(name: str) -> Iterator[None]:
    """Log what the block raises and go on behind it.

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

"""A full disk: recognised in whatever failed by it, and how much room is left."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
SQLITE_FULL = "database or disk is full"
POSTGRESQL_FULL = "53100"
RESERVE_BYTES = 64 * 1024 * 1024
"""With less the health check says that the disk is full, before the database has no room to write."""
LONGEST_CHAIN = 10


def is_disk_full(error: BaseException | None) -> bool:
    """Return whether an error, or one that it was raised for, says that a disk or a quota is full."""
    return any(_says_full(one) for one in _chain(error))


def free_bytes() -> int:
    """Return how much room the disk of the data folder has."""
    folder = Path(settings.LEPTON_DATA_DIR)
    return shutil.disk_usage(folder if folder.exists() else folder.parent).free


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(LONGEST_CHAIN):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _says_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in NO_SPACE
    if isinstance(error, DatabaseError):
        return SQLITE_FULL in str(error)
    return getattr(error, "sqlstate", None) == POSTGRESQL_FULL

"""A full disk: recognised in whatever failed by it, how much room is left, and a reserve for what makes room again.

On a full disk not even a delete can be written down. A file of the data folder therefore holds some room, which is
given up when somebody wants to delete or to sign in, and taken again once the disk has room.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

logger = logging.getLogger(__name__)

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
NO_WRITE = frozenset({errno.EROFS, errno.EPERM, errno.EACCES})
SQLITE_READ_ONLY = "readonly database"
SQLITE_FULL = "database or disk is full"
POSTGRESQL_FULL = "53100"
RESERVE_BYTES = 64 * 1024 * 1024
"""With less the health check says that the disk is full, before the database has no room to write."""
RESERVE_FILE = "reserve"
RESERVE_FILE_BYTES = 16 * 1024 * 1024
LEAST_RESERVE_BYTES = 1024 * 1024
"""What a delete and a sign-in write: the least reserve that is of use, on a disk that has no room for a whole one."""
DELETE_BYTES = 4 * 1024 * 1024
"""With less free, a delete may find no room for its transaction."""
LONGEST_CHAIN = 10


def is_disk_full(error: BaseException | None) -> bool:
    """Return whether an error, or one that it was raised for, says that a disk or a quota is full."""
    return any(_says_full(one) for one in _chain(error))


def is_unwritable(error: BaseException | None) -> bool:
    """Return whether an error, or one that it was raised for, says that this process may not write to its files."""
    return any(
        one.errno in NO_WRITE
        if isinstance(one, OSError)
        else isinstance(one, DatabaseError) and SQLITE_READ_ONLY in str(one)
        for one in _chain(error)
    )


def can_write_uploads() -> bool:
    """Return whether this process may write to the folder of uploads, or make it."""
    folder = Path(settings.UPLOAD_DIR)
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)


def free_bytes() -> int:
    """Return how much room the disk of the data folder has."""
    folder = Path(settings.LEPTON_DATA_DIR)
    return shutil.disk_usage(folder if folder.exists() else folder.parent).free


def make_reserve() -> bool:
    """Take the reserve, or a smaller one of half the free room; return whether one was taken, or made larger."""
    path = _reserve()
    if not path.parent.is_dir():
        return False
    present = path.stat().st_size if path.is_file() else 0
    size, room = RESERVE_FILE_BYTES, free_bytes() + present
    while size > room // 2 and size // 2 >= LEAST_RESERVE_BYTES:
        size //= 2
    if size <= present or size > room // 2:
        return False
    block = os.urandom(1024)  # what a file system cannot compress, nor leave out as it would zeros
    try:
        with path.open("wb") as file:
            for _ in range(size // len(block)):
                file.write(block)
    except OSError as error:
        path.unlink(missing_ok=True)
        logger.warning("the disk has no reserve for deleting when it is full: %s", error)
        return False
    return True


def release_reserve() -> bool:
    """Give the reserve up if the disk is full, so that what makes room can be written; return whether it was."""
    path = _reserve()
    try:
        if not path.is_file() or free_bytes() >= DELETE_BYTES:
            return False
        path.unlink()
    except OSError:  # another process was quicker, or the disk takes no change at all
        return False
    logger.warning("the disk is full: its reserve was given up, so that data sets can be deleted")
    return True


def can_delete() -> bool:
    """Return whether a delete finds room: on the disk, or in the reserve."""
    try:
        return _reserve().is_file() or free_bytes() >= DELETE_BYTES
    except OSError:
        return True


def _reserve() -> Path:
    return Path(settings.LEPTON_DATA_DIR) / RESERVE_FILE


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

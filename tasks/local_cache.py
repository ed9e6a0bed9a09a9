"""A cache of files of an object store in a local folder: limited in size, the least recently used are removed first.

Any number of processes share a folder. A copy used in the last ten minutes is never removed, whatever the limit, so
that a caller of `LocalCache.path` can open it; one that is open or mapped into memory stays readable until it is
closed, even when it is removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

GIGABYTE = 1024**3
VARIABLE = "LEPTON_LOCAL_CACHE_GB"
FORMER_VARIABLE = "LEPTON_FETCHED_GB"
DEFAULT_GB = 10
RECENTLY_USED_SECONDS = 600.0
UNFINISHED_IS_OLD_SECONDS = 3600.0
TRIMS_PER_LIMIT = 20  # the folder is trimmed whenever this part of the limit was downloaded
MOST_ATTEMPTS = 5


class LocalCache:
    """The copies in one folder.

    Args:
        folder: Where the copies are written; created when needed.
        limit_bytes: Size of all copies together; 0 for no limit.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self._bytes_since_trim = limit_bytes  # the first download trims what earlier processes left

    def path(self, name: str, download: Callable[[Path], object]) -> Path:
        """Return the copy of a file, downloaded if there is none. Open it at once; do not write to it.

        Args:
            name: Path below the folder.
            download: Writes the file to the path it is called with; its exceptions pass through.
        """
        copy = self.folder / name
        if _mark_used(copy):
            return copy
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f".part-{uuid.uuid4().hex}"
        try:
            download(part)
            _sync(part)
            self._bytes_since_trim += part.stat().st_size
            _move(part, copy)
        finally:
            part.unlink(missing_ok=True)
        if self.limit_bytes and self._bytes_since_trim * TRIMS_PER_LIMIT >= self.limit_bytes:
            self._bytes_since_trim = 0
            self.trim()
        return copy

    def has(self, name: str) -> bool:
        """Return whether there is a copy."""
        return (self.folder / name).exists()

    def remove(self, name: str) -> None:
        """Remove a copy, or a folder of copies."""
        place = self.folder / name
        if place.is_dir():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink(missing_ok=True)

    def trim(self) -> int:
        """Remove the least recently used copies above the limit; return their bytes, 0 if another process does it."""
        with _lock(self.folder) as has_lock:
            return self._trim() if has_lock else 0

    def _trim(self) -> int:
        now = time.time()
        copies = []
        for path, about in _files(self.folder):
            if path.name.startswith(".part-"):
                if about.st_mtime < now - UNFINISHED_IS_OLD_SECONDS:
                    path.unlink(missing_ok=True)
            else:
                copies.append((about.st_mtime, about.st_size, path))
        over = sum(size for _, size, _ in copies) - self.limit_bytes
        freed = 0
        for used_at, size, path in sorted(copies, key=lambda copy: copy[0]):
            if freed >= over or used_at > now - RECENTLY_USED_SECONDS:
                break
            path.unlink(missing_ok=True)
            freed += size
            _remove_empty(path.parent, self.folder)
        return freed


def limit_from_environment() -> int:
    """Return the limit that the environment names, in bytes; by its former name where the present one is not set."""
    given = (os.environ.get(name, "").strip() for name in (VARIABLE, FORMER_VARIABLE))
    return int(next(filter(None, given), DEFAULT_GB)) * GIGABYTE


def _mark_used(copy: Path) -> bool:
    """Set the time of last use of a copy; ``False`` when there is none."""
    try:
        os.utime(copy)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _move(part: Path, copy: Path) -> None:
    for attempt in range(1, MOST_ATTEMPTS + 1):
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.rename(copy)
            return
        except FileNotFoundError:  # another process trimmed and removed the empty folder
            if attempt == MOST_ATTEMPTS:
                raise


def _sync(path: Path) -> None:
    with path.open("rb") as file:  # after a power failure a truncated copy would be used as the file
        os.fsync(file.fileno())


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for base, _, names in os.walk(folder):
        for name in names:
            if name == LOCK:
                continue
            path = Path(base) / name
            with contextlib.suppress(FileNotFoundError):
                yield path, path.stat()


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


LOCK = ".lock"


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Enter with ``True`` if no other process holds the lock of the folder."""
    with (folder / LOCK).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True

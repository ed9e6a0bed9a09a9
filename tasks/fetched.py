"""Local copies of files that lie in an object store: bounded, those that were not used for longest go first.

Any number of processes share a folder. A copy that was used a short while ago stays whatever the bound says, so that
nobody who was just told its path finds it gone; one that is open or mapped into memory stays readable until it is let
go of, gone or not.
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
VARIABLE = "LEPTON_FETCHED_GB"
DEFAULT_GB = 10
KEPT_SECONDS = 600.0
PARTS_ARE_OLD_AFTER_SECONDS = 3600.0
LOOKED_AT_EVERY = 20  # after so many parts of the bound were fetched, the folder is looked through
MOST_TRIES = 5


class Fetched:
    """The copies in one folder.

    Args:
        folder: Where they lie; made when needed.
        limit_bytes: What they may take together; 0 for any size.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self._since_look = limit_bytes  # the first copy looks at what earlier processes left

    def path(self, name: str, fetch: Callable[[Path], object]) -> Path:
        """Return the copy of a file, fetched when it is not there. It must be opened at once and not be written to.

        Args:
            name: Path below the folder.
            fetch: Writes the file to the path that it is given; what it raises is raised.
        """
        copy = self.folder / name
        if _used(copy):
            return copy
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f".part-{uuid.uuid4().hex}"
        try:
            fetch(part)
            _sync(part)
            self._since_look += part.stat().st_size
            _move(part, copy)
        finally:
            part.unlink(missing_ok=True)
        if self.limit_bytes and self._since_look * LOOKED_AT_EVERY >= self.limit_bytes:
            self._since_look = 0
            self.trim()
        return copy

    def has(self, name: str) -> bool:
        """Return whether there is a copy."""
        return (self.folder / name).exists()

    def forget(self, name: str) -> None:
        """Remove a copy, or a folder of copies."""
        place = self.folder / name
        if place.is_dir():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink(missing_ok=True)

    def trim(self) -> int:
        """Remove copies that were not used for longest until the bound is kept; return the bytes that went."""
        with _alone(self.folder) as is_first:
            return self._trim() if is_first else 0

    def _trim(self) -> int:
        now = time.time()
        copies = []
        for path, about in _files(self.folder):
            if path.name.startswith(".part-"):
                if about.st_mtime < now - PARTS_ARE_OLD_AFTER_SECONDS:
                    path.unlink(missing_ok=True)
            else:
                copies.append((about.st_mtime, about.st_size, path))
        over = sum(size for _, size, _ in copies) - self.limit_bytes
        freed = 0
        for used_at, size, path in sorted(copies, key=lambda copy: copy[0]):
            if freed >= over or used_at > now - KEPT_SECONDS:
                break
            path.unlink(missing_ok=True)
            freed += size
            _remove_empty(path.parent, self.folder)
        return freed


def limit_from_environment() -> int:
    """Return the bound that the environment names, in bytes."""
    return int(os.environ.get(VARIABLE, "").strip() or DEFAULT_GB) * GIGABYTE


def _used(copy: Path) -> bool:
    """Count a copy as used now; ``False`` when it is not there."""
    try:
        os.utime(copy)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _move(part: Path, copy: Path) -> None:
    for attempt in range(1, MOST_TRIES + 1):
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.rename(copy)
            return
        except FileNotFoundError:  # a folder that was empty is removed by whoever trims
            if attempt == MOST_TRIES:
                raise


def _sync(path: Path) -> None:
    with path.open("rb") as file:  # a copy cut short by a power failure would be taken for the file
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
def _alone(folder: Path) -> Iterator[bool]:
    """Tell whether nobody else looks through the folder now."""
    with (folder / LOCK).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True

"""Folders and files that only the user of this process may open, whatever the umask."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_folder(path: Path) -> Path:
    """Make a folder, and those above it that are missing, for this user alone. One that exists keeps its mode."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)
    return path


def copy_file(source: Path, target: Path) -> None:
    """Copy a file into one that this user alone may open, and have the disk confirm it."""
    make_folder(target.parent)
    with source.open("rb") as content, os.fdopen(_created(target), "wb") as copy:
        shutil.copyfileobj(content, copy, 1024 * 1024)
        copy.flush()
        os.fsync(copy.fileno())


def write_file(target: Path, content: bytes) -> None:
    """Write a new file that this user alone may open, and have the disk confirm it."""
    make_folder(target.parent)
    with os.fdopen(_created(target), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Have the disk confirm the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _created(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)

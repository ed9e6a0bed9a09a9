"""The data folder: created, tested for writing, and locked by one supervisor at a time."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from leptonweb.supervise.start_error import StartError

LOCK_NAME = "up.lock"


@dataclass(frozen=True)
class LockedDataDir:
    """A data folder that no other supervisor can lock while this object's file is open."""

    path: Path
    lock: IO[str]

    def record_holder(self, *, address: str) -> None:
        """Write the process id and address into the lock file, for the error message of a second ``up``."""
        self.lock.seek(0)
        self.lock.truncate()
        json.dump({"process": os.getpid(), "address": address}, self.lock)
        self.lock.flush()


def lock_data_dir(path: Path) -> LockedDataDir:
    """Create the data folder for this user alone if it is missing, test that it is writable, and lock it.

    Raises:
        StartError: The folder cannot be made or written, or another ``up`` holds it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as probe:
            probe.write(b"\0")
        lock = (path / LOCK_NAME).open("a+", encoding="utf-8")
    except OSError as error:
        raise StartError(
            f"The data folder {path} cannot be written: {_reason(path, error)}. "
            "Make it writable, or set LEPTON_DATA_DIR to a folder that is."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StartError(_already_held(path, lock)) from error
    return LockedDataDir(path, lock)


def _reason(path: Path, error: OSError) -> str:
    if path.exists() and not path.is_dir():
        return "there is a file of this name"
    return error.strerror or str(error)


def _already_held(path: Path, lock: IO[str]) -> str:
    lock.seek(0)
    try:
        holder = json.load(lock)
        who = f" (process {holder['process']}, {holder['address']})"
    except (ValueError, KeyError, TypeError):
        who = ""
    lock.close()
    return (
        f"LeptonWeb already runs on the data folder {path}{who}. "
        "Stop it first, or set LEPTON_DATA_DIR to another folder for a second one."
    )

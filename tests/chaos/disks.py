"""Small disks of memory that can be filled; only who may mount has them."""

from __future__ import annotations

import contextlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

FILLING = ".filling"
MEBIBYTE = 1024 * 1024


@dataclass
class SmallDisk:
    """A folder with an end. ``is_own``: whether it could be mounted; otherwise it is a folder like any other."""

    place: Path
    mebibytes: int
    is_own: bool = False

    def mount(self) -> None:
        """Make the folder a disk of its own if that is allowed."""
        self.place.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={self.mebibytes}m", "chaos", str(self.place)]
        self.is_own = subprocess.run(command, check=False, capture_output=True).returncode == 0

    def unmount(self) -> None:
        """Take it away, with everything on it."""
        if self.is_own:
            subprocess.run(["umount", "-l", str(self.place)], check=False)
            self.is_own = False

    def fill(self) -> None:
        """Leave not a byte."""
        with contextlib.suppress(OSError), (self.place / FILLING).open("ab", buffering=0) as file:
            while True:
                self._take(file.fileno())

    def free(self) -> None:
        """Give back what filling took."""
        (self.place / FILLING).unlink(missing_ok=True)

    def _take(self, file: int) -> None:
        size = os.fstat(file).st_size
        for step in (MEBIBYTE, 4096):
            try:
                os.posix_fallocate(file, size, step)
                return
            except OSError:
                continue
        raise OSError("full")

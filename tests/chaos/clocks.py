"""Wall clocks that can be moved while a process runs: one for each part. Needs a C compiler."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")
NANOSECONDS = 1_000_000_000


class Clocks:
    """The clocks of the parts of an installation. ``can_move``: whether this machine can build what moves them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._library = folder / "clock.so"
        self.can_move = False

    def build(self) -> None:
        """Compile what is preloaded."""
        self._folder.mkdir(parents=True, exist_ok=True)
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            return
        command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(self._library), str(SOURCE)]
        self.can_move = subprocess.run(command, check=False, capture_output=True).returncode == 0

    def environment(self, part: str) -> dict[str, str]:
        """Return the variables that give a process the clock of this part."""
        if not self.can_move:
            return {}
        path = self._folder / part
        if not path.exists():
            self.move(part, 0.0)
        return {"LD_PRELOAD": str(self._library), "LEPTON_CHAOS_CLOCK": str(path)}

    def move(self, part: str, seconds: float) -> None:
        """Set how far a part's clock is ahead, at once also for the processes that run."""
        path = self._folder / part
        # In place: the processes have the file mapped.
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.write(struct.pack("q", int(seconds * NANOSECONDS)))

"""Runs a command and prints what it is doing, with the time since it began, when that changes or a while has passed.

    show_progress.py pip|npm|vite TITLE COMMAND...

Lines, not a moving bar: the same in a terminal, a log and CI. When the command fails, its last lines follow and its
exit code is returned. Standard library only: it runs before any package is installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections import deque
from io import TextIOWrapper
from pathlib import Path

QUIET_SECONDS = 30.0
"""A line at least this often, though nothing changed."""
HURRY_SECONDS = 4.0
"""No more than one line in this time."""
TICK_SECONDS = 0.5
KEPT_LINES = 60


class Plain:
    """Says nothing but that the command is still running."""

    def __init__(self) -> None:
        self.doing = ""

    def read(self, line: str) -> None:
        """Take a line of the command's output."""

    def describe(self) -> str:
        """Return what the command is doing now."""
        return self.doing or "working"


class Pip(Plain):
    """pip: collecting and downloading by name and size, then how many of the packages are unpacked."""

    def __init__(self) -> None:
        super().__init__()
        self._collected = 0
        self._unpacked_before = 0
        self._unpacking = 0

    def read(self, line: str) -> None:
        """Take a line of pip's."""
        words = line.split()
        if line.startswith("Collecting "):
            self._collected += 1
            self.doing = f"finding {words[1]}"
        elif words and words[0] in {"Downloading", "Using", "Processing"}:
            size = re.search(r"\(([^()]*[kMG]B)\)", line)
            name = next((Path(word).name for word in words[1:] if word.endswith((".whl", ".gz"))), "")
            if name:
                self.doing = f"downloading {name.partition('-')[0]}" + (f" ({size[1]})" if size else "")
        elif line.startswith("Installing collected packages:"):
            self._unpacking = line.count(",") + 1
            self._unpacked_before = _installed()
            self.doing = "unpacking"

    def describe(self) -> str:
        """Return the package that is found or downloaded, or how many are unpacked."""
        if self._unpacking:
            done = min(self._unpacking, max(0, _installed() - self._unpacked_before))
            return f"unpacking, {done} of {self._unpacking} packages"
        return f"{self.doing or 'starting pip'} ({self._collected} packages so far)"


class Npm(Plain):
    """npm with ``--loglevel=http``: how many packages were fetched."""

    def __init__(self) -> None:
        super().__init__()
        self._fetched = 0

    def read(self, line: str) -> None:
        """Take a line of npm's."""
        self._fetched += line.startswith("npm http fetch GET 200") and ".tgz" in line

    def describe(self) -> str:
        """Return how many packages were fetched."""
        return f"{self._fetched} packages fetched" if self._fetched else "resolving packages"


class Vite(Plain):
    """Vite's build: the phase it is in."""

    def read(self, line: str) -> None:
        """Take a line of Vite's."""
        text = line.strip().removeprefix("✓ ").rstrip(".")
        if (
            text.startswith(("transforming", "rendering chunks", "computing gzip size"))
            or "modules transformed" in text
        ):
            self.doing = text


KINDS = {"pip": Pip, "npm": Npm, "vite": Vite}


def run(kind: str, title: str, command: list[str]) -> int:
    """Run ``command``, printing lines of progress; return its exit code."""
    began = time.monotonic()
    said_at, said = began, ""
    watcher = KINDS[kind]()
    kept: deque[str] = deque(maxlen=KEPT_LINES)
    say(began, f"{title} ...")
    process = subprocess.Popen(  # noqa: S603 - the command is the Makefile's
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    )

    def read() -> None:
        assert process.stdout is not None  # noqa: S101 - narrows the type
        for line in process.stdout:
            kept.append(line)
            watcher.read(line.rstrip())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    while reader.is_alive():
        reader.join(TICK_SECONDS)
        now, doing = time.monotonic(), watcher.describe()
        if now - said_at > QUIET_SECONDS or (doing != said and now - said_at > HURRY_SECONDS):
            say(began, f"{title}: {doing}")
            said_at, said = now, doing
    code = process.wait()
    if code:
        sys.stdout.writelines(kept)
    say(began, f"{title}: {f'failed with code {code}' if code else 'done'}")
    return code


def say(began: float, text: str) -> None:
    """Print a line behind the minutes and seconds since ``began``."""
    minutes, seconds = divmod(int(time.monotonic() - began), 60)
    sys.stdout.write(f"  {minutes:2}:{seconds:02}  {text}\n")
    sys.stdout.flush()


def _installed() -> int:
    """Return how many packages the environment of this Python has."""
    return sum(1 for folder in Path(sys.prefix).glob("lib/*/site-packages/*.dist-info") if folder.is_dir())


if __name__ == "__main__":
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # with the locale C it takes nothing but ASCII
    sys.exit(run(sys.argv[1], sys.argv[2], sys.argv[3:]))

"""A command on a bare machine, its lines with the seconds at which they came."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.bare.machine import BareMachine
from tests.stack import wait_for

ENDING_SECONDS = 60


class Line(NamedTuple):
    """A line, without colours."""

    seconds: float
    text: str


@dataclass
class Program:
    """A running command, as a context: it is ended as Ctrl-C does when the context ends."""

    machine: BareMachine
    command: list[str]
    user: str
    folder: Path
    environment: Mapping[str, str]
    lines: list[Line] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    process: subprocess.Popen[bytes] = field(init=False)

    def __enter__(self) -> Program:
        """Start it."""
        print(f"\n== as {self.user}: {' '.join(self.command)}", flush=True)
        self.process = self.machine.start(
            self.command, user=self.user, folder=self.folder, environment=self.environment
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: Any) -> None:
        """End its whole process group, and wait."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(timeout=ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise AssertionError(f"{' '.join(self.command)} did not end on Ctrl-C") from None
        self._reader.join(timeout=ENDING_SECONDS)

    def wait(self) -> int:
        """Return the exit code when it has ended."""
        return self.process.wait()

    def seconds(self) -> float:
        """Return how long it took until its last line."""
        return self.lines[-1].seconds if self.lines else 0.0

    def line_with(self, words: str, *, timeout_seconds: float) -> str:
        """Return the first line with ``words``; fail when the command ends without it."""

        def found() -> str | None:
            text = next((line.text for line in list(self.lines) if words in line.text), None)
            assert text or self.process.poll() is None, f"{' '.join(self.command)} ended before it said “{words}”"
            return text

        return str(wait_for(f"“{words}”", found, timeout_seconds=timeout_seconds))

    def seconds_until(self, words: str) -> float:
        """Return when the first line with ``words`` came."""
        return next(line.seconds for line in self.lines if words in line.text)

    def longest_silence(self, words: str) -> float:
        """Return the longest time without a line, up to the first line with ``words``."""
        until = self.seconds_until(words)
        times = [0.0, *(line.seconds for line in self.lines if line.seconds <= until)]
        return max(later - sooner for sooner, later in zip(times, times[1:], strict=False))

    def _read(self) -> None:
        assert self.process.stdout is not None
        for raw in self.process.stdout:
            text = re.sub(r"\x1b\[[0-9;]*m", "", raw.decode("utf-8", "replace").rstrip())
            self.lines.append(Line(time.monotonic() - self.began, text))
            print(f"{self.lines[-1].seconds:8.1f}  {text}", flush=True)

"""Checks, in parallel with the start, whether every library of machine code can be loaded."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

from django.conf import settings

COMMAND = (sys.executable, "-m", "tasks.native_libraries")


class LibraryCheck:
    """A process that imports the libraries and prints a sentence for each that fails.

    Not one of the supervised processes: it ends by itself, and is not started again. Not an asyncio subprocess either:
    circus waits for every child, and would take its exit status away.

    Args:
        on_fault: Called with each sentence, in a thread.
    """

    def __init__(self, on_fault: Callable[[str], None], command: tuple[str, ...] = COMMAND) -> None:
        self._on_fault = on_fault
        self._command = command

    def start(self) -> None:
        """Start the process."""
        self._process = subprocess.Popen(  # noqa: S603 - the command is ours
            self._command,
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name="library-check", daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """End the process, with what it started, if it has not ended."""
        if self._reader.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._reader.join()

    def wait(self) -> None:
        """Return when every library was tried."""
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - narrows the type
        with self._process.stdout as lines:
            for line in lines:
                self._on_fault(line.rstrip())
        self._process.wait()

"""The pipe to the parent process: reads requests, writes lines, and ends this process when the parent dies."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

PR_SET_PDEATHSIG = 1
NOT_JSON = (TypeError, ValueError, RecursionError)
"""What `Channel.send` raises for a message that is no JSON, before it writes anything."""


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends, even while C code holds the interpreter."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def prefer_as_oom_victim() -> None:
    """Ask the kernel to kill this process rather than the worker, the web or the database; children inherit it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")


def redirect_standard_output() -> BinaryIO:
    """Return the pipe to the parent, and send what libraries print to standard error from now on."""
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return pipe


class Channel:
    """Requests in, JSON lines out. A cancel request sets `cancelled` instead of being queued.

    Args:
        incoming: Where requests are read, one JSON object a line. Its end ends the process.
        outgoing: Where lines are written.
    """

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._write_lock = threading.Lock()
        self._current = 0
        self.cancelled = threading.Event()

    def start(self) -> None:
        """Start the thread that reads requests."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()

    def next_request(self) -> dict[str, Any]:
        """Return the next request, waiting for it."""
        return self._requests.get()

    def send(self, message: dict[str, Any]) -> None:
        """Write one line. NaN and infinities are refused: the line must be valid JSON for any parser."""
        line = json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        with self._write_lock:
            view = memoryview(line)
            while view:
                view = view[self._outgoing.write(view) :]

    def _read(self) -> None:
        for line in self._incoming:
            message = json.loads(line)
            if message["op"] != "cancel":
                self.cancelled.clear()
                self._current = message.get("request", 0)
                self._requests.put(message)
            elif message.get("request", self._current) == self._current:
                self.cancelled.set()
        os._exit(0)

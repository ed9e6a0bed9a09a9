"""A child process that answers requests in JSON lines: started, asked, cancelled, killed, and its death explained."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings

from apps.common.engine_environment import engine_environment, key_pipe
from apps.common.json_values import load_sanitized, sanitized_text
from apps.common.memory import format_bytes, memory_of, oom_kills
from apps.common.request_ids import current_request_id
from tasks.graph.messages import Message

engine_logger = logging.getLogger("leptonweb.engine")

Events = list[dict[str, Any]]
ENGINE_COMMAND = (sys.executable, "-m", "tasks.engine")
MAX_LINE_BYTES = 64 * 1024 * 1024
SECONDS_FOR_LAST_WORDS = 1.0
SECONDS_TO_DIE = 5.0  # what waits for a disk that does not answer cannot be killed
KEPT_ERROR_LINES = 40
QUIET_SECONDS = 0.1
NOT_RUNNING = Message("engine.not_running", "The process is not running.")

# A child is killed by the kernel when the thread that started it ends, so one that never ends starts them all.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="child-starter")


class EngineProcessError(Exception):
    """The child did not answer. ``message``: why, a sentence for people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class EngineProcessDied(EngineProcessError):
    """The child ended while it was asked. The message names the true cause."""


class EngineProcessNotStarted(EngineProcessDied):
    """The system gave no process, or none of what belongs to it: for want of memory, most often."""


class EngineProcessOutOfMemory(EngineProcessDied):
    """The child ended at its memory limit: a retry would end the same way."""


class EngineProcessAnswerTooLarge(EngineProcessError):
    """The child said more than is read in one line, and was killed: asking again would end the same way."""


class EngineProcessTimeout(EngineProcessError):
    """The child did not answer in time and was killed, or was busy with other requests all the time."""


class EngineProcess:
    """One child in a session of its own, asked one thing at a time. Starts when first asked, again after a death.

    Args:
        command: Program and arguments.
        environment: Variables beside those of this process, which are handed on without secrets.
        memory_bytes: What the child may ask of the system for itself at most; ``None`` for no limit.
    """

    def __init__(
        self,
        command: Sequence[str] = ENGINE_COMMAND,
        *,
        environment: Mapping[str, str] | None = None,
        memory_bytes: int | None = None,
    ) -> None:
        self._command = list(command)
        self._environment = dict(environment or {})
        self.memory_bytes = memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = bytearray()
        self._asking = threading.Lock()
        self._writing = threading.Lock()
        self._cancellations: deque[bytes] = deque()
        self._is_killed = False
        self._number = 0
        self._said: deque[str] = deque(maxlen=KEPT_ERROR_LINES)
        self._listener: threading.Thread | None = None
        self._asked_for = ""
        self._kill_reason = ""
        self._oom_kills = 0
        self.served = 0
        self.started_at = 0.0
        self.is_ready = False

    @property
    def is_alive(self) -> bool:
        """Whether the process is there and was not killed."""
        return self._process is not None and not self._is_killed and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id; 0 before the first start."""
        return self._process.pid if self._process else 0

    def memory_used(self) -> int:
        """Return the bytes that the child and what it started keep for themselves, 0 when it cannot be read."""
        return memory_of(self.pid) if self.is_alive else 0

    def start(self) -> None:
        """Start the process if it is not there."""
        if self.is_alive:
            return
        self.close()
        try:
            process = _starter.submit(self._spawn).result()
            self._listener = threading.Thread(target=_drain, args=(process, self), name="child-errors", daemon=True)
            self._listener.start()
        except (OSError, RuntimeError) as error:  # the latter for a thread
            self.close()
            reason = sanitized_text(str(getattr(error, "strerror", None) or error))
            failed = Message("engine.spawn_failed", "The engine process could not be started ({error}).", error=reason)
            raise EngineProcessNotStarted(failed) from error

    def request(
        self,
        request: Mapping[str, Any],
        *,
        timeout_seconds: float | None = None,
        on_events: Callable[[Events], None] | None = None,
        on_idle: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        """Return the answer: ``{"done": ...}`` or ``{"error": {...}}``.

        Args:
            timeout_seconds: After this long the child is killed; waiting for an answer to somebody else counts too,
                but then the child goes on.
            on_events: Called in this thread with what the child says meanwhile.
            on_idle: Called in this thread again and again while the child says nothing.

        Raises:
            EngineProcessDied: The process ended before it answered.
            EngineProcessAnswerTooLarge: It said more than is read.
            EngineProcessTimeout: It, or what it did before, took too long.
        """
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        if not self._asking.acquire(timeout=-1 if timeout_seconds is None else timeout_seconds):
            raise EngineProcessTimeout(Message("engine.busy", "The process was busy with other work for too long."))
        try:
            self.start()
            self._number += 1
            self._asked_for = current_request_id()
            self._kill_reason = ""
            try:
                self._send({**request, "request": self._number}, deadline)
                answer = self._answer(deadline, on_events or _ignore, on_idle)
            except BaseException:
                # Whatever interrupted us, an answer may still be on its way: it must not meet the next question.
                self.kill()
                self._await_death()
                raise
            self.served += 1
            return answer
        finally:
            self._asking.release()

    def on_stderr_line(self, line: str) -> None:
        """Take a line that the child wrote for people: the last ones tell why it died."""
        self._said.append(line)
        engine_logger.info("%s", line, extra={"engine": self.pid, "request_id": self._asked_for})

    def cancel(self) -> None:
        """Ask the child to stop what it does; may be called from any thread and never waits.

        One that does not read hears nothing of it: who cancels kills it after a while.
        """
        self._cancellations.append(_line_of({"op": "cancel", "request": self._number}))
        self._write_cancellations()

    def kill(self, reason: str = "") -> None:
        """End the child and everything it started, without waiting for that; may be called from any thread.

        Args:
            reason: What `EngineProcessDied` shall say.
        """
        self._kill_reason = self._kill_reason or reason
        process = self._process
        if process is not None:
            self._is_killed = True
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the child if it is there, and give its pipes back."""
        process = self._process
        if process is None:
            return
        self.kill()
        self._await_death()
        self._process = None
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._buffer.clear()

    def _await_death(self) -> None:
        process = self._process
        if process is None:
            return
        try:
            process.wait(timeout=SECONDS_TO_DIE)
        except subprocess.TimeoutExpired:
            # Nobody waits for it any longer: another one takes its place.
            engine_logger.warning("an engine process was killed and has not ended", extra={"engine": process.pid})

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._said.clear()
        self._oom_kills = oom_kills()
        self.started_at, self.is_ready, self._is_killed = time.monotonic(), False, False
        with key_pipe() as key:
            self._process = process = subprocess.Popen(  # noqa: S603 - the command is ours
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
                cwd=settings.BASE_DIR,
                pass_fds=(key,),
                env=engine_environment(self._environment, key),
            )
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
        if self.memory_bytes is not None:
            # Not the address space: files are mapped and threads reserve much that they never use.
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (self.memory_bytes, self.memory_bytes))
        return process

    def _send(self, message: Mapping[str, Any], deadline: float | None) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise EngineProcessDied(NOT_RUNNING)
        poller = select.poll()
        poller.register(process.stdin.fileno(), select.POLLOUT)
        rest = memoryview(_line_of(message))
        with self._writing:
            try:
                while rest := rest[process.stdin.write(rest) or 0 :]:
                    if not _wait(poller, deadline, None):
                        raise _timeout()
            except (OSError, ValueError):
                raise self._exit_error() from None
        self._write_cancellations()

    def _write_cancellations(self) -> None:
        """Write what was cancelled unless a request is just being written: who writes it calls this behind it."""
        while self._cancellations and self._writing.acquire(blocking=False):
            try:
                # The child may have ended, and another thread may have been faster.
                with contextlib.suppress(OSError, ValueError, IndexError):
                    line, process = self._cancellations.popleft(), self._process
                    if process is not None and process.stdin is not None:
                        process.stdin.write(line)  # in one piece or, into a full pipe, not at all
            finally:
                self._writing.release()

    def _answer(
        self, deadline: float | None, on_events: Callable[[Events], None], on_idle: Callable[[], None] | None
    ) -> dict[str, Any]:
        while True:
            message = load_sanitized(self._line(deadline, on_idle))  # nothing behind here can store the rest
            self.is_ready = True
            if "events" in message:
                on_events(message["events"])
            elif message.pop("request", 0) == self._number:
                return dict(message)

    def _line(self, deadline: float | None, on_idle: Callable[[], None] | None) -> bytes:
        if self._process is None or self._process.stdout is None:
            raise EngineProcessDied(NOT_RUNNING)
        pipe = self._process.stdout.fileno()
        poller = select.poll()
        poller.register(pipe, select.POLLIN | select.POLLHUP)
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if not _wait(poller, deadline, on_idle):
                raise _timeout()
            part = os.read(pipe, 1 << 20)
            if not part:
                raise self._exit_error()
            if len(self._buffer) > MAX_LINE_BYTES:
                raise EngineProcessAnswerTooLarge(
                    Message(
                        "engine.answer_too_large",
                        "The result needs a description of more than {limit} MB, the most that is accepted."
                        " Use fewer columns or shorter names.",
                        limit=MAX_LINE_BYTES // 1_000_000,
                    )
                )
            self._buffer += part
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _exit_error(self) -> EngineProcessDied:
        cause = self._exit_cause()
        if self.memory_bytes and not self._kill_reason and any("bad_alloc" in line for line in self._said):
            refused = Message(
                "engine.memory_refused",
                "The process asked for more memory than its limit of {limit} and crashed.",
                limit=format_bytes(self.memory_bytes),
            )
            return EngineProcessOutOfMemory(refused)
        return EngineProcessDied(cause)

    def _exit_cause(self) -> str:
        if self._process is None:
            return NOT_RUNNING
        try:
            code = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return self._kill_reason or Message("engine.closed_pipe", "The process closed its pipe.")
        if self._listener is not None:  # its last words; what it started may hold the pipe open for longer
            self._listener.join(SECONDS_FOR_LAST_WORDS)
        if self._kill_reason:
            return self._kill_reason
        last = next((f" {line.strip()}" for line in reversed(self._said) if line.strip()), "")
        if code < 0 and -code == signal.SIGKILL:
            if oom_kills() > self._oom_kills:
                return Message(
                    "engine.out_of_memory",
                    "The process was killed by the system because the machine ran out of memory.",
                )
            return Message(
                "engine.killed",
                "The process was killed from outside (SIGKILL), often a sign that the machine ran out of memory.",
            )
        if code < 0:
            name = signal.Signals(-code).name
            return Message("engine.crashed", "The process crashed ({signal}).{last}", signal=name, last=last)
        return Message("engine.ended", "The process ended with code {code}.{last}", code=code, last=last)


def _ignore(_: Events) -> None:
    pass


def _line_of(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _timeout() -> EngineProcessTimeout:
    return EngineProcessTimeout(Message("engine.timeout", "The process did not answer in time and was stopped."))


def _wait(poller: select.poll, deadline: float | None, on_idle: Callable[[], None] | None) -> bool:
    """Return whether there is something to read, or room to write, before the deadline."""
    while True:
        left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
        longest = left if on_idle is None else min(left or QUIET_SECONDS, QUIET_SECONDS)
        if poller.poll(None if longest is None else longest * 1000):
            return True
        if left is not None and left <= (longest or 0.0):
            return False
        if on_idle is not None:
            on_idle()


def _drain(process: subprocess.Popen[bytes], child: EngineProcess) -> None:
    if process.stderr is None:
        return
    with process.stderr as pipe:
        for line in iter(lambda: pipe.readline(4096), b""):
            child.on_stderr_line(sanitized_text(line.decode(errors="replace")).rstrip())

"""Processes under one circus arbiter: started in order, restarted with back-off, ended with their descendants."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import shlex
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from circus.arbiter import Arbiter
from circus.process import DEAD_OR_ZOMBIE, UNEXISTING
from circus.watcher import Watcher
from tornado.ioloop import IOLoop

from leptonweb.supervise.process_spec import ProcessSpec
from leptonweb.supervise.start_error import StartError
from leptonweb.supervise.terminal import LineStream, Terminal

DIE_WITH_PARENT = Path(__file__).with_name("die_with_parent.py")
CHECK_SECONDS = 0.25
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
STEADY_SECONDS = 60.0
TRIES_BEFORE_READY = 3
LEFTOVER_GRACE_SECONDS = 2.0
PR_SET_CHILD_SUBREAPER = 36
GONE = (DEAD_OR_ZOMBIE, UNEXISTING)


@dataclass
class Record:
    """The starts and ends of one process so far."""

    child: ProcessSpec
    stream: LineStream
    started_at: float = 0.0
    deaths: int = 0
    ending: str = "ended"
    restart: asyncio.TimerHandle | None = None


class OneProcess(Watcher):
    """A watcher whose process never leaves without its end being noted.

    circus' own check forgets a process that dies between two of its steps: no exit code, no last words.
    """

    async def manage_processes(self) -> None:
        """Record the end of the process and stop; the caller that is notified decides about a restart."""
        if self.is_stopped():
            return
        for process in list(self.processes.values()):
            if process.status in GONE:
                self.reap_process(process.pid)
        if not self.processes and not self.is_stopping():
            await self._stop()


class Supervision:
    """Watches over the children until :meth:`close`. Everything happens in the running event loop."""

    def __init__(self, children: list[ProcessSpec], terminal: Terminal) -> None:
        self._terminal = terminal
        self._records = {
            child.name: Record(child, terminal.stream(child.name, unremarkable=child.unremarkable))
            for child in children
        }
        self._is_closing = False
        self._is_ready = False
        self._staying: set[int] = (
            set()
        )  # process groups whose leader has ended and whose other members end by themselves
        self.gave_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        _adopt_orphans()
        # The control sockets stay inside this process: nothing on the machine can send commands to the arbiter.
        self._arbiter = Arbiter(
            [self._watcher(record) for record in self._records.values()],
            "inproc://leptonweb-control",
            "inproc://leptonweb-events",
            check_delay=CHECK_SECONDS,
            loop=IOLoop.current(),
            proc_name="leptonweb",
        )

    async def open(self) -> None:
        """Start the arbiter; no process is started yet."""
        await self._arbiter.start()

    async def start(self, *names: str) -> None:
        """Start processes that are not running."""
        for name in names:
            self._records[name].started_at = time.monotonic()
            # circus' public start() refuses while its periodic check runs; the check itself uses this one.
            await self._watcher_of(name)._start()

    def ready(self) -> None:
        """From now on restart a process however often it ends."""
        self._is_ready = True

    async def close(self, *, last: str | None = None) -> None:
        """End every process and its descendants.

        Args:
            last: A child the others need while they end.
        """
        self._is_closing = True
        for record in self._records.values():
            if record.restart:
                record.restart.cancel()
        # circus logs an error when its periodic check runs while it is stopping.
        self._arbiter.ctrl.caller.stop()
        first = [name for name in self._records if name != last]
        await asyncio.gather(*(self._watcher_of(name)._stop() for name in first))
        await self._arbiter.stop()
        await asyncio.to_thread(_end_processes, psutil.Process().children(recursive=True))

    def kill_all(self) -> None:
        """Kill every process that has not ended yet."""
        for watcher in self._arbiter.iter_watchers():
            for process in watcher.get_active_processes():
                watcher.send_signal_process(process, signal.SIGKILL, recursive=True)

    def _watcher_of(self, name: str) -> Any:
        return self._arbiter.get_watcher(name)

    def _watcher(self, record: Record) -> Any:
        child = record.child
        return OneProcess(
            child.name,
            shlex.quote(sys.executable),
            args=["-I", "-S", str(DIE_WITH_PARENT), str(os.getpid()), *child.command],
            env=dict(child.environment),
            working_dir=str(Path(__file__).resolve().parents[2]),
            stop_signal=child.stop_signal,
            graceful_timeout=child.grace_seconds,
            stdout_stream={"stream": record.stream},
            stderr_stream={"stream": record.stream},
            # This class restarts processes itself: circus would do it at once, for ever and silently.
            respawn=False,
            autostart=False,
            hooks={
                "before_reap": (self._on_death, True),
                "after_reap": (self._on_reaped, True),
                "after_stop": (self._on_stopped, True),
            },
        )

    def _on_death(self, watcher: Any, process_pid: int, **_: Any) -> bool:
        """Read the rest of a process's output: circus closes the pipes without reading them to the end."""
        stream = self._records[watcher.name].stream
        process = watcher.processes[process_pid]
        for name, pipe in (("stdout", process.stdout), ("stderr", process.stderr)):
            with contextlib.suppress(OSError, ValueError):
                os.set_blocking(pipe.fileno(), False)
                while data := os.read(pipe.fileno(), 65_536):
                    stream({"data": data, "pid": process_pid, "name": name})
        stream.flush(process_pid)
        return True

    def _on_reaped(self, watcher: Any, process_pid: int, exit_code: int | None, **_: Any) -> bool:
        record = self._records[watcher.name]
        record.ending = _ending(exit_code)
        if record.child.offspring_stays and not self._is_closing:
            self._staying.add(process_pid)
            return True
        # Every process leads a process group of its own; its descendants are ended with it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process_pid, signal.SIGKILL)
        return True

    def _on_stopped(self, watcher: Any, **_: Any) -> bool:
        record = self._records[watcher.name]
        if self._is_closing or record.restart:
            return True
        self._end_orphans()
        if time.monotonic() - record.started_at > STEADY_SECONDS:
            record.deaths = 0
        record.deaths += 1
        if not self._is_ready and record.deaths >= TRIES_BEFORE_READY:
            if not self.gave_up.done():
                self.gave_up.set_exception(StartError(f"{watcher.name} does not start: it {record.ending} each time."))
            return True
        delay = min(FIRST_DELAY_SECONDS * 2 ** (record.deaths - 1), LONGEST_DELAY_SECONDS)
        self._terminal.announce(f"{watcher.name} {record.ending}; it is started again in {delay:g} s.")
        record.restart = asyncio.get_running_loop().call_later(delay, self._restart, record)
        return True

    def _restart(self, record: Record) -> None:
        record.restart = None
        asyncio.ensure_future(self.start(record.child.name))

    def _end_orphans(self) -> None:
        """End orphaned descendants, which this process has adopted as their subreaper."""
        watched = {pid for watcher in self._arbiter.iter_watchers() for pid in watcher.processes}
        orphans = [process for process in psutil.Process().children() if process.pid not in watched]
        for process in orphans:
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                if os.getpgid(process.pid) not in self._staying:
                    process.terminate()


def _adopt_orphans() -> None:
    """Make this process adopt orphaned descendants, so that none is left behind (Linux only)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_processes(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=LEFTOVER_GRACE_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=LEFTOVER_GRACE_SECONDS)


def _ending(exit_code: int | None) -> str:
    if exit_code is None:
        return "ended"
    if exit_code < 0:
        return f"was killed ({signal.Signals(-exit_code).name})"
    return f"ended with code {exit_code}"

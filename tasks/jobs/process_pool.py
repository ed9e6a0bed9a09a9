"""Warm engine processes: one for each slot of the worker, replaced when killed, too large or old."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings

from apps.common.engine_process import EngineProcess, EngineProcessError
from apps.common.memory import machine_memory

logger = logging.getLogger(__name__)

MAX_REQUESTS = 2000
CHECK_MEMORY_EVERY = 10
MAX_IDLE_BYTES = 1536 * 1024 * 1024
MAX_AGE_SECONDS = 6 * 3600.0
SHARE_OF_MACHINE = 0.8
MIN_LIMIT_BYTES = 1024**3
SECONDS_TO_WARM = 120.0
ON_CPU: Mapping[str, str] = {"CUDA_VISIBLE_DEVICES": ""}


def _needs_recycling(child: EngineProcess) -> bool:
    # Memory is read every few requests only: for nodes of a millisecond, reading it would add a tenth.
    is_grown = child.served % CHECK_MEMORY_EVERY == 0 and child.memory_used() > MAX_IDLE_BYTES
    is_old = child.served >= MAX_REQUESTS or time.monotonic() - child.started_at > MAX_AGE_SECONDS
    return is_old or is_grown


def memory_limit() -> int:
    """Return the bytes one attempt may use: as configured, or an equal share of most of the machine."""
    if settings.LEPTON_ATTEMPT_MEMORY_MB:
        return int(settings.LEPTON_ATTEMPT_MEMORY_MB) * 1024**2
    share = int(machine_memory() * SHARE_OF_MACHINE / settings.LEPTON_WORKER_SLOTS)
    return max(share, MIN_LIMIT_BYTES)


def _for_cpu() -> EngineProcess:
    return EngineProcess(environment=ON_CPU, memory_bytes=memory_limit())


class EngineProcessPool:
    """Idle processes that wait for work. Those for the CPU see no GPU; one for a GPU is used once.

    A process that needs recycling stays in use until its replacement has loaded its libraries.
    """

    def __init__(self) -> None:
        self._idle: list[EngineProcess] = []
        self._lock = threading.Lock()
        self._replacing: set[EngineProcess] = set()
        self._replaced: set[EngineProcess] = set()  # in use when their replacement was ready; closed on return
        self._is_closed = False

    def warm(self, count: int) -> None:
        """Start processes before the first request."""
        for _ in range(count):
            child = _for_cpu()
            try:
                child.start()
            except EngineProcessError as error:  # the first request tries again
                logger.warning("an engine process could not be started ahead of work: %s", error)
                return
            with self._lock:
                self._idle.append(child)

    @contextmanager
    def acquire(self, gpu: Mapping[str, str] | None = None) -> Iterator[EngineProcess]:
        """Provide a process for the block. ``gpu``: variables that show it one GPU; it is used only once."""
        if gpu:
            child = EngineProcess(environment=gpu)
            try:
                yield child
            finally:
                child.close()
            return
        child = self._next()
        try:
            yield child
        finally:
            self._release(child)

    def close(self) -> None:
        """Close the idle processes."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()

    def _next(self) -> EngineProcess:
        with self._lock:
            return self._idle.pop() if self._idle else _for_cpu()

    def _release(self, child: EngineProcess) -> None:
        needs_recycling = _needs_recycling(child)
        with self._lock:
            is_replaced = child in self._replaced
            self._replaced.discard(child)
            if not is_replaced:
                self._idle.append(child)
            is_new = needs_recycling and not is_replaced and child not in self._replacing
            if is_new:
                self._replacing.add(child)
        if is_replaced:
            child.close()
        elif is_new:
            try:
                threading.Thread(target=self._replace, args=(child,), name="replace-child", daemon=True).start()
            except RuntimeError as error:  # no thread is left: the outcome of the request is good all the same
                logger.warning("an engine process could not be replaced and stays in use: %s", error)
                with self._lock:
                    self._replacing.discard(child)

    def _replace(self, outdated: EngineProcess) -> None:
        successor = _for_cpu()
        try:
            successor.request({"op": "warm"}, timeout_seconds=SECONDS_TO_WARM)
        except EngineProcessError as error:
            logger.warning(
                "an engine process could not be replaced and stays in use, the new one did not start: %s", error
            )
            successor.close()
            with self._lock:
                self._replacing.discard(outdated)
            return
        with self._lock:
            self._replacing.discard(outdated)
            surplus: EngineProcess | None = successor if self._is_closed else outdated
            if outdated in self._idle:
                self._idle.remove(outdated)
            elif not self._is_closed:
                self._replaced.add(outdated)
                surplus = None
            if not self._is_closed:
                self._idle.append(successor)
        if surplus is not None:
            surplus.close()

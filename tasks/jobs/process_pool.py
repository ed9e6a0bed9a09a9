"""Warm engine processes: one for each slot of the worker, replaced when killed, grown or old."""

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

MOST_SERVED = 2000
LOOK_AT_MEMORY_EVERY = 10
MOST_KEPT_BYTES = 1536 * 1024 * 1024
OLD_AFTER_SECONDS = 6 * 3600.0
SHARE_OF_MACHINE = 0.8
LEAST_LIMIT_BYTES = 1024**3
SECONDS_TO_WARM = 120.0
ON_CPU: Mapping[str, str] = {"CUDA_VISIBLE_DEVICES": ""}


def _needs_recycling(child: EngineProcess) -> bool:
    # The memory is read now and then only: for nodes that take a millisecond, reading it would cost a tenth.
    is_grown = child.served % LOOK_AT_MEMORY_EVERY == 0 and child.memory_used() > MOST_KEPT_BYTES
    is_old = child.served >= MOST_SERVED or time.monotonic() - child.started_at > OLD_AFTER_SECONDS
    return is_old or is_grown


def memory_limit() -> int:
    """Return the bytes one attempt may use: as configured, or an equal share of most of the machine."""
    if settings.LEPTON_ATTEMPT_MEMORY_MB:
        return int(settings.LEPTON_ATTEMPT_MEMORY_MB) * 1024**2
    share = int(machine_memory() * SHARE_OF_MACHINE / settings.LEPTON_WORKER_SLOTS)
    return max(share, LEAST_LIMIT_BYTES)


def _for_cpu() -> EngineProcess:
    return EngineProcess(environment=ON_CPU, memory_bytes=memory_limit())


class EngineProcessPool:
    """Processes that wait for work. Those for the CPU never see a GPU; one for a GPU serves once.

    A worn process goes on serving until the one that takes its place has loaded its libraries.
    """

    def __init__(self) -> None:
        self._idle: list[EngineProcess] = []
        self._lock = threading.Lock()
        self._replacing: set[EngineProcess] = set()
        self._replaced: set[EngineProcess] = set()  # lent when their successor was ready
        self._is_closed = False

    def warm(self, count: int) -> None:
        """Start processes ahead of the first work."""
        for _ in range(count):
            child = _for_cpu()
            child.start()
            with self._lock:
                self._idle.append(child)

    @contextmanager
    def acquire(self, gpu: Mapping[str, str] | None = None) -> Iterator[EngineProcess]:
        """Lend a process. ``gpu``: variables that show it one GPU; such a process is fresh and ends afterwards."""
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
            self._give_back(child)

    def close(self) -> None:
        """End the waiting processes."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()

    def _next(self) -> EngineProcess:
        with self._lock:
            return self._idle.pop() if self._idle else _for_cpu()

    def _give_back(self, child: EngineProcess) -> None:
        is_worn = _needs_recycling(child)
        with self._lock:
            is_replaced = child in self._replaced
            self._replaced.discard(child)
            if not is_replaced:
                self._idle.append(child)
            is_new = is_worn and not is_replaced and child not in self._replacing
            if is_new:
                self._replacing.add(child)
        if is_replaced:
            child.close()
        elif is_new:
            threading.Thread(target=self._replace, args=(child,), name="replace-child", daemon=True).start()

    def _replace(self, worn: EngineProcess) -> None:
        fresh = _for_cpu()
        try:
            fresh.request({"op": "warm"}, timeout_seconds=SECONDS_TO_WARM)
        except EngineProcessError as error:
            logger.warning(
                "an engine process could not be replaced and stays in use, the new one did not start: %s", error
            )
            fresh.close()
            with self._lock:
                self._replacing.discard(worn)
            return
        with self._lock:
            self._replacing.discard(worn)
            over: EngineProcess | None = fresh if self._is_closed else worn
            if worn in self._idle:
                self._idle.remove(worn)
            elif not self._is_closed:
                self._replaced.add(worn)
                over = None
            if not self._is_closed:
                self._idle.append(fresh)
        if over is not None:
            over.close()

"""Threads of this worker that found nothing ready in a run while their neighbours still work on it.

Each layer of a graph ends with threads that find nothing until its last node is done. Such a thread stays for a
moment: the neighbour that makes nodes ready wakes it instead of sending a Celery message, which takes longer than a
small node.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import transaction

WAIT_SECONDS = 0.01
SECONDS_FOR_COMMIT = 1.0

Place = tuple[str, str]  # a run and a queue


class _Waiter(threading.Event):
    """A thread that waits. It is chosen before it is woken: its neighbour commits in between."""

    is_chosen = False


@dataclass
class _Crew:
    """The threads at one run and queue: how many work, and which wait."""

    working: int = 0
    waiting: list[_Waiter] = field(default_factory=list)


class WaitingThreads:
    """Who works on which run, and who waits there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._crews: dict[Place, _Crew] = {}

    @contextmanager
    def working(self, run_id: uuid.UUID | str, queue: str) -> Iterator[None]:
        """Count the calling thread among those that work on a run."""
        place = (str(run_id), queue)
        with self._lock:
            crew = self._crews.setdefault(place, _Crew())
            crew.working += 1
        try:
            yield
        finally:
            with self._lock:
                crew.working -= 1
                if not crew.working:  # nobody is left who could make a node ready
                    self._crews.pop(place, None)
                    for waiter in crew.waiting:
                        waiter.set()

    def wait(self, run_id: uuid.UUID | str, queue: str) -> bool:
        """Wait until a neighbour has made a node ready; ``False`` when none did or nobody else works on the run.

        Called by a thread that no longer counts among those that work on it.
        """
        waiter = _Waiter()
        with self._lock:
            crew = self._crews.get((str(run_id), queue))
            if crew is None:
                return False
            crew.waiting.append(waiter)
        waiter.wait(WAIT_SECONDS)
        with self._lock:
            if not waiter.is_chosen:
                if waiter in crew.waiting:
                    crew.waiting.remove(waiter)
                return False
        waiter.wait(SECONDS_FOR_COMMIT)  # after a rollback nobody wakes it, and it looks for a node all the same
        return True

    def wake(self, run_id: uuid.UUID | str, queue: str, count: int) -> int:
        """Wake threads after the commit of the present transaction; return how many, at most ``count``."""
        with self._lock:
            crew = self._crews.get((str(run_id), queue))
            chosen = crew.waiting[:count] if crew else []
            for waiter in chosen:
                waiter.is_chosen = True
            if crew:
                del crew.waiting[: len(chosen)]
        for waiter in chosen:
            transaction.on_commit(waiter.set)
        return len(chosen)


waiting_threads = WaitingThreads()

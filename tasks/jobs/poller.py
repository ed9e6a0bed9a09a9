"""Polls the database for ready nodes and uploaded files whose message was lost.

Redis may be unavailable, or a worker's consumer may not have reconnected. The reconciler sends messages again, too.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection, Mapping
from functools import partial

from django.db import connections
from django.db.models import Q
from django.db.models.functions import Now

from apps.common.jobs import Queue
from apps.datasets.models import DatasetVersion
from apps.runs.models import NodeRun
from tasks.jobs.daemon_threads import guarded_pass

SECONDS_BETWEEN_POLLS = 2.0
MAX_ROWS = 100

Waiting = tuple[str, int]  # kind and primary key of a row
Work = Callable[[], None]


class Slots:
    """Slots of a worker: the limit of nodes and files that it works on at once, started by a message or the poll."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._changed = threading.Condition()

    def resize(self, count: int, *, before: int) -> None:
        """Change the number of slots from ``before`` to ``count``."""
        with self._changed:
            self._free += count - before
            self._changed.notify_all()

    def acquire(self) -> None:
        """Wait for a slot."""
        with self._changed:
            self._changed.wait_for(lambda: self._free > 0)
            self._free -= 1

    def acquire_if_free(self) -> bool:
        """Acquire a slot if one is free."""
        with self._changed:
            if self._free <= 0:
                return False
            self._free -= 1
            return True

    def release(self) -> None:
        """Release a slot."""
        with self._changed:
            self._free += 1
            self._changed.notify()


def poll_waiting(
    queues: Collection[str],
    slots: Slots,
    run_nodes: Callable[[uuid.UUID, str], None],
    read_file: Callable[[int], None],
    stopping: threading.Event,
) -> None:
    """Start work that was waiting at the previous poll and still is, while slots are free.

    Args:
        run_nodes: Claims and runs nodes of a run that are ready in a queue.
        read_file: Claims a version of a data set and reads its file.
    """
    before: set[Waiting] = set()
    while not stopping.wait(SECONDS_BETWEEN_POLLS):
        with guarded_pass("poll for waiting work"):
            waiting = {**_nodes(queues, run_nodes), **_files(queues, read_file)}
            for key, work in waiting.items():
                if key in before and slots.acquire_if_free():
                    threading.Thread(target=_work, args=(slots, work), name="poller", daemon=True).start()
            before = set(waiting)


def _nodes(queues: Collection[str], run_nodes: Callable[[uuid.UUID, str], None]) -> Mapping[Waiting, Work]:
    may_start = Q(not_before=None) | Q(not_before__lte=Now())
    nodes = NodeRun.objects.filter(
        may_start, state=NodeRun.State.QUEUED, queue__in=list(queues), run__cancel_requested_at=None
    )
    rows = nodes.order_by("pk").values_list("pk", "run_id", "queue")[:MAX_ROWS]
    return {("node", key): partial(run_nodes, run_id, queue) for key, run_id, queue in rows}


def _files(queues: Collection[str], read_file: Callable[[int], None]) -> Mapping[Waiting, Work]:
    if Queue.CPU not in queues:
        return {}
    versions = DatasetVersion.objects.claimable().order_by("pk").values_list("pk", flat=True)[:MAX_ROWS]
    return {("file", key): partial(read_file, key) for key in versions}


def _work(slots: Slots, work: Work) -> None:
    try:
        work()
    finally:
        slots.release()
        connections.close_all()

"""Polls for nodes and uploaded files that wait although no message started them.

Redis may be away, or a worker's consumer that lost its connection may not have come back. Beside this the reconciler
sends messages again.
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
MOST_AT_ONCE = 100

Waiting = tuple[str, int]  # kind and primary key of a row
Work = Callable[[], None]


class Slots:
    """How many nodes and readings a worker runs at once, whether a message or the poll started them."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._changed = threading.Condition()

    def resize(self, count: int, *, before: int) -> None:
        """Have ``count`` slots instead of ``before``."""
        with self._changed:
            self._free += count - before
            self._changed.notify_all()

    def take(self) -> None:
        """Wait for a slot."""
        with self._changed:
            self._changed.wait_for(lambda: self._free > 0)
            self._free -= 1

    def take_if_free(self) -> bool:
        """Take a slot if there is one."""
        with self._changed:
            if self._free <= 0:
                return False
            self._free -= 1
            return True

    def give(self) -> None:
        """Give a slot back."""
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
    """While there are free slots, start what waited for a worker at the previous poll and still does.

    Args:
        run_nodes: Claims and runs nodes of a run that are ready in a queue.
        read_file: Claims a version of a data set and reads its file.
    """
    before: set[Waiting] = set()
    while not stopping.wait(SECONDS_BETWEEN_POLLS):
        with guarded_pass("poll for waiting work"):
            waiting = {**_nodes(queues, run_nodes), **_files(queues, read_file)}
            for key, work in waiting.items():
                if key in before and slots.take_if_free():
                    threading.Thread(target=_work, args=(slots, work), name="poller", daemon=True).start()
            before = set(waiting)


def _nodes(queues: Collection[str], run_nodes: Callable[[uuid.UUID, str], None]) -> Mapping[Waiting, Work]:
    may_start = Q(not_before=None) | Q(not_before__lte=Now())
    nodes = NodeRun.objects.filter(
        may_start, state=NodeRun.State.QUEUED, queue__in=list(queues), run__cancel_requested_at=None
    )
    rows = nodes.order_by("pk").values_list("pk", "run_id", "queue")[:MOST_AT_ONCE]
    return {("node", key): partial(run_nodes, run_id, queue) for key, run_id, queue in rows}


def _files(queues: Collection[str], read_file: Callable[[int], None]) -> Mapping[Waiting, Work]:
    if Queue.CPU not in queues:
        return {}
    versions = DatasetVersion.objects.claimable().order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE]
    return {("file", key): partial(read_file, key) for key in versions}


def _work(slots: Slots, work: Work) -> None:
    try:
        work()
    finally:
        slots.give()
        connections.close_all()

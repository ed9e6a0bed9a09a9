"""Polls for nodes that are ready although no message started them: the one fallback.

Redis may be away, or a worker's consumer that lost its connection may not have come back.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection

from django.db import connections
from django.db.models import Q
from django.db.models.functions import Now

from apps.runs.models import NodeRun
from tasks.jobs.daemon_threads import guarded_pass

SECONDS_BETWEEN_POLLS = 2.0
MOST_AT_ONCE = 100


class Slots:
    """How many nodes a worker runs at once, whether a message or the poll started them."""

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


def poll_ready_nodes(
    queues: Collection[str], slots: Slots, work: Callable[[uuid.UUID, str], None], stopping: threading.Event
) -> None:
    """While there are free slots, claim nodes that were ready at the previous poll and still are."""
    before: set[int] = set()
    while not stopping.wait(SECONDS_BETWEEN_POLLS):
        with guarded_pass("poll for ready nodes"):
            ready = _ready(queues)
            for key, (run_id, queue) in ready.items():
                if key in before and slots.take_if_free():
                    args = (slots, work, run_id, queue)
                    threading.Thread(target=_work, args=args, name="poller", daemon=True).start()
            before = set(ready)


def _ready(queues: Collection[str]) -> dict[int, tuple[uuid.UUID, str]]:
    may_start = Q(not_before=None) | Q(not_before__lte=Now())
    nodes = NodeRun.objects.filter(
        may_start, state=NodeRun.State.QUEUED, queue__in=list(queues), run__cancel_requested_at=None
    )
    rows = nodes.order_by("pk").values_list("pk", "run_id", "queue")[:MOST_AT_ONCE]
    return {key: (run_id, queue) for key, run_id, queue in rows}


def _work(slots: Slots, work: Callable[[uuid.UUID, str], None], run_id: uuid.UUID, queue: str) -> None:
    try:
        work(run_id, queue)
    finally:
        slots.give()
        connections.close_all()

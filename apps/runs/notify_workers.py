"""Sends the Celery messages that start nodes.

A message names a run and a queue, not a node: the worker that receives it claims what is ready then.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Iterable

from apps.common.jobs import Job, enqueue
from apps.compute.selectors import total_slots
from apps.runs.models import NodeRun
from apps.runs.waiting_threads import waiting_threads

SECONDS_BETWEEN_SLOT_COUNTS = 10.0
_slot_count: dict[str, float] = {"slots": 1.0, "until": 0.0}


def notify(run_id: uuid.UUID, ready: Iterable[NodeRun], *, present: str = "") -> None:
    """Send messages on commit, for each queue no more than there are slots to receive them.

    A thread of this process that waits for a node of this run is woken instead.

    Args:
        ready: Nodes that are ready.
        present: Queue of the calling worker, which claims its next node without a message.
    """
    for queue, count in Counter(node.queue for node in ready).items():
        slots = _slots() - (1 if queue == present else 0)
        wanted = min(count, slots)
        for _ in range(wanted - waiting_threads.wake(run_id, queue, wanted)):
            enqueue(Job.EXECUTE_NODE, queue=queue, run=run_id, pool=queue)


def _slots() -> int:
    now = time.monotonic()
    if now > _slot_count["until"]:
        _slot_count.update(slots=float(total_slots()), until=now + SECONDS_BETWEEN_SLOT_COUNTS)
    return int(_slot_count["slots"])

"""Moves nodes that were planned for a GPU to the CPU, when no machine with a GPU is left.

No node requires a GPU (`tasks.graph.compile.PlanStep.uses_gpu`): a run that is planned while there is none goes to the
CPU at once, and one that was planned before must not wait for ever.
"""

from __future__ import annotations

import uuid

from apps.common.jobs import Queue
from apps.compute.selectors import is_gpu_expected
from apps.runs import notify_workers
from apps.runs.models import UNFINISHED, NodeRun
from apps.runs.run_transaction import run_transaction

State = NodeRun.State


def runs_without_gpu() -> list[uuid.UUID]:
    """Return the runs with ready nodes in the queue for GPUs, if no GPU is expected."""
    waiting = NodeRun.objects.filter(queue=Queue.GPU, state=State.QUEUED, run__state__in=UNFINISHED)
    runs = list(waiting.order_by().values_list("run_id", flat=True).distinct())
    return runs if runs and not is_gpu_expected() else []


def move_to_cpu(run_id: uuid.UUID) -> int:
    """Move the nodes of a run that have not started to the queue for CPUs; return how many."""
    with run_transaction(run_id) as change:
        waiting = NodeRun.objects.filter(run=run_id, queue=Queue.GPU, state__in=(State.PENDING, State.QUEUED))
        if change.run.state not in UNFINISHED or is_gpu_expected():
            return 0
        moved = waiting.update(queue=Queue.CPU)
        ready = NodeRun.objects.filter(run=run_id, queue=Queue.CPU, state=State.QUEUED)
        notify_workers.notify(run_id, ready.only("queue"))
        return moved

"""Nodes that were planned for a GPU, after the machines with one are gone: they run on the CPU, which takes longer.

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
    """Return the runs with nodes that are ready and wait for a GPU that will not come."""
    waiting = NodeRun.objects.filter(queue=Queue.GPU, state=State.QUEUED, run__state__in=UNFINISHED)
    runs = list(waiting.order_by().values_list("run_id", flat=True).distinct())
    return runs if runs and not is_gpu_expected() else []


def move_to_cpu(run_id: uuid.UUID) -> int:
    """Let what is not begun of a run be claimed by workers of the queue for CPUs; return how many nodes."""
    with run_transaction(run_id) as change:
        waiting = NodeRun.objects.filter(run=run_id, queue=Queue.GPU, state__in=(State.PENDING, State.QUEUED))
        if change.run.state not in UNFINISHED or is_gpu_expected():
            return 0
        moved = waiting.update(queue=Queue.CPU)
        ready = NodeRun.objects.filter(run=run_id, queue=Queue.CPU, state=State.QUEUED)
        notify_workers.notify(run_id, ready.only("queue"))
        return moved

"""Metrics of runs for ``/metrics``, read from the database with queries that an index answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Max, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from prometheus_client.core import Metric

from apps.common.jobs import Queue
from apps.common.metrics import gauge, gauges
from apps.runs.models import MaintenanceRun, NodeRun, Run

QUEUES = (str(Queue.CPU), str(Queue.GPU))


def run_figures() -> Iterator[Metric]:
    """Return the number of runs and nodes by state, and how long the oldest queued node has waited."""
    states = dict(Run.objects.order_by().values_list("state").annotate(Count("pk")))
    counted = [((str(state),), states.get(state, 0)) for state in Run.State.values]
    yield gauges("leptonweb_runs", "Runs by state.", ("state",), counted)
    queued = _by_queue(NodeRun.State.QUEUED)
    yield gauges("leptonweb_nodes_queued", "Nodes that are ready and wait for a worker.", ("queue",), _each(queued))
    running = _by_queue(NodeRun.State.RUNNING, lease_until__gt=Now())
    yield gauges("leptonweb_nodes_running", "Nodes that a worker runs under a valid lease.", ("queue",), _each(running))
    yield gauge("leptonweb_worker_slots_busy", "Slots of workers in which a node runs.", sum(running.values()))
    waits = gauges("leptonweb_oldest_queued_seconds", OLDEST, ("queue",), _each(_waits() if queued else {}))
    yield waits
    usage = MaintenanceRun.objects.filter(pk="eviction").values_list("facts", flat=True).first() or {}
    failures = MaintenanceRun.objects.filter(pk="repair-failures").values_list("facts", flat=True).first() or {}
    yield gauge(
        "leptonweb_repair_failures", "Repairs and periodic tasks that raised, in all.", failures.get("total", 0)
    )
    yield gauge(
        "leptonweb_results_bytes", "Size of the stored results when a worker last measured it.", usage.get("bytes", 0)
    )


OLDEST = "Time that the oldest queued node has waited: since its run last finished a node, or was created."


def _by_queue(state: NodeRun.State, **conditions: object) -> dict[str, float]:
    among = NodeRun.objects.order_by().filter(state=state, **conditions)
    return dict(among.values_list("queue").annotate(Count("pk")))


def _waits() -> dict[str, float]:
    moved = NodeRun.objects.order_by().filter(run=OuterRef("run")).values("run").annotate(at=Max("finished_at"))
    waiting = NodeRun.objects.order_by().filter(state=NodeRun.State.QUEUED)
    since = waiting.annotate(since=Coalesce(Subquery(moved.values("at")), "run__created_at"))
    now = timezone.now()
    oldest: list[tuple[str, datetime]] = list(since.values_list("queue").annotate(Min("since")))
    return {queue: max((now - at).total_seconds(), 0.0) for queue, at in oldest}


def _each(values: dict[str, float]) -> list[tuple[tuple[str, ...], float]]:
    return [((queue,), values.get(queue, 0.0)) for queue in dict.fromkeys((*QUEUES, *values))]

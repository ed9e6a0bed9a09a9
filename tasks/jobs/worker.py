"""Life cycle of a worker: warm processes at the start, heartbeats, work requeued at the end."""

from __future__ import annotations

import os
import threading
from typing import Any

from celery.signals import task_prerun, worker_init, worker_ready, worker_shutting_down
from django.conf import settings

from apps.common.jobs import Queue
from apps.common.request_ids import bind_request_id
from apps.compute.models import REPORT_SECONDS
from apps.compute.services import report_host
from tasks.catalogue import CatalogueError, catalogue
from tasks.jobs import attempt_workspaces, checkpoints, storage_maintenance
from tasks.jobs.daemon_threads import guarded_pass
from tasks.jobs.execute import engine_processes, leases, slots, stopping, work
from tasks.jobs.gpus import gpus_here, host_name
from tasks.jobs.ingest import read
from tasks.jobs.poller import poll_waiting
from tasks.jobs.process_pool import memory_limit

began = threading.Event()

SECONDS_BETWEEN_MAINTENANCE = 3.0  # short, because a person may wait for a clean-up


@worker_init.connect
def require_catalogue(**_: Any) -> None:
    """End the worker at once if the catalogue of nodes cannot be read, instead of failing each job."""
    try:
        catalogue()
    except CatalogueError as error:
        raise SystemExit(str(error)) from error


@worker_ready.connect
def begin(sender: Any, **_: Any) -> None:
    """Start the threads of the worker, and warm engine processes if it serves the queue for CPUs.

    Called again after every reconnection to the broker, when all of it has started already.
    """
    if began.is_set():
        return
    began.set()
    threading.Thread(target=_report_forever, name="host-report", daemon=True).start()
    threading.Thread(target=_maintain_forever, name="space", daemon=True).start()
    queues, count = list(sender.app.amqp.queues.consume_from), sender.pool.num_processes
    slots.resize(count, before=settings.LEPTON_WORKER_SLOTS)
    polling = (queues, slots, work, read, stopping)
    threading.Thread(target=poll_waiting, args=polling, name="poller", daemon=True).start()
    if Queue.CPU in queues:
        engine_processes.warm(count)


@task_prerun.connect
def name_request(task: Any, **_: Any) -> None:
    """Put the id of the request that a job was sent for into the log lines of the job."""
    bind_request_id(str(getattr(task.request, "request_id", None) or ""))


@worker_shutting_down.connect
def end(**_: Any) -> None:
    """Requeue running work: other workers start it at once instead of waiting for the lease to expire."""
    stopping.set()
    threading.Thread(target=leases.stop_all, args=("The worker was stopped.",), name="hand-back").start()


def _report_forever() -> None:
    while True:
        with guarded_pass("report of this machine"):
            _report()
        with guarded_pass("removal of stale files of attempts"):
            attempt_workspaces.remove_stale()
            checkpoints.remove_stale_if_due()
        if stopping.wait(REPORT_SECONDS):
            return


def _maintain_forever() -> None:
    """Run the maintenance of the store, which may take long, in a thread apart from the heartbeats."""
    while not stopping.wait(SECONDS_BETWEEN_MAINTENANCE):
        with guarded_pass("maintenance of the store"):
            storage_maintenance.maintain_if_due()


def _report() -> None:
    report_host(
        name=host_name,
        slots=settings.LEPTON_WORKER_SLOTS,
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        gpus=gpus_here(),
        attempt_bytes=memory_limit(),
    )

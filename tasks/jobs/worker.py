"""The life of a worker: warm processes at the start, reports while it lives, work handed back at the end."""

from __future__ import annotations

import os
import threading
from typing import Any

from celery.signals import task_prerun, worker_ready, worker_shutting_down
from django.conf import settings

from apps.common.jobs import Queue
from apps.common.request_ids import bind_request_id
from apps.compute.models import REPORT_SECONDS
from apps.compute.services import report_host
from tasks.jobs import attempt_workspaces, checkpoints, storage_maintenance
from tasks.jobs.daemon_threads import guarded_pass
from tasks.jobs.execute import engine_processes, leases, slots, stopping, work
from tasks.jobs.gpus import gpus_here, host_name
from tasks.jobs.ingest import read
from tasks.jobs.poller import poll_waiting

began = threading.Event()

SECONDS_BETWEEN_LOOKS_AT_SPACE = 3.0  # somebody may have pressed a button


@worker_ready.connect
def begin(sender: Any, **_: Any) -> None:
    """Start what runs beside the jobs; engine processes where work for the CPU comes in, a GPU's is fresh each time.

    Called again after every reconnection to the broker; then everything is there already.
    """
    if began.is_set():
        return
    began.set()
    threading.Thread(target=_report_again_and_again, name="host-report", daemon=True).start()
    threading.Thread(target=_look_after_space, name="space", daemon=True).start()
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
    """Hand back what is being worked on: others start it at once instead of waiting for the lease to run out."""
    stopping.set()
    threading.Thread(target=leases.stop_all, args=("The worker was stopped.",), name="hand-back").start()


def _report_again_and_again() -> None:
    while True:
        with guarded_pass("report of this machine"):
            _report()
        with guarded_pass("removal of leftovers of attempts"):
            attempt_workspaces.remove_stale()
            checkpoints.remove_stale_if_due()
        if stopping.wait(REPORT_SECONDS):
            return


def _look_after_space() -> None:
    """Removing much takes long, and a machine that does not report meanwhile counts as lost: a thread of its own."""
    while not stopping.wait(SECONDS_BETWEEN_LOOKS_AT_SPACE):
        with guarded_pass("maintenance of the store"):
            storage_maintenance.maintain_if_due()


def _report() -> None:
    report_host(
        name=host_name,
        slots=settings.LEPTON_WORKER_SLOTS,
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        gpus=gpus_here(),
    )

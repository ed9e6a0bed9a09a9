"""Reads uploaded files in an engine process."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, OperationalError

from apps.common.engine_process import EngineProcessError
from apps.common.jobs import Job
from apps.common.worker_identity import worker_id
from apps.datasets import file_storage
from apps.datasets.ingestion import begin_ingest, fail_ingest, finish_ingest, requeue_ingest
from apps.datasets.models import DatasetVersion
from tasks.graph.messages import Message, from_json
from tasks.jobs.execute import engine_processes, leases, slots, stopping
from tasks.jobs.interruptions import describe_exception, is_interruption, is_shortage, is_storage_error
from tasks.jobs.lease_renewal import HeldLease

logger = logging.getLogger(__name__)

READ_TIMEOUT_SECONDS = 1800.0


@shared_task(name=str(Job.INGEST_DATASET), ignore_result=True)
def ingest(version_id: str) -> None:
    """Read the file of a data set's version: the Celery task of the message that `apps.datasets.ingestion` sends."""
    slots.acquire()
    try:
        read(version_id)
    finally:
        slots.release()


def read(version_id: int | str) -> None:
    """Read the file of a data set's version unless another worker does; the caller holds a slot."""
    version = None if stopping.is_set() else begin_ingest(version_id, owner=worker_id())
    if version is None:
        return
    try:
        _read(version)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # Left to its lease the file would be read again, and the page told that reading needs too much memory.
        logger.exception("version %s of a data set could not be read", version.pk)
        reason = describe_exception(error)
        if stopping.is_set():
            requeue_ingest(version, lost=False)
        elif is_shortage(error):
            requeue_ingest(version, lost=True, reason=reason)
        else:
            failed = Message("reading.failed", "The file could not be read. {error}", error=reason)
            fail_ingest(version, failed)


def _read(version: DatasetVersion) -> None:
    request = {
        "op": "ingest",
        "path": file_storage.locate(version.path),
        "name": version.file_name,
        "options": dict(version.options),
        "store": settings.LEPTON_ARTIFACTS_URL,
    }
    with engine_processes.acquire() as process:
        try:
            with leases.renewing(HeldLease(version, process)):
                answer = process.request(request, timeout_seconds=READ_TIMEOUT_SECONDS)
        except EngineProcessError as error:
            if stopping.is_set():
                requeue_ingest(version, lost=False)
            elif is_interruption(error):
                requeue_ingest(version, lost=True, reason=error.message)
            else:
                failed = Message("reading.failed", "The file could not be read. {error}", error=error.message)
                fail_ingest(version, failed)
            return
    if done := answer.get("done"):
        if unreadable := done.get("unreadable"):
            fail_ingest(version, from_json(unreadable), unreadable.get("line"))
        else:
            finish_ingest(version, done)
        return
    fault = answer["error"]
    if is_storage_error(fault):
        requeue_ingest(version, lost=True, reason=from_json(fault))
    else:
        fail_ingest(version, from_json(fault))

"""Jobs by name. Sent after the commit; what cannot be sent is sent later by the reconciler from the rows."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.common.request_ids import current_request_id

logger = logging.getLogger(__name__)

SEND_AT_MOST = {"max_retries": 3, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}


class Queue(StrEnum):
    """Queues that workers listen to."""

    CPU = "cpu"
    GPU = "gpu"


class Job(StrEnum):
    """Every job there is; the Celery side lives in ``tasks.jobs`` under the same name."""

    INGEST_DATASET = "datasets.ingest"
    EXECUTE_NODE = "runs.execute_node"


def enqueue(job: Job, *, queue: str = Queue.CPU, **ids: Any) -> None:
    """Send a job once the present transaction is committed (at once when there is none).

    A broker that is down is not an error: the row that the job is about says what is to be done, and the
    reconciler sends it again.
    """
    transaction.on_commit(lambda: send(job, queue=queue, **ids))


def send(job: Job, *, queue: str = Queue.CPU, **ids: Any) -> bool:
    """Send a job now and return whether the broker took it."""
    signature = current_app.signature(str(job), kwargs={name: str(value) for name, value in ids.items()})
    try:
        headers = {"request_id": current_request_id()}
        signature.apply_async(queue=str(queue), retry=True, retry_policy=SEND_AT_MOST, headers=headers)
    except (OperationalError, OSError) as error:
        logger.warning("could not send %s, the reconciler will: %s", job, error)
        return False
    return True

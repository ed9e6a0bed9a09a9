"""Reads uploaded files in an engine process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task
from django.conf import settings
from django.db import close_old_connections

from apps.common.engine_process import EngineProcess, EngineProcessError
from apps.common.jobs import Job
from apps.datasets.services import Ingest, begin_ingest, fail_ingest, finish_ingest, keep_ingest
from tasks.jobs.execute import engine_processes, stopping

SECONDS_BETWEEN_HEARTBEATS = 10.0
LONGEST_READING_SECONDS = 1800.0


@shared_task(name=str(Job.INGEST_DATASET), ignore_result=True)
def ingest(version_id: str) -> None:
    """Read the file of a data set's version."""
    work = None if stopping.is_set() else begin_ingest(version_id)
    if work is not None:
        _read(work)


def _read(work: Ingest) -> None:
    with engine_processes.acquire() as child:
        try:
            with _held(work, child):
                answer = child.request(_request(work), timeout_seconds=LONGEST_READING_SECONDS)
        except EngineProcessError as error:
            if not stopping.is_set():  # else the next worker reads it when this one is overdue
                fail_ingest(work.version_id, f"The file could not be read. {error}", attempt=work.attempt)
            return
    _write(work, answer)


def _write(work: Ingest, answer: dict[str, dict[str, object]]) -> None:
    done = answer.get("done")
    unreadable = done.get("unreadable") if done else answer.get("error")
    if isinstance(unreadable, dict):
        fail_ingest(work.version_id, str(unreadable["message"]), unreadable.get("line"), attempt=work.attempt)
    elif done:
        finish_ingest(work.version_id, done, attempt=work.attempt)


def _request(work: Ingest) -> dict[str, object]:
    return {
        "op": "ingest",
        "path": work.path,
        "name": work.name,
        "options": dict(work.options),
        "store": settings.LEPTON_ARTIFACTS_URL,
    }


@contextmanager
def _held(work: Ingest, child: EngineProcess) -> Iterator[None]:
    """Say again and again that the reading goes on; stop it when it was given to somebody else."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(SECONDS_BETWEEN_HEARTBEATS):
            if stopping.is_set() or not keep_ingest(work.version_id, attempt=work.attempt):
                child.kill("The file was given to another reader.")
                break
        close_old_connections()

    keeper = threading.Thread(target=beat, name="ingest-heartbeat", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()

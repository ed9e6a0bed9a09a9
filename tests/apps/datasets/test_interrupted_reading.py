"""Reading a file that something else interrupted is tried again, three times in all; a file at fault is not."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.common.engine_process import EngineProcessDied, EngineProcessOutOfMemory, EngineProcessTimeout
from apps.datasets.models import DatasetVersion
from apps.runs.reconciler import reconcile
from tasks.jobs import ingest
from tests.factories import make_dataset

KILLED = EngineProcessDied("The process was killed from outside (SIGKILL).")
NO_DATABASE = EngineProcessDied("The worker could not reach the database.")
STORE_SILENT = {"error": {"kind": "storage", "message": "The store of results did not answer.", "trace": ""}}
INTERRUPTIONS = [KILLED, NO_DATABASE, STORE_SILENT]


@pytest.fixture
def version(workspace):
    later = Now() + timedelta(hours=1)
    return make_dataset(workspace, status="pending", next_notification_at=later).current


@pytest.fixture
def read(version, monkeypatch, sent_jobs):
    """Read the version in an engine process that ends like this, and return the row."""

    def read_once(end) -> DatasetVersion:
        class Process:
            def request(self, *_, **__):
                if isinstance(end, Exception):
                    raise end
                return end

        @contextmanager
        def acquire():
            yield Process()

        monkeypatch.setattr(ingest.engine_processes, "acquire", acquire)
        with sent_jobs():
            ingest.read(version.pk)
        return DatasetVersion.objects.get(pk=version.pk)

    return read_once


def reason_of(end) -> str:
    return str(end) if isinstance(end, Exception) else end["error"]["message"]


def let_pause_end(version) -> None:
    past = Now() - timedelta(seconds=1)
    DatasetVersion.objects.filter(pk=version.pk).update(not_before=past, next_notification_at=past)


@pytest.mark.parametrize("end", INTERRUPTIONS)
def test_an_interrupted_reading_is_tried_again_after_a_pause(version, read, sent_jobs, end):
    now = read(end)
    assert (now.status, now.lost_attempts) == ("pending", 1)
    assert now.error_message == f"{reason_of(end)} The file is read again in 10 seconds."
    assert now.error_parts["id"] == "reading.tried_again"
    assert read(end).lost_attempts == 1  # the pause is not over
    assert sent_jobs == []
    let_pause_end(version)
    with sent_jobs():
        reconcile()
    assert sent_jobs == [("datasets.ingest", {"version_id": str(version.pk)})]
    assert read(end).lost_attempts == 2


@pytest.mark.parametrize("end", INTERRUPTIONS)
def test_a_reading_that_is_interrupted_three_times_is_given_up_and_says_why(version, read, end):
    for _ in range(3):
        now = read(end)
        let_pause_end(version)
    assert (now.status, now.lost_attempts) == ("failed", 2)
    assert now.error_message == f"{reason_of(end)} This happened 3 times, so the file was not read again."


@pytest.mark.parametrize(
    "end",
    [
        EngineProcessOutOfMemory("The process asked for more memory than its limit."),
        EngineProcessTimeout("The process did not answer in time."),
        {"error": {"kind": "bug", "message": "The node stopped with an unexpected error.", "trace": ""}},
        {"done": {"unreadable": {"message": "Line 7 has 3 cells, not 4.", "line": 7}}},
    ],
)
def test_a_file_that_would_fail_again_is_not_read_again(read, end):
    now = read(end)
    assert (now.status, now.lost_attempts) == ("failed", 0)

"""Jobs are sent after the commit, and a broker that is down is no error."""

from __future__ import annotations

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.common.jobs import Job, enqueue, send


@pytest.mark.django_db(transaction=True)
def test_a_job_is_sent_when_the_transaction_is_committed_and_never_when_it_fails(monkeypatch):
    sent = []
    monkeypatch.setattr("apps.common.jobs.send", lambda job, *, queue, **ids: sent.append(ids))
    with transaction.atomic():
        enqueue(Job.INGEST_DATASET, version_id=1)
        assert sent == []
    assert sent == [{"version_id": 1}]
    with pytest.raises(RuntimeError), transaction.atomic():
        enqueue(Job.INGEST_DATASET, version_id=2)
        raise RuntimeError
    assert sent == [{"version_id": 1}]


def test_a_job_carries_its_ids_as_text_to_its_queue(monkeypatch):
    calls = []

    def remember(self, **options):
        calls.append((self.task, self.kwargs, options["queue"]))

    monkeypatch.setattr("celery.canvas.Signature.apply_async", remember)
    assert send(Job.INGEST_DATASET, queue="gpu", version_id=7)
    assert calls == [("datasets.ingest", {"version_id": "7"}, "gpu")]


def test_a_broker_that_is_down_is_no_error(monkeypatch):
    def refuse(self, **options):
        raise OperationalError("connection refused")

    monkeypatch.setattr("celery.canvas.Signature.apply_async", refuse)
    assert send(Job.INGEST_DATASET, version_id=7) is False

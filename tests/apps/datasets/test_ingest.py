"""Who reads a file, and what happens when the reader dies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.common.errors import ApplicationError
from apps.datasets import file_storage
from apps.datasets.ingestion import begin_ingest, fail_ingest, finish_ingest, requeue_ingest
from apps.datasets.models import DatasetVersion
from apps.datasets.services import read_again
from apps.runs.reconciler import reconcile
from tasks.graph.messages import Message
from tests.factories import HOUSES, make_dataset

pytestmark = pytest.mark.postgresql

RESULT = {
    "address": "a" * 64,
    "rows": 3,
    "bytes": 7,
    "schema": {"columns": HOUSES, "is_open": False},
    "profile": {"rows": 3, "columns": [], "warnings": []},
}


@pytest.fixture
def version(workspace):
    return make_dataset(workspace, status="pending", next_notification_at=Now() + timedelta(hours=1)).current


def now(version) -> DatasetVersion:
    return DatasetVersion.objects.get(pk=version.pk)


def let_lease_expire(version) -> None:
    DatasetVersion.objects.filter(pk=version.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_a_file_is_read_by_one_worker_only(version):
    assert begin_ingest(version.pk).attempt == 1
    assert begin_ingest(version.pk) is None
    assert now(version).status == "reading"


def test_what_was_read_is_kept(version):
    work = begin_ingest(str(version.pk))
    assert finish_ingest(work, RESULT)
    kept = now(version)
    assert (kept.status, kept.rows, kept.address, kept.owner) == ("ready", 3, "a" * 64, "")
    assert kept.content_hash == "a" * 64
    assert begin_ingest(version.pk) is None


def test_a_reader_that_was_given_up_changes_nothing(version):
    slow = begin_ingest(version.pk)
    let_lease_expire(version)
    reconcile()
    quick = begin_ingest(version.pk)
    assert quick.attempt > slow.attempt
    assert not fail_ingest(slow, "too late")
    assert not requeue_ingest(slow, lost=True)
    assert not finish_ingest(slow, RESULT)
    assert finish_ingest(quick, RESULT)


def test_a_renewed_lease_keeps_the_reading(version):
    work = begin_ingest(version.pk)
    let_lease_expire(version)
    DatasetVersion.objects.renew({work.pk: work.attempt})
    reconcile()
    assert now(version).status == "reading"
    assert begin_ingest(version.pk) is None


def test_a_message_that_was_lost_is_sent_again(version, sent_jobs):
    with sent_jobs():
        reconcile()
    assert sent_jobs == []
    DatasetVersion.objects.filter(pk=version.pk).update(next_notification_at=Now() - timedelta(seconds=1))
    with sent_jobs():
        reconcile()
        reconcile()
    assert sent_jobs == [("datasets.ingest", {"version_id": str(version.pk)})]


def test_a_file_whose_reader_died_is_read_by_another(version, sent_jobs):
    begin_ingest(version.pk)
    let_lease_expire(version)
    with sent_jobs():
        reconcile()
    assert sent_jobs == [("datasets.ingest", {"version_id": str(version.pk)})]
    assert now(version).status == "pending"
    assert begin_ingest(version.pk) is not None


def test_a_file_that_kills_three_readers_is_given_up_with_a_sentence(version):
    for _ in range(3):
        assert begin_ingest(version.pk) is not None
        let_lease_expire(version)
        reconcile()
    kept = now(version)
    assert kept.status == "failed"
    assert "3 times" in kept.error_message
    assert kept.error_parts == {"id": "reading.given_up", "params": {"count": 3}}


def test_a_worker_that_hands_a_file_back_is_not_counted_as_lost(version, sent_jobs):
    with sent_jobs():
        for _ in range(4):
            assert requeue_ingest(begin_ingest(version.pk), lost=False)
    assert (now(version).status, now(version).lost_attempts) == ("pending", 0)
    assert len(sent_jobs) == 4


def test_a_failure_names_the_line(version):
    work = begin_ingest(version.pk)
    assert fail_ingest(work, "Line 7 has 3 cells, not 4.", 7)
    assert (now(version).status, now(version).error_line) == ("failed", 7)


@pytest.fixture
def dataset(workspace, data_folder, tmp_path):
    file = tmp_path / "houses.csv"
    file.write_bytes(b"a;b\n1,5;2\n")
    return make_dataset(workspace, path=file_storage.store(file, "1a.csv"))


def test_a_second_reading_is_shown_only_when_it_is_done(dataset, sent_jobs):
    first = dataset.current
    with sent_jobs():
        second = read_again(dataset=dataset, options={"decimal": ","})
    assert sent_jobs == [("datasets.ingest", {"version_id": str(second.pk)})]
    dataset.refresh_from_db()
    assert dataset.current == first
    work = begin_ingest(second.pk)
    assert (work.options, work.path) == ({"decimal": ","}, first.path)
    assert finish_ingest(work, RESULT)
    dataset.refresh_from_db()
    assert dataset.current == second


def test_a_second_reading_that_fails_leaves_the_first(dataset, sent_jobs):
    first = dataset.current
    second = read_again(dataset=dataset, options={})
    work = begin_ingest(second.pk)
    assert fail_ingest(work, "Line 1 is not UTF-16.", 1)
    dataset.refresh_from_db()
    assert dataset.current == first


def test_a_file_is_read_once_at_a_time(dataset, sent_jobs):
    read_again(dataset=dataset, options={})
    with pytest.raises(ApplicationError, match="still being read"):
        read_again(dataset=dataset, options={})


def test_a_file_that_is_gone_cannot_be_read_again(dataset):
    file_storage.remove(dataset.current.path)
    with pytest.raises(ApplicationError, match="no longer kept"):
        read_again(dataset=dataset, options={})


def test_a_failure_is_written_down_whatever_its_reason_quotes(version):
    work = begin_ingest(version.pk)
    assert fail_ingest(work, Message("file.repeated_key", "The key “{key}” stands twice.", key="a\ud83d\0"))
    failed = now(version)
    assert (failed.status, failed.error_message) == ("failed", "The key “a\ufffd\ufffd” stands twice.")
    assert failed.error_parts["params"] == {"key": "a\ufffd\ufffd"}

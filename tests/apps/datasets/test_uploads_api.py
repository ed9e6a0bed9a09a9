"""Files on their way in."""

from __future__ import annotations

import contextlib
import fcntl
from io import BytesIO
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.db.transaction import Atomic

from apps.accounts.models import Membership
from apps.common.errors import ApplicationError
from apps.datasets import file_storage, uploads
from apps.datasets.ingestion import begin_ingest
from apps.datasets.models import Dataset, Upload
from apps.datasets.services import create_from_upload

pytestmark = pytest.mark.usefixtures("data_folder")

UPLOADS = "/api/v1/uploads/"


@pytest.fixture
def small_parts(settings):
    settings.UPLOAD_PART_BYTES = 4


def announce(client, name="houses.csv", size=10):
    return client.post(UPLOADS, {"name": name, "bytes": size})


def send(client, upload, number, content: bytes):
    return client.put(f"{UPLOADS}{upload['id']}/parts/{number}/", content, content_type="application/octet-stream")


def test_parts_in_any_order_become_the_file(small_parts, as_alice, sent_jobs):
    upload = announce(as_alice).json()
    assert upload["part_bytes"] == 4
    assert upload["received"] == []
    assert send(as_alice, upload, 2, b"89").json() == {"received": [2]}
    assert send(as_alice, upload, 0, b"0123").json() == {"received": [0, 2]}
    assert send(as_alice, upload, 1, b"4567").json() == {"received": [0, 1, 2]}
    with sent_jobs():
        answer = as_alice.post(f"{UPLOADS}{upload['id']}/complete/", {"name": "Houses"})
    assert answer.status_code == 201
    assert answer.json()["name"] == "Houses"
    assert answer.json()["status"] == "pending"
    version = Dataset.objects.get().current
    assert sent_jobs == [("datasets.ingest", {"version_id": str(version.pk)})]
    work = begin_ingest(version.pk)
    assert Path(file_storage.locate(work.path)).read_bytes() == b"0123456789"
    assert work.path.endswith(".csv")
    assert work.file_name == "houses.csv"
    assert not Upload.objects.exists()


def test_the_limit_is_told_before_anything_is_sent(as_alice, settings):
    settings.UPLOAD_LIMIT_BYTES = 5 * 1024**2
    answer = announce(as_alice, size=6 * 1024**2)
    assert answer.status_code == 413
    assert "at most 5 MB" in answer.json()["message"]
    assert announce(as_alice, size=5 * 1024**2).status_code == 201


def test_a_part_sent_again_after_a_break_goes_on_from_there(small_parts, as_alice):
    upload = announce(as_alice).json()
    send(as_alice, upload, 0, b"0123")
    assert as_alice.get(f"{UPLOADS}{upload['id']}/").json()["received"] == [0]
    assert send(as_alice, upload, 0, b"0123").json() == {"received": [0]}


@pytest.mark.parametrize(("number", "content"), [(0, b"01"), (0, b"01234"), (2, b"891"), (0, b"")])
def test_a_part_of_the_wrong_size_does_not_count(small_parts, as_alice, number, content):
    upload = announce(as_alice).json()
    answer = send(as_alice, upload, number, content)
    assert answer.status_code == 400
    assert answer.json()["code"] == "wrong_part_size"
    assert as_alice.get(f"{UPLOADS}{upload['id']}/").json()["received"] == []


@pytest.mark.parametrize("content", [b"XX", b"XXXXX"])
def test_a_part_that_is_refused_leaves_the_one_that_came_before_as_it_was(small_parts, as_alice, content):
    upload = announce(as_alice, size=4).json()
    send(as_alice, upload, 0, b"0123")
    assert send(as_alice, upload, 0, content).status_code == 400
    assert complete(as_alice, upload).status_code == 201
    assert Path(file_storage.locate(Dataset.objects.get().current.path)).read_bytes() == b"0123"


def test_a_part_that_cannot_be_written_does_not_count_any_more(small_parts, as_alice, monkeypatch):
    upload = announce(as_alice, size=4).json()
    send(as_alice, upload, 0, b"0123")
    with monkeypatch.context() as full, pytest.raises(OSError, match="full"):
        full.setattr("apps.datasets.uploads.shutil.copyfileobj", Mock(side_effect=OSError("full")))
        send(as_alice, upload, 0, b"4567")
    assert as_alice.get(f"{UPLOADS}{upload['id']}/").json()["received"] == []


def test_an_upload_goes_on_in_its_own_workspace_only(small_parts, as_bob, bob, workspace, elsewhere):
    Membership.objects.create(workspace=elsewhere, user=bob, role="analyst")
    here, there = ({"X-Workspace": str(chosen.pk)} for chosen in (workspace, elsewhere))
    upload = as_bob.post(UPLOADS, {"name": "a.csv", "bytes": 4}, headers=here).json()
    at = f"{UPLOADS}{upload['id']}/"
    for method, part in (("get", ""), ("put", "parts/0/"), ("post", "complete/"), ("delete", "")):
        assert getattr(as_bob, method)(f"{at}{part}", headers=there).status_code == 404
    part = {"content_type": "application/octet-stream", "headers": here}
    assert as_bob.put(f"{at}parts/0/", b"0123", **part).status_code == 200
    assert as_bob.post(f"{at}complete/", {}, headers=here).json()["workspace"] == str(workspace.pk)
    assert as_bob.post(f"{at}complete/", {}, headers=there).status_code == 404


@contextlib.contextmanager
def commits_and_loses_the_answer():
    with Atomic(using=None, savepoint=True, durable=False):  # as `transaction.atomic()` makes it
        yield
    raise OperationalError("the connection is closed")


def test_the_file_of_a_commit_whose_answer_was_lost_stays(small_parts, as_alice, monkeypatch):
    upload = announce(as_alice, size=4).json()
    send(as_alice, upload, 0, b"0123")
    with monkeypatch.context() as lost, pytest.raises(OperationalError):
        lost.setattr("apps.datasets.services.transaction", Mock(atomic=commits_and_loses_the_answer))
        complete(as_alice, upload)
    assert Path(file_storage.locate(Dataset.objects.get().current.path)).read_bytes() == b"0123"
    assert complete(as_alice, upload).json()["id"] == str(Dataset.objects.get().pk)


def test_there_are_no_parts_beyond_the_announced_size(small_parts, as_alice):
    upload = announce(as_alice).json()
    assert send(as_alice, upload, 3, b"x").status_code == 404


def test_a_file_with_missing_parts_cannot_be_completed(small_parts, as_alice):
    upload = announce(as_alice).json()
    send(as_alice, upload, 1, b"4567")
    answer = as_alice.post(f"{UPLOADS}{upload['id']}/complete/")
    assert answer.status_code == 409
    assert "0, 2" in answer.json()["message"]
    assert answer.json()["message_params"] == {
        "numbers": {"choices": ["0", "2"]}
    }  # the page lists them in its language
    assert not Dataset.objects.exists()


def complete(client, upload):
    return client.post(f"{UPLOADS}{upload['id']}/complete/")


def test_a_file_that_the_store_did_not_take_can_be_completed_again(small_parts, as_alice, settings, monkeypatch):
    settings.LEPTON_ARTIFACTS_URL = "memory://results"
    upload = announce(as_alice, size=4).json()
    send(as_alice, upload, 0, b"0123")
    with monkeypatch.context() as away:
        away.setattr("fsspec.implementations.memory.MemoryFileSystem.put_file", Mock(side_effect=OSError("away")))
        assert complete(as_alice, upload).json()["code"] == "store_silent"
    assert complete(as_alice, upload).status_code == 201


def test_a_file_whose_row_could_not_be_written_can_be_completed_again(small_parts, as_alice, monkeypatch):
    upload = announce(as_alice, size=4).json()
    send(as_alice, upload, 0, b"0123")
    with monkeypatch.context() as away, pytest.raises(OperationalError):
        away.setattr("apps.datasets.services._create", Mock(side_effect=OperationalError("away")))
        complete(as_alice, upload)
    assert complete(as_alice, upload).status_code == 201
    assert Path(file_storage.locate(Dataset.objects.get().current.path)).read_bytes() == b"0123"


class Killed(BaseException):
    """Stands for a process that is killed: nothing behind it happens."""


@pytest.mark.parametrize("url", ["", "memory://results"])
def test_an_upload_whose_server_is_killed_before_the_commit_can_be_completed_again(
    small_parts, as_alice, settings, url
):
    settings.LEPTON_ARTIFACTS_URL = url or settings.LEPTON_ARTIFACTS_URL
    upload = announce(as_alice, size=4).json()
    send(as_alice, upload, 0, b"0123")
    with uploads.locked_content(Upload.objects.get()) as content:
        file_storage.store(content, "killed.csv")  # and nothing behind it happens
    assert as_alice.get(f"{UPLOADS}{upload['id']}/").json()["received"] == [0]
    assert complete(as_alice, upload).status_code == 201
    version = Dataset.objects.get().current
    assert (version.bytes, file_storage.exists(version.path)) == (4, True)


def test_completing_again_what_was_committed_returns_the_same_data_set(
    small_parts, as_alice, as_bob, data_folder, monkeypatch
):
    upload = announce(as_alice, size=4).json()
    send(as_alice, upload, 0, b"0123")
    with monkeypatch.context() as killed, pytest.raises(Killed):
        killed.setattr("apps.datasets.uploads.discard", Mock(side_effect=Killed))
        complete(as_alice, upload)
    again = complete(as_alice, upload)
    assert (again.status_code, again.json()["id"]) == (201, str(Dataset.objects.get().pk))
    assert complete(as_bob, upload).status_code == 404
    assert complete(as_alice, {"id": "none"}).status_code == 404


def test_a_file_system_without_hard_links_keeps_a_copy(small_parts, as_alice, monkeypatch):
    monkeypatch.setattr("pathlib.Path.hardlink_to", Mock(side_effect=OSError("not supported")))
    upload = announce(as_alice, size=4).json()
    send(as_alice, upload, 0, b"0123")
    assert complete(as_alice, upload).status_code == 201
    assert Path(file_storage.locate(Dataset.objects.get().current.path)).read_bytes() == b"0123"


def test_an_upload_is_completed_once_and_takes_no_parts_meanwhile(small_parts, as_alice, alice, data_folder):
    upload = announce(as_alice, size=4).json()
    send(as_alice, upload, 0, b"0123")
    row = Upload.objects.get()
    with uploads.locked_content(row), (uploads.folder_of(row) / uploads.LOCK).open("ab") as lock:
        for kind in (fcntl.LOCK_SH, fcntl.LOCK_EX):
            with pytest.raises(BlockingIOError):
                fcntl.flock(lock, kind | fcntl.LOCK_NB)
    create_from_upload(upload=row, user=alice)
    for late in (lambda: create_from_upload(upload=row, user=alice), lambda: save_again(row)):
        with pytest.raises(ApplicationError) as refused:
            late()
        assert refused.value.status == 404


def save_again(row):
    uploads.save_part(upload=row, number=0, source=BytesIO(b"9999"))


def test_an_upload_belongs_to_the_person_who_began_it(small_parts, as_alice, as_bob):
    upload = announce(as_alice).json()
    assert send(as_bob, upload, 0, b"0123").status_code == 404
    assert as_bob.post(f"{UPLOADS}{upload['id']}/complete/").status_code == 404


def test_giving_an_upload_up_removes_what_came(small_parts, as_alice, data_folder):
    upload = announce(as_alice).json()
    send(as_alice, upload, 0, b"0123")
    assert (data_folder / "uploads" / upload["id"]).is_dir()
    assert as_alice.delete(f"{UPLOADS}{upload['id']}/").status_code == 204
    assert not (data_folder / "uploads" / upload["id"]).exists()


def test_no_upload_begins_on_a_full_disk(as_alice, monkeypatch):
    class Full:
        free = 1024

    monkeypatch.setattr("apps.datasets.uploads.shutil.disk_usage", lambda path: Full)
    answer = announce(as_alice)
    assert answer.status_code == 507
    assert answer.json()["code"] == "disk_full"


BAD_NAMES = ["../../etc/passwd", "/etc/passwd", "..\\..\\x.csv", "a\0b.csv", "%2e%2e%2fx.csv", "x.c/../sv"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_is_never_a_place(as_alice, data_folder, name):
    upload = announce(as_alice, name=name, size=1)
    if upload.status_code == 400:
        return  # a NUL character is refused outright
    send(as_alice, upload.json(), 0, b"x")
    assert as_alice.post(f"{UPLOADS}{upload.json()['id']}/complete/").status_code == 201
    version = Dataset.objects.get().current
    assert "/" not in version.path
    assert ".." not in version.path
    assert (data_folder / "uploads" / "files" / version.path).read_bytes() == b"x"


def test_a_file_in_one_piece(as_alice, sent_jobs):
    file = SimpleUploadedFile("houses.csv", b"size,price\n1,2\n")
    with sent_jobs():
        answer = as_alice.post("/api/v1/datasets/", {"file": file, "name": "Houses"}, format="multipart")
    assert answer.status_code == 201
    assert answer.json()["name"] == "Houses"
    assert len(sent_jobs) == 1
    work = begin_ingest(Dataset.objects.get().current.pk)
    assert Path(file_storage.locate(work.path)).read_bytes() == b"size,price\n1,2\n"


def test_a_file_in_one_piece_above_the_limit_is_refused(as_alice, settings):
    settings.UPLOAD_LIMIT_BYTES = 4
    file = SimpleUploadedFile("houses.csv", b"12345")
    answer = as_alice.post("/api/v1/datasets/", {"file": file}, format="multipart")
    assert answer.status_code == 413

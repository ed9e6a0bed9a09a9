"""A disk with no room left: a sentence and 507 whatever ran into it, health that says so, and nothing half done."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import subprocess
import uuid
from contextlib import closing

import pytest
from django.db import OperationalError, connection
from django.test import Client

from apps.accounts import tokens
from apps.common import disk_space
from apps.common.disk_space import is_disk_full
from apps.common.errors import disk_full
from apps.datasets.models import Dataset
from apps.graphs.models import Graph

UPLOADS = "/api/v1/uploads/"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of half a megabyte; skipped where nobody may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def announced(client, size):
    return client.post(UPLOADS, {"name": "a.csv", "bytes": size}, content_type="application/json").json()


def is_refused(answer):
    return (answer.status_code, answer.json()["code"]) == (507, "disk_full") and "disk" in answer.json()["message"]


def put_part(client, upload, content):
    return client.put(f"{UPLOADS}{upload['id']}/parts/0/", content, content_type="application/octet-stream")


def test_a_part_for_which_there_is_no_room_is_sent_again_when_there_is(small_disk, as_alice, settings, monkeypatch):
    settings.UPLOAD_DIR = small_disk
    monkeypatch.setattr("apps.datasets.uploads.RESERVE_BYTES", 0)
    upload = announced(as_alice, 400_000)
    content = b"a,b\n" + b"1,2\n" * 99_999
    filler = small_disk / "filler"
    filler.write_bytes(bytes(200_000))
    assert is_refused(put_part(as_alice, upload, content))
    assert as_alice.get(f"{UPLOADS}{upload['id']}/").json()["received"] == [], "no half a part counts"
    filler.unlink()
    small = announced(as_alice, 8)
    assert put_part(as_alice, small, b"a,b\n1,2\n").status_code == 200
    assert as_alice.post(f"{UPLOADS}{small['id']}/complete/").status_code in (200, 201)


def test_a_folder_of_uploads_that_is_read_only_is_said_with_a_sentence_and_by_health(
    small_disk, as_alice, settings, monkeypatch
):
    settings.UPLOAD_DIR = small_disk / "uploads"
    monkeypatch.setattr("apps.datasets.uploads.RESERVE_BYTES", 0)
    upload = announced(as_alice, 8)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    refused = [
        as_alice.post(UPLOADS, {"name": "a.csv", "bytes": 8}, content_type="application/json"),
        put_part(as_alice, upload, b"a,b\n1,2\n"),
    ]
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unwritable")
        assert "writable" in answer.json()["message"]
    assert Client().get("/api/v1/health/").json()["disk"] == "read_only"
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    assert put_part(as_alice, upload, b"a,b\n1,2\n").status_code == 200


def test_a_store_without_room_refuses_and_the_upload_stays(as_alice, monkeypatch):
    upload = announced(as_alice, 8)
    put_part(as_alice, upload, b"a,b\n1,2\n")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("apps.datasets.file_storage.os.utime", full)
        assert is_refused(as_alice.post(f"{UPLOADS}{upload['id']}/complete/"))
    assert not Dataset.objects.exists()
    assert as_alice.post(f"{UPLOADS}{upload['id']}/complete/").status_code in (200, 201), "nothing has to be sent again"


@pytest.mark.django_db(transaction=True)
def test_a_database_without_room_changes_nothing_and_goes_on_when_there_is(as_alice):
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's own limit of pages stands for a full disk")
    graph = as_alice.post("/api/v1/graphs/", {"name": "before"}).json()
    with connection.cursor() as cursor:
        (pages,) = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    try:
        answers = [as_alice.post("/api/v1/graphs/", {"name": "after " * 10}) for _ in range(200)]
        refused = [answer for answer in answers if answer.status_code >= 500]
        assert refused
        assert all(map(is_refused, refused))
        assert as_alice.get(f"/api/v1/graphs/{graph['id']}/").status_code == 200, "what only reads goes on"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    assert as_alice.post("/api/v1/graphs/", {"name": "room again"}).status_code == 201
    assert Graph.objects.filter(name="before").exists()


@pytest.mark.django_db(transaction=True)
def test_what_only_reads_needs_no_write(as_alice, alice):
    """Neither the last use of a token nor that of a browser is worth refusing a read."""
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's pragma stands for a disk that takes no write")
    _, secret = tokens.issue(user=alice, name="new")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
    try:
        header = {"Authorization": f"Bearer {secret}"}
        assert Client().get("/api/v1/datasets/", headers=header).status_code == 200
        assert as_alice.get("/api/v1/session/").status_code == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = OFF")
    assert Client().get("/api/v1/datasets/", headers=header).status_code == 200
    assert tokens.find(secret).last_used_at is not None


@pytest.fixture
def reserved(small_disk, settings, monkeypatch):
    """A small disk with a reserve, and filled up."""
    settings.LEPTON_DATA_DIR = small_disk
    monkeypatch.setattr(disk_space, "RESERVE_BYTES", 100_000)
    monkeypatch.setattr(disk_space, "RESERVE_FILE_BYTES", 200 * 1024)
    monkeypatch.setattr(disk_space, "DELETE_BYTES", 50_000)
    with closing(sqlite3.connect(small_disk / "database")) as database:
        database.execute("CREATE TABLE names AS SELECT 'before' AS name")
        database.commit()
    assert disk_space.make_reserve()
    assert not disk_space.make_reserve(), "it is there"
    with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(1000)):
            pass
    return small_disk


def delete_names(folder):
    with closing(sqlite3.connect(folder / "database")) as database:
        database.execute("DELETE FROM names")
        database.commit()


def test_a_full_disk_takes_a_delete(reserved, as_alice):
    with pytest.raises(sqlite3.OperationalError, match="full|I/O"):
        delete_names(reserved)
    as_alice.get("/api/v1/datasets/")
    with pytest.raises(sqlite3.OperationalError, match="full|I/O"):
        delete_names(reserved)
    as_alice.delete(f"/api/v1/datasets/{uuid.uuid4()}/")
    delete_names(reserved)
    assert not disk_space.make_reserve(), "there is no room yet"
    (reserved / "filler").unlink()
    assert disk_space.make_reserve()


def test_a_small_disk_has_a_smaller_reserve_which_grows_with_its_room(tmp_path, settings, monkeypatch):
    settings.LEPTON_DATA_DIR = tmp_path
    reserve, mebibyte = tmp_path / "reserve", 1024 * 1024

    def taken(free):
        has = reserve.stat().st_size if reserve.exists() else 0
        monkeypatch.setattr(disk_space, "free_bytes", lambda: free - has)
        return disk_space.make_reserve() and reserve.stat().st_size

    assert not taken(mebibyte), "not even a delete could be held room for"
    assert taken(5 * mebibyte) == 2 * mebibyte
    assert not taken(5 * mebibyte), "it is there"
    assert taken(1000 * mebibyte) == disk_space.RESERVE_FILE_BYTES


def test_a_refusal_advises_to_delete_only_where_a_delete_has_room(tmp_path, settings, monkeypatch):
    settings.LEPTON_DATA_DIR = tmp_path
    monkeypatch.setattr(disk_space, "free_bytes", lambda: 0)
    assert "Delete data sets" not in disk_full().message
    (tmp_path / "reserve").write_bytes(b"-")
    assert "Delete data sets" in disk_full().message


@pytest.mark.parametrize("path", ["/api/v1/session/", "/api/v1/auth/token/", "/api/v1/space/clearings/"])
def test_what_a_delete_begins_with_has_room_too(reserved, as_alice, path):
    as_alice.post(path, {}, content_type="application/json")
    delete_names(reserved)


def test_what_fails_outside_a_view_is_answered_alike(as_alice, monkeypatch):
    def full(*_, **__):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("apps.common.middleware.SecurityHeaders.__call__", full)
    as_alice.raise_request_exception = False
    assert is_refused(as_alice.get("/api/v1/session/"))


def test_the_health_check_says_that_the_disk_is_full(db, monkeypatch):
    monkeypatch.setattr("apps.common.health.free_bytes", lambda: 1024)
    answer = Client().get("/api/v1/health/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "disk": "full"})


def test_a_full_disk_is_seen_behind_the_error_that_it_led_to():
    try:
        try:
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        except OSError as error:
            raise RuntimeError("not written") from error
    except RuntimeError as error:
        assert is_disk_full(error)
    assert not is_disk_full(OSError(errno.ENOENT, "no such file"))
    assert not is_disk_full(None)

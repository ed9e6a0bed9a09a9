"""Backups made while others write, damaged ones, and what restoring refuses."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import stat
import threading
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from apps.common.backup import BackupError, make_backup, restore_backup
from apps.datasets import file_storage
from tests.factories import make_dataset


def put_artifact(store, text: str) -> str:
    manifest = json.dumps({"wire": "metrics", "files": {"a.json": hashlib.sha256(text.encode()).hexdigest()}})
    address = hashlib.sha256(manifest.encode()).hexdigest()
    folder = store / address[:2] / address[2:]
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(text)
    (folder / "manifest.json").write_text(manifest)
    return address


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "data" / "leptonweb.sqlite3"
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE pairs (a, b)")
        connection.commit()
    return path


@pytest.fixture
def store(tmp_path):
    return tmp_path / "data" / "artifacts"


@pytest.fixture
def uploads(tmp_path):
    folder = tmp_path / "data" / "uploads" / "files"
    folder.mkdir(parents=True)
    (folder / "1a.csv").write_text("a\n1\n")
    return folder


def test_what_is_restored_is_what_was_there(database, store, tmp_path):
    address = put_artifact(store, "result")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("INSERT INTO pairs VALUES (1, 2)")
        connection.commit()
        backup = make_backup(database, store, tmp_path / "backups")  # with a write-ahead log beside the database
    restore_backup(backup, tmp_path / "new")
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (backup, tmp_path / "new")] == [0o700, 0o700]
    with closing(sqlite3.connect(tmp_path / "new" / "leptonweb.sqlite3")) as restored:
        assert restored.execute("SELECT * FROM pairs").fetchall() == [(1, 2)]
    assert (tmp_path / "new" / "artifacts" / address[:2] / address[2:] / "a.json").read_text() == "result"


def test_every_backup_made_while_others_write_holds_whole_transactions_only(database, store, tmp_path):
    over = threading.Event()

    def write():
        with closing(sqlite3.connect(database, timeout=30)) as connection:
            number = 0
            while not over.is_set():
                number += 1
                with connection:
                    connection.execute("INSERT INTO pairs VALUES (?, NULL)", (number,))
                    connection.execute("UPDATE pairs SET b = a WHERE a = ?", (number,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        backups = [make_backup(database, store, tmp_path / "backups") for _ in range(10)]
    finally:
        over.set()
        writer.join()
    counts = []
    for at, backup in enumerate(backups):
        restore_backup(backup, tmp_path / f"new-{at}")
        with closing(sqlite3.connect(tmp_path / f"new-{at}" / "leptonweb.sqlite3")) as restored:
            assert restored.execute("SELECT count(*) FROM pairs WHERE b IS NOT a").fetchone() == (0,)
            counts += restored.execute("SELECT count(*) FROM pairs").fetchone()
    assert counts == sorted(counts)
    assert counts[-1] > 0


def test_uploaded_files_are_restored_and_found_in_their_new_place(
    database, store, uploads, workspace, tmp_path, settings, monkeypatch
):
    version = make_dataset(workspace, path=str(uploads / "1a.csv")).current
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(database))
    settings.LEPTON_ARTIFACTS_URL, settings.UPLOAD_DIR = str(store), uploads.parent
    made = StringIO()
    call_command("backup", tmp_path / "backups", stdout=made)
    shutil.rmtree(database.parent)
    call_command("restore", made.getvalue().strip(), tmp_path / "new", stdout=made)
    assert "with 1 uploaded files" in made.getvalue()
    assert not file_storage.exists(version.path)
    settings.UPLOAD_DIR = tmp_path / "new" / "uploads"
    assert file_storage.exists(version.path)
    assert Path(file_storage.locate(version.path)).read_text() == "a\n1\n"
    file_storage.remove(version.path)
    assert not file_storage.exists(version.path)


def test_a_backup_of_a_version_that_left_uploaded_files_out_is_restored(database, store, tmp_path):
    backup = make_backup(database, store, tmp_path / "backups")
    manifest = json.loads((backup / "manifest.json").read_text())
    del manifest["uploads"]
    (backup / "manifest.json").write_text(json.dumps(manifest))
    restore_backup(backup, tmp_path / "new")
    assert (tmp_path / "new" / "leptonweb.sqlite3").exists()


@pytest.mark.parametrize("damaged", ["leptonweb.sqlite3", "manifest.json", "artifact", "uploads/files/1a.csv"])
def test_a_damaged_backup_is_refused(database, store, uploads, tmp_path, damaged):
    address = put_artifact(store, "result")
    backup = make_backup(database, store, tmp_path / "backups", uploads=uploads)
    path = backup / "artifacts" / address[:2] / address[2:] / "a.json" if damaged == "artifact" else backup / damaged
    content = path.read_bytes()
    path.unlink()  # results are linked: the one in use must stay as it is
    path.write_bytes(content[:-1] + b"!")
    with pytest.raises(BackupError):
        restore_backup(backup, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_an_installation_is_not_written_over(database, store, tmp_path):
    backup = make_backup(database, store, tmp_path / "backups")
    with pytest.raises(BackupError, match="already"):
        restore_backup(backup, database.parent)


def test_half_a_backup_has_no_name(database, store, tmp_path, monkeypatch):
    def fail(path):
        raise BackupError("damaged")

    monkeypatch.setattr("apps.common.backup.check_database", fail)
    with pytest.raises(BackupError):
        make_backup(database, store, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []

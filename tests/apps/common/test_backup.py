"""Backups made while others write, damaged ones, and what restoring refuses."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import threading
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.common.backup import Installation, complete_backups, lock_backups, make_backup
from apps.common.backup_database import BackupError
from apps.common.backup_restore import restore_backup, verify_backup
from apps.common.backup_schedule import make_scheduled_backup
from apps.datasets import file_storage
from tests.factories import make_dataset

BACKUP = "apps.common.management.commands.backup"


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
        backup = make_backup(
            Installation(database, store), tmp_path / "backups"
        )  # with a write-ahead log beside the database
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
        backups = [make_backup(Installation(database, store), tmp_path / "backups") for _ in range(10)]
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
    version = make_dataset(workspace, path="1a.csv").current
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
    backup = make_backup(Installation(database, store), tmp_path / "backups")
    manifest = json.loads((backup / "manifest.json").read_text())
    del manifest["uploads"]
    (backup / "manifest.json").write_text(json.dumps(manifest))
    restore_backup(backup, tmp_path / "new")
    assert (tmp_path / "new" / "leptonweb.sqlite3").exists()


def damage(path):
    """Change the last byte."""
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def files_of(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("damaged", ["leptonweb.sqlite3", "manifest.json"])
def test_a_backup_without_a_sound_database_is_refused(database, store, uploads, tmp_path, damaged):
    backup = make_backup(Installation(database, store, uploads), tmp_path / "backups")
    damage(backup / damaged)
    with pytest.raises(BackupError):
        restore_backup(backup, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_is_damaged_is_named_and_the_rest_restored(database, store, uploads, tmp_path):
    good, bad = put_artifact(store, "good"), put_artifact(store, "bad")
    (uploads / "2b.csv").write_text("b\n2\n")
    backup = make_backup(Installation(database, store, uploads), tmp_path / "backups")
    damage(backup / "artifacts" / bad[:2] / bad[2:] / "a.json")
    damage(backup / "uploads" / "files" / "2b.csv")
    named = verify_backup(backup)
    assert [bad[:12] in named[0], "2b.csv" in named[1], len(named)] == [True, True, 2]
    with pytest.raises(CommandError, match=bad[:12]) as refused:
        call_command("restore", backup, tmp_path / "new", stdout=StringIO())
    assert refused.value.returncode == 3
    restored = {str(path.relative_to(tmp_path / "new")) for path in files_of(tmp_path / "new")}
    kept = {f"artifacts/{good[:2]}/{good[2:]}/{name}" for name in ("a.json", "manifest.json")}
    assert restored == {"leptonweb.sqlite3", "uploads/files/1a.csv", *kept}


def test_a_backup_shares_no_file_with_the_installation_nor_with_what_is_restored(database, store, uploads, tmp_path):
    put_artifact(store, "result")
    first = make_backup(Installation(database, store, uploads), tmp_path / "backups")
    second = make_backup(Installation(database, store, uploads), tmp_path / "backups")
    restore_backup(second, tmp_path / "new")
    places = {folder: {path.stat().st_ino for path in files_of(folder)} for folder in (database.parent, first, second)}
    new = {path.stat().st_ino for path in files_of(tmp_path / "new")}
    assert not places[database.parent] & (places[first] | places[second])
    assert not new & (places[database.parent] | places[first] | places[second])
    assert len(places[first] & places[second]) == 3  # a result of two files and an upload take no room twice


def test_a_damage_in_an_earlier_backup_is_not_taken_over(database, store, tmp_path):
    digest = put_artifact(store, "result")
    first = make_backup(Installation(database, store), tmp_path / "backups")
    damage(first / "artifacts" / digest[:2] / digest[2:] / "a.json")
    assert verify_backup(make_backup(Installation(database, store), tmp_path / "backups")) == ()


def test_a_result_that_is_damaged_in_the_store_is_left_out_and_named(database, store, tmp_path):
    good, bad = put_artifact(store, "good"), put_artifact(store, "bad")
    damage(store / bad[:2] / bad[2:] / "a.json")
    backup = make_backup(Installation(database, store), tmp_path / "backups")
    manifest = json.loads((backup / "manifest.json").read_text())
    assert (manifest["artifacts"], manifest["damaged"]) == ([good], [bad])
    assert restore_backup(backup, tmp_path / "new").damaged == ()


def test_a_backup_without_the_damaged_results_ends_with_a_code_of_its_own(
    database, store, uploads, tmp_path, monkeypatch
):
    bad = put_artifact(store, "bad")
    damage(store / bad[:2] / bad[2:] / "a.json")
    monkeypatch.setattr(f"{BACKUP}.current_installation", lambda: Installation(database, store, uploads))
    monkeypatch.setattr(f"{BACKUP}.has_tables", lambda: True)
    made, said = StringIO(), StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("backup", tmp_path / "backups", stdout=made, stderr=said)
    assert failure.value.returncode == 3
    assert bad[:12] in said.getvalue()
    assert complete_backups(tmp_path / "backups") == [Path(made.getvalue().strip())]


@pytest.mark.parametrize("inside", ["", "artifacts", "artifacts/backups", "uploads/files"])
def test_a_folder_of_the_installation_takes_no_backup(database, store, uploads, tmp_path, inside):
    with pytest.raises(BackupError, match="installation itself"):
        make_backup(Installation(database, store, uploads), tmp_path / "data" / inside)


def test_secrets_are_stored_apart_and_come_back(database, store, tmp_path):
    installation = Installation(database, store, secrets={"artifact_key": "key-of-models"})
    backup = make_backup(installation, tmp_path / "backups", secrets_parent=tmp_path / "safe")
    assert not any("key-of-models" in path.read_text(errors="replace") for path in files_of(backup))
    restore_backup(backup, tmp_path / "new", secrets=tmp_path / "safe" / backup.name)
    assert (tmp_path / "new" / "secrets" / "artifact_key").read_text() == "key-of-models\n"
    with pytest.raises(BackupError, match="apart"):
        make_backup(installation, tmp_path / "backups", secrets_parent=tmp_path / "backups" / "secrets")


def test_only_its_owner_can_open_a_backup_whatever_the_umask(database, store, uploads, tmp_path):
    put_artifact(store, "result")
    former = os.umask(0)
    try:
        installation = Installation(database, store, uploads, {"artifact_key": "key"})
        backup = make_backup(installation, tmp_path / "backups", secrets_parent=tmp_path / "safe")
        restore_backup(backup, tmp_path / "new", secrets=tmp_path / "safe" / backup.name)
    finally:
        os.umask(former)
    for place in (tmp_path / "backups", tmp_path / "safe", tmp_path / "new"):
        modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (place, *place.rglob("*"))}
        assert modes == {(True, 0o700), (False, 0o600)}


def test_backups_are_made_when_due_and_the_oldest_go(database, store, uploads, tmp_path, settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(database))
    settings.LEPTON_ARTIFACTS_URL, settings.UPLOAD_DIR = str(store), uploads.parent
    settings.LEPTON_SECRETS_DIR, settings.LEPTON_ARTIFACT_KEY = tmp_path / "secrets", "key-of-models"
    assert make_scheduled_backup() == 0  # no folder is named
    settings.LEPTON_BACKUP_DIR, settings.LEPTON_BACKUP_SECRETS_DIR = str(tmp_path / "b"), str(tmp_path / "s")
    settings.LEPTON_BACKUP_KEEP = 2
    assert [make_scheduled_backup(), make_scheduled_backup()] == [1, 0]
    for _ in range(3):
        newest = complete_backups(tmp_path / "b")[0]
        manifest = json.loads((newest / "manifest.json").read_text())
        manifest["made_at"] = "2026-01-01T00:00:00+00:00"
        (newest / "manifest.json").write_text(json.dumps(manifest))
        assert make_scheduled_backup() == 1
    left = {path.name for path in complete_backups(tmp_path / "b")}
    assert (len(left), {path.name for path in (tmp_path / "s").iterdir()}) == (2, left)
    assert {path.read_text() for path in (tmp_path / "s").rglob("artifact_key")} == {"key-of-models\n"}


def test_one_backup_at_a_time_and_what_a_killed_one_left_goes(database, store, tmp_path):
    stray = tmp_path / "backups" / ".leptonweb-20260101-000000-abcdef.draft"
    stray.mkdir(parents=True)
    with lock_backups(tmp_path / "backups"), pytest.raises(BackupError, match="Another backup"):
        make_backup(Installation(database, store), tmp_path / "backups")
    assert not stray.exists()


@pytest.mark.parametrize("name", ["../../secrets/secret_key", "/etc/passwd"])
def test_a_manifest_that_names_files_elsewhere_is_refused(database, store, tmp_path, name):
    backup = make_backup(Installation(database, store), tmp_path / "backups")
    manifest = json.loads((backup / "manifest.json").read_text()) | {"uploads": {name: "0" * 64}}
    (backup / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match="not a complete backup"):
        restore_backup(backup, tmp_path / "new")


def test_an_installation_is_not_written_over(database, store, tmp_path):
    backup = make_backup(Installation(database, store), tmp_path / "backups")
    with pytest.raises(BackupError, match="already"):
        restore_backup(backup, database.parent)


def test_half_a_backup_has_no_name(database, store, tmp_path, monkeypatch):
    def fail(path):
        raise BackupError("damaged")

    monkeypatch.setattr("apps.common.backup.check_database", fail)
    with pytest.raises(BackupError):
        make_backup(Installation(database, store), tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []

"""Backups of an installation on PostgreSQL: dumped, checked and loaded by its own programs."""

from __future__ import annotations

import json
import shutil
import uuid

import psycopg
import pytest
from psycopg import sql

from apps.common.backup import Installation, make_backup
from apps.common.backup_database import BackupError
from apps.common.backup_restore import restore_backup
from leptonweb.settings import env
from tests.postgresql import answering_url

URL = answering_url()
pytestmark = [
    pytest.mark.skipif(URL is None, reason="needs a PostgreSQL"),
    pytest.mark.skipif(shutil.which("pg_dump") is None, reason="needs pg_dump"),
]


@pytest.fixture
def new_database():
    """Return a function that makes an empty database and returns its address; all are removed at the end."""
    with psycopg.connect(URL, autocommit=True) as server:
        made = []

        def make():
            made.append(f"backup_{uuid.uuid4().hex[:12]}")
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(made[-1])))
            return f"{URL.rpartition('/')[0]}/{made[-1]}"

        yield make
        for name in made:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def settings_of(url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", url)
    return env.database("DATABASE_URL", {})


def test_a_dump_is_restored_into_another_database_and_a_damaged_one_refused(new_database, tmp_path, monkeypatch):
    used, empty = new_database(), new_database()
    with psycopg.connect(used) as connection:
        connection.execute("CREATE TABLE pairs AS SELECT n AS a, n * 2 AS b FROM generate_series(1, 1000) AS n")
    installation = Installation(settings_of(used, monkeypatch), tmp_path / "data" / "artifacts")
    backup = make_backup(installation, tmp_path / "backups")
    manifest = json.loads((backup / "manifest.json").read_text())
    assert manifest["database"]["file"] == "leptonweb.pgdump"
    with pytest.raises(BackupError, match="DATABASE_URL"):
        restore_backup(backup, tmp_path / "new")
    restore_backup(backup, tmp_path / "new", postgresql=settings_of(empty, monkeypatch))
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT count(*), sum(b) FROM pairs").fetchone() == (1000, 1001000)
    with pytest.raises(BackupError, match="pg_restore failed"):  # what is there already is not written over
        restore_backup(backup, tmp_path / "other", postgresql=settings_of(empty, monkeypatch))
    assert not (tmp_path / "other").exists()
    dump = backup / "leptonweb.pgdump"
    dump.write_bytes(dump.read_bytes()[:-1])
    with pytest.raises(BackupError, match="damaged"):
        restore_backup(backup, tmp_path / "another", postgresql=settings_of(empty, monkeypatch))

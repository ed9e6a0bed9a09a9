"""Processes that read and then write the same row of an SQLite file: nobody is turned away, nothing is lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.postgresql

ROOT = Path(__file__).resolve().parents[3]
TURNS = 100

COUNT_UP = f"""
import django; django.setup()
from django.db import transaction
from apps.serving.models import SnapshotRevision
for _ in range({TURNS}):
    with transaction.atomic():
        revision = SnapshotRevision.objects.select_for_update().get(pk=1)
        revision.number += 1
        revision.save()
"""


def test_writers_wait_for_each_other_and_no_count_is_lost(tmp_path):
    database = sqlite3.connect(tmp_path / "leptonweb.sqlite3")
    # As the first command of a start leaves it: SQLite turns away whoever comes while a file changes to this mode.
    database.execute("PRAGMA journal_mode=WAL")
    with database:
        database.execute("CREATE TABLE serving_snapshotrevision (id integer PRIMARY KEY, number integer, digest text)")
        database.execute("INSERT INTO serving_snapshotrevision VALUES (1, 0, '')")
    for writer in [start_counting(tmp_path) for _ in range(2)]:
        _, faults = writer.communicate(timeout=120)
        assert writer.returncode == 0, faults
    assert database.execute("SELECT number FROM serving_snapshotrevision").fetchone() == (2 * TURNS,)
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def start_counting(folder: Path) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.Popen(
        [sys.executable, "-c", COUNT_UP],
        env={**kept, "DJANGO_SETTINGS_MODULE": "leptonweb.settings.dev", "LEPTON_DATA_DIR": str(folder)},
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )

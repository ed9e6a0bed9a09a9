"""The database in a backup: a snapshot of SQLite, or a dump of PostgreSQL by its own programs."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from apps.common import private_files

SQLITE_FILE = "leptonweb.sqlite3"
POSTGRESQL_FILE = "leptonweb.pgdump"
PAGES_AT_ONCE = 2000
SECONDS_BETWEEN_PAGES = 0.005


class BackupError(Exception):
    """A backup could not be made, verified or restored. The message is a sentence."""


def copy_database(source: Path, target: Path) -> None:
    """Copy a consistent snapshot of a SQLite database that others write to."""
    private_files.write_file(target, b"")
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as used,
        closing(sqlite3.connect(target)) as copy,
    ):
        # One read transaction for the whole copy: in WAL mode it does not block writers, and the copy never restarts.
        used.execute("BEGIN")
        used.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        used.backup(copy, pages=PAGES_AT_ONCE, sleep=SECONDS_BETWEEN_PAGES)
        copy.execute("PRAGMA journal_mode=DELETE")
    with target.open("rb") as file:
        os.fsync(file.fileno())


def check_database(path: Path) -> None:
    """Raise `BackupError` when a copy of a database is damaged."""
    if path.name == POSTGRESQL_FILE:
        _run("pg_restore", "--file", os.devnull, str(path))  # reads every table of the dump
        return
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            strays = connection.execute("PRAGMA foreign_key_check").fetchall()
        except sqlite3.DatabaseError as error:
            raise BackupError(f"The copy of the database is damaged: {error}") from error
    if verdict != "ok" or strays:
        raise BackupError(f"The copy of the database is damaged: {verdict}, {len(strays)} rows point nowhere.")


def dump_postgresql(database: Mapping[str, Any], target: Path) -> None:
    """Write a PostgreSQL database, as of one moment, to a file that ``pg_restore`` reads."""
    private_files.write_file(target, b"")
    _run("pg_dump", "--format", "custom", "--no-owner", "--file", str(target), environment=_connection(database))


def load_postgresql(dump: Path, database: Mapping[str, Any]) -> None:
    """Fill an empty PostgreSQL database from a dump, wholly or not at all."""
    name = str(database["NAME"])
    command = ("--no-owner", "--single-transaction", "--exit-on-error", "--dbname", name, str(dump))
    _run("pg_restore", *command, environment=_connection(database))


def _connection(database: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables by which PostgreSQL's programs find the database: a command line is seen by everybody."""
    options = database.get("OPTIONS", {})
    values = {
        "PGDATABASE": database["NAME"],
        "PGUSER": database.get("USER"),
        "PGPASSWORD": database.get("PASSWORD"),
        "PGHOST": database.get("HOST"),
        "PGPORT": database.get("PORT"),
        "PGSSLMODE": options.get("sslmode"),
        "PGSSLROOTCERT": options.get("sslrootcert"),
    }
    return {name: str(value) for name, value in values.items() if value}


def _run(program: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    path = shutil.which(program)
    if path is None:
        raise BackupError(f"The program {program} was not found. Install PostgreSQL's client programs.")
    done = subprocess.run(  # noqa: S603 - the command is ours
        [path, *arguments], env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = " ".join(done.stderr.split())[:500]
        raise BackupError(f"{program} failed: {reason}")

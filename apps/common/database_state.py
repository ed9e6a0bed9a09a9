"""Why a command of ``manage.py`` cannot use the database, as a sentence for the person who typed it."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

NO_TABLES = (
    "The database has no tables yet, or those of an earlier version. "
    "Run “make run”, or “.venv/bin/python manage.py migrate”, first."
)

DAMAGED = ("malformed", "not a database", "disk image", "invalid page", "corrupt")


def newer_migrations(loader: MigrationLoader) -> list[str]:
    """Return the migrations of our applications that the database has and this version does not know."""
    newest: dict[str, str] = {}
    for app, name in loader.disk_migrations:
        newest[app] = max(name[:4], newest.get(app, ""))
    # By number: one that this version does not know may also have been withdrawn.
    return sorted(f"{app}.{name}" for app, name in loader.applied_migrations if name[:4] > newest.get(app, "￿"))


def newer_database(newer: list[str]) -> str:
    """Return the sentence that refuses a database of a newer version."""
    return (
        f"The database was written by a newer version of LeptonWeb (it has {newer[-1]}), and this version would damage "
        "it. Start the newer version, or restore a backup made before the upgrade: see docs/backup.md."
    )


def restore_hint(error: Exception) -> str:
    """Return how to go on when an error says that the database is damaged; empty for any other error."""
    is_damaged = any(words in str(error).lower() for words in DAMAGED)
    return ". The file is damaged. Restore a backup into a new folder: see docs/backup.md." if is_damaged else ""


def has_tables() -> bool:
    """Return whether the database has any table, of whichever version.

    Raises:
        DatabaseError: It does not answer.
    """
    return bool(connection.introspection.table_names())


def database_fault() -> str | None:
    """Return what is wrong with the database itself; ``None`` when it answers and has every table and column."""
    try:
        executor = MigrationExecutor(connection)
        newer = newer_migrations(executor.loader)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return f"The database does not answer: {' '.join(str(error).split())}{restore_hint(error)}"
    if newer:
        return newer_database(newer)
    return NO_TABLES if pending else None

"""Why a command of ``manage.py`` cannot use the database, as a sentence for the person who typed it."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

NO_TABLES = (
    "The database has no tables yet, or those of an earlier version. "
    "Run “make run”, or “.venv/bin/python manage.py migrate”, first."
)


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
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return f"The database does not answer: {' '.join(str(error).split())}"
    return NO_TABLES if pending else None

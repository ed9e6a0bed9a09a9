"""Checks and steps before the first process starts: services reachable, database migrated, an account or a link."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from apps.common.database_state import newer_database, newer_migrations, restore_hint
from leptonweb.extras import missing_for_artifacts
from leptonweb.supervise.readiness import broker_fault, redis_fault
from leptonweb.supervise.start_error import StartError
from tasks.catalogue import CatalogueError, catalogue

CONNECT_SECONDS = 5


def require_database(url: str) -> None:
    """Check that the PostgreSQL at ``url`` accepts connections; an empty URL means SQLite in the data folder.

    Raises:
        StartError: Connecting failed; the sentence has the server's reason and no password.
    """
    if not url:
        return
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=CONNECT_SECONDS).close()
    except (psycopg.Error, UnicodeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise StartError(
            f"The database of DATABASE_URL cannot be reached: {reason}. "
            "Correct DATABASE_URL, or unset it to use a file in the data folder."
        ) from error


def close_data_folder(folder: Path) -> None:
    """Take the rights of others from the data folder and the database, which an earlier version may have made."""
    for path in (folder, *folder.glob("*.sqlite3*")):
        with contextlib.suppress(OSError):  # it belongs to somebody else, who decides
            path.chmod(0o700 if path.is_dir() else 0o600)


def require_redis(url: str) -> None:
    """Check that the Redis of ``REDIS_URL`` accepts commands.

    Raises:
        StartError: It does not.
    """
    fault = redis_fault(url)
    if fault:
        raise StartError(
            f"The Redis of REDIS_URL cannot be reached: {fault.rstrip('.')}. "
            "Correct REDIS_URL, or unset it to use the one that comes with LeptonWeb."
        )


def require_broker(url: str) -> None:
    """Check that the broker of ``LEPTON_BROKER_URL`` accepts a connection.

    Raises:
        StartError: It does not; the sentence has no password.
    """
    fault = broker_fault(url)
    if fault:
        raise StartError(
            f"The broker of LEPTON_BROKER_URL cannot be reached: {fault.rstrip('.')}. "
            "Correct LEPTON_BROKER_URL, or unset it to use Redis."
        )


def require_catalogue() -> None:
    """Check that the catalogue of nodes can be read.

    Raises:
        StartError: It cannot; the sentence names the file.
    """
    try:
        catalogue()
    except CatalogueError as error:
        raise StartError(str(error)) from error


def require_artifact_store(url: str) -> None:
    """Check that the packages are installed that a store of results at ``url`` needs.

    Raises:
        StartError: One is missing; the sentence names the requirements file that brings it.
    """
    missing = missing_for_artifacts(url)
    if missing:
        raise StartError(missing)


def migrate() -> int:
    """Bring the database's tables up to date and return how many migrations were applied.

    Raises:
        StartError: The database refused.
    """
    try:
        executor = MigrationExecutor(connection)
        newer = newer_migrations(executor.loader)
        if newer:
            raise StartError(newer_database(newer))
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if pending:
            call_command("migrate", interactive=False, verbosity=0, stdout=io.StringIO())
    except DatabaseError as error:
        reason = " ".join(str(error).split())
        raise StartError(f"The database could not be brought up to date: {reason}{restore_hint(error)}") from error
    return len(pending)


def ensure_first_account() -> str | None:
    """Create the administrator that the environment names; return the token of a set-up link while there is no account.

    Raises:
        StartError: The name or password given by the environment is not acceptable.
    """
    from apps.accounts import services
    from apps.common.errors import ApplicationError

    try:
        services.ensure_administrator()
        return services.issue_setup_token()
    except ApplicationError as error:
        raise StartError(f"LEPTON_ADMIN_USERNAME and LEPTON_ADMIN_PASSWORD do not make an account: {error}") from error


def close_database_connections() -> None:
    """Close this process's connections: the supervisor does not use the database after the start."""
    connections.close_all()
    pool = getattr(connection, "close_pool", None)
    if pool and settings.DATABASES["default"].get("OPTIONS", {}).get("pool"):
        pool()

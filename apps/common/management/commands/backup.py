"""``manage.py backup FOLDER``: a checked copy of the installation, made while it works."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.common.backup import UPLOADS, BackupError, make_backup
from apps.common.database_state import NO_TABLES, has_tables


class Command(BaseCommand):
    """Copy the database as of one moment, every uploaded file and every stored result."""

    help = "Make a checked backup in a new folder below FOLDER, while everything goes on."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to."""
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Make it and print its place."""
        database = settings.DATABASES["default"]
        if "sqlite" not in database["ENGINE"]:
            raise CommandError("This backs up the built-in database. Use pg_dump for PostgreSQL.")
        # Those of an earlier version are backed up too: before an upgrade is when it matters.
        if not has_tables():
            raise CommandError(NO_TABLES)
        store = settings.LEPTON_ARTIFACTS_URL
        artifacts = None if "://" in store else Path(store)
        uploads = None if artifacts is None else Path(settings.UPLOAD_DIR) / UPLOADS.name
        try:
            made = make_backup(Path(database["NAME"]), artifacts, options["folder"], uploads=uploads)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(made))
        if artifacts is None:
            self.stderr.write(f"Uploaded files and stored results stay in {store}; they are not in the backup.")

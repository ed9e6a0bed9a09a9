"""``manage.py restore BACKUP FOLDER``: a data folder out of a backup; nothing is written over."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.common.backup_database import BackupError
from apps.common.backup_restore import restore_backup
from apps.common.database_state import has_tables

IN_PART = 3


class Command(BaseCommand):
    """Check a backup and unfold it."""

    help = "Check BACKUP and make the data folder FOLDER out of it; start with LEPTON_DATA_DIR=FOLDER afterwards."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what and where to."""
        parser.add_argument("backup", type=Path)
        parser.add_argument("folder", type=Path)
        parser.add_argument("--secrets", type=Path, metavar="FOLDER", help="the secrets that were stored apart")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Restore and say what it was. Ends with 3 when a part of the backup is damaged and the rest is restored."""
        database = settings.DATABASES["default"]
        postgresql = database if "postgresql" in database["ENGINE"] else None
        try:
            if postgresql is not None and has_tables():
                raise BackupError("The database of DATABASE_URL has tables already. Restore into an empty one.")
            restored = restore_backup(
                options["backup"], options["folder"], secrets=options["secrets"], postgresql=postgresql
            )
        except BackupError as error:
            raise CommandError(str(error)) from error
        content = f"with {restored.files} uploaded files and {restored.results} stored results"
        self.stdout.write(f"Restored what was there at {restored.manifest['made_at']}, {content}.")
        if not restored.manifest.get("has_store", True):
            self.stderr.write(
                "Uploaded files and results are in a store that the backup does not hold. To try the backup out beside "
                "the original, copy the store and name the copy in LEPTON_ARTIFACTS_URL: both would delete from it."
            )
        if restored.damaged:
            sentences = "\n".join(restored.damaged)
            raise CommandError(f"{sentences}\nEverything else was restored.", returncode=IN_PART)

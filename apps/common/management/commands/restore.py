"""``manage.py restore BACKUP FOLDER``: a data folder out of a backup; nothing is written over."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.common.backup import BackupError, restore_backup


class Command(BaseCommand):
    """Check a backup and unfold it."""

    help = "Check BACKUP and make the data folder FOLDER out of it; start with LEPTON_DATA_DIR=FOLDER afterwards."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what and where to."""
        parser.add_argument("backup", type=Path)
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Restore and say what it was."""
        try:
            manifest = restore_backup(options["backup"], options["folder"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        results, files = len(manifest["artifacts"]), len(manifest.get("uploads", {}))
        content = f"with {files} uploaded files and {results} stored results"
        self.stdout.write(f"Restored what was there at {manifest['made_at']}, {content}.")

"""``manage.py backup FOLDER``: a checked copy of the installation, made while it works."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.common.backup import make_backup, read_manifest
from apps.common.backup_database import BackupError
from apps.common.backup_schedule import current_installation
from apps.common.database_state import NO_TABLES, has_tables

IN_PART = 3
"""The exit code when results of the store are damaged and everything else was backed up."""


class Command(BaseCommand):
    """Copy the database as of one moment, every uploaded file and every stored result."""

    help = "Make a checked backup in a new folder below FOLDER, while everything goes on."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--secrets", type=Path, metavar="FOLDER", help="copy the secrets too, to a place apart")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Make it and print its place."""
        # Those of an earlier version are backed up too: before an upgrade is when it matters.
        if not has_tables():
            raise CommandError(NO_TABLES)
        installation = current_installation()
        try:
            made = make_backup(installation, options["folder"], secrets_parent=options["secrets"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(made))
        damaged = read_manifest(made)["damaged"]
        for digest in damaged:
            self.stderr.write(f"The stored result {digest[:12]} is damaged in the store and is not in the backup.")
        if installation.artifacts is None:
            self.stderr.write("Uploaded files and stored results stay in their store; they are not in the backup.")
        if options["secrets"] is None:
            self.stderr.write("The secrets are not in the backup. Store them elsewhere with --secrets FOLDER.")
        if damaged:
            raise CommandError("The backup is complete but for the damaged results.", returncode=IN_PART)

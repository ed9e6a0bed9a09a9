"""This installation's backups: what belongs to one, and those made on a schedule.

The folder of backups is the schedule: the name of the newest one says when it was made. So no process need remember
anything, and any number of web processes may ask.
"""

from __future__ import annotations

import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from apps.common.backup import UPLOADS, Installation, complete_backups, make_backup, read_manifest
from apps.common.backup_database import BackupError

logger = logging.getLogger(__name__)


def current_installation() -> Installation:
    """Return what a backup of the installation of these settings holds."""
    database = settings.DATABASES["default"]
    store = str(settings.LEPTON_ARTIFACTS_URL)
    is_local = "://" not in store
    return Installation(
        database=Path(database["NAME"]) if "sqlite" in database["ENGINE"] else database,
        artifacts=Path(store) if is_local else None,
        uploads=Path(settings.UPLOAD_DIR) / UPLOADS.name if is_local else None,
        secrets=_secrets(),
    )


def make_scheduled_backup() -> int:
    """Make a backup when the newest is older than ``LEPTON_BACKUP_HOURS``; return how many were made."""
    if not settings.LEPTON_BACKUP_DIR:
        return 0
    parent = Path(settings.LEPTON_BACKUP_DIR)
    secrets_parent = Path(settings.LEPTON_BACKUP_SECRETS_DIR) if settings.LEPTON_BACKUP_SECRETS_DIR else None
    if not _is_due(parent):
        return 0
    try:
        made = make_backup(current_installation(), parent, secrets_parent=secrets_parent)
    except (BackupError, OSError) as error:
        logger.error("no backup was made: %s", error)  # noqa: TRY400 - the sentence says it all; it is tried again
        return 0
    for digest in read_manifest(made)["damaged"]:
        logger.error("the stored result %s is damaged and is not in the backup %s", digest[:12], made)
    logger.info("made the backup %s", made)
    for old in complete_backups(parent)[settings.LEPTON_BACKUP_KEEP :]:
        shutil.rmtree(old, ignore_errors=True)
        if secrets_parent is not None:
            shutil.rmtree(secrets_parent / old.name, ignore_errors=True)
    return 1


def _is_due(parent: Path) -> bool:
    newest = next(iter(complete_backups(parent)), None)
    if newest is None:
        return True
    made_at = datetime.fromisoformat(read_manifest(newest)["made_at"])
    return datetime.now(UTC) - made_at >= timedelta(hours=settings.LEPTON_BACKUP_HOURS)


def _secrets() -> dict[str, str]:
    """Return the secrets by file name: those of the folder, and those that the environment gave instead."""
    folder = Path(settings.LEPTON_SECRETS_DIR)
    found = {path.name: path.read_text(encoding="utf-8").strip() for path in sorted(folder.glob("*")) if path.is_file()}
    given = {"secret_key": settings.LEPTON_SECRET_KEY, "artifact_key": settings.LEPTON_ARTIFACT_KEY}
    return found | {name: value for name, value in given.items() if value}

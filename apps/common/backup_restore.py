"""A data folder out of a backup. What is damaged in the backup is named, and everything else is restored."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.common import private_files
from apps.common.backup import (
    ARTIFACTS,
    UPLOADS,
    artifact_folder,
    draft_of,
    file_digest,
    is_complete_artifact,
    read_manifest,
)
from apps.common.backup_database import (
    POSTGRESQL_FILE,
    SQLITE_FILE,
    BackupError,
    check_database,
    load_postgresql,
)

SECRETS = "secrets"


@dataclass(frozen=True)
class Restored:
    """What was restored: the backup's manifest, and a sentence for each part that was not."""

    manifest: Mapping[str, Any]
    damaged: tuple[str, ...]

    @property
    def results(self) -> int:
        """How many results the backup has, damaged ones included."""
        return len(self.manifest["artifacts"])

    @property
    def files(self) -> int:
        """How many uploaded files the backup has, damaged ones included."""
        return len(self.manifest.get("uploads", {}))


def restore_backup(
    backup: Path, folder: Path, *, secrets: Path | None = None, postgresql: Mapping[str, Any] | None = None
) -> Restored:
    """Make a data folder from a backup. Existing files are never overwritten.

    Args:
        backup: The folder of a backup.
        folder: The data folder to make; one that has secrets only is filled.
        secrets: The folder of the secrets that were stored apart.
        postgresql: Django's settings of the empty database that a dump is loaded into.

    Raises:
        BackupError: The manifest or the database is damaged, or something is there already.
    """
    manifest = read_manifest(backup)
    database = _checked_database(backup, manifest)
    if database.name == POSTGRESQL_FILE and postgresql is None:
        raise BackupError(
            "This backup has a PostgreSQL database. Make an empty one and name it in DATABASE_URL, then restore."
        )
    if any((folder / name).exists() for name in (SQLITE_FILE, ARTIFACTS, UPLOADS)):
        raise BackupError(f"{folder} has a database, uploaded files or results already. Restore into a new folder.")
    if secrets is not None:
        _require_no_secrets(folder, secrets)

    def fill(target: Path) -> list[str]:
        damaged = _restore_artifacts(backup, target, manifest) + _restore_uploads(backup, target, manifest)
        for secret in sorted(secrets.iterdir()) if secrets else ():
            private_files.copy_file(secret, target / SECRETS / secret.name)
        # The database comes last: with it the folder counts as an installation.
        if database.name == POSTGRESQL_FILE:
            load_postgresql(database, postgresql or {})
        else:
            private_files.copy_file(database, target / f".{SQLITE_FILE}")
            (target / f".{SQLITE_FILE}").rename(target / SQLITE_FILE)
        return damaged

    return Restored(manifest, tuple(_fill(folder, fill)))


def verify_backup(backup: Path) -> tuple[str, ...]:
    """Read every byte and return a sentence for each damaged part.

    Raises:
        BackupError: Nothing can be restored.
    """
    manifest = read_manifest(backup)
    _checked_database(backup, manifest)
    results = [
        _result_sentence(digest)
        for digest in manifest["artifacts"]
        if not is_complete_artifact(artifact_folder(backup / ARTIFACTS, digest), digest)
    ]
    files = [
        _file_sentence(name)
        for name, digest in manifest.get("uploads", {}).items()  # a backup of an earlier version has none
        if not (backup / UPLOADS / name).is_file() or file_digest(backup / UPLOADS / name) != digest
    ]
    return (*results, *files)


def _fill(folder: Path, fill: Callable[[Path], list[str]]) -> list[str]:
    if folder.exists():  # existing files stay, the secrets above all
        return fill(folder)
    private_files.make_folder(folder.parent)
    with draft_of(folder) as draft:
        return fill(draft)


def _checked_database(backup: Path, manifest: Mapping[str, Any]) -> Path:
    path = backup / str(manifest["database"].get("file", SQLITE_FILE))
    if not path.is_file() or file_digest(path) != manifest["database"]["sha256"]:
        raise BackupError("The database in this backup is missing, changed or damaged. Restore an earlier backup.")
    check_database(path)
    return path


def _restore_artifacts(backup: Path, target: Path, manifest: Mapping[str, Any]) -> list[str]:
    damaged = []
    for digest in manifest["artifacts"]:
        source, copy = (artifact_folder(root / ARTIFACTS, digest) for root in (backup, target))
        try:
            for path in (path for path in source.rglob("*") if path.is_file()):
                private_files.copy_file(path, copy / path.relative_to(source))
        except OSError:
            shutil.rmtree(copy, ignore_errors=True)
        # The copy is read again, not what it was made of.
        if not is_complete_artifact(copy, digest):
            shutil.rmtree(copy, ignore_errors=True)
            damaged.append(_result_sentence(digest))
    return damaged


def _restore_uploads(backup: Path, target: Path, manifest: Mapping[str, Any]) -> list[str]:
    damaged = []
    for name, digest in manifest.get("uploads", {}).items():
        copy = target / UPLOADS / name
        try:
            private_files.copy_file(backup / UPLOADS / name, copy)
            is_whole = file_digest(copy) == digest
        except OSError:
            is_whole = False
        if not is_whole:
            copy.unlink(missing_ok=True)
            damaged.append(_file_sentence(name))
    return damaged


def _require_no_secrets(folder: Path, secrets: Path) -> None:
    if not secrets.is_dir():
        raise BackupError(f"There is no folder {secrets}.")
    for secret in secrets.iterdir():
        if (folder / SECRETS / secret.name).exists():
            raise BackupError(f"{folder} has the secret {secret.name} already. Restore into a new folder.")


def _result_sentence(digest: str) -> str:
    return f"The stored result {digest[:12]} in this backup is incomplete, changed or damaged."


def _file_sentence(name: str) -> str:
    return f"The uploaded file {name} in this backup is missing, changed or damaged."

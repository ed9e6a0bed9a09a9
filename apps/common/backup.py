"""Backups of a running installation: a consistent copy of the database, the uploaded files and the stored results.

A backup is a folder: the database, ``artifacts/``, ``uploads/files/`` and ``manifest.json``, which has the SHA-256 of
the database and of each uploaded file, and the digest of each result. The folder gets its final name when it is
complete and every byte was read again. No file of it is one of the installation's: what happens to either leaves the
other as it is. A file that an earlier backup beside it has already is linked there instead of stored twice.

Secrets lie apart: whoever has a backup alone can neither sign in nor sign a model.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apps.common import private_files
from apps.common.backup_database import (
    POSTGRESQL_FILE,
    SQLITE_FILE,
    BackupError,
    check_database,
    copy_database,
    dump_postgresql,
)

ARTIFACTS = "artifacts"
UPLOADS = Path("uploads", "files")
MANIFEST = "manifest.json"
PREFIX = "leptonweb-"
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")  # one that leads into no other folder


@dataclass(frozen=True)
class Installation:
    """What is backed up.

    Attributes:
        database: The SQLite file in use, or Django's settings of a PostgreSQL database.
        artifacts: The local store; ``None`` when it is remote and not part of the backup.
        uploads: The folder of complete uploaded files; ``None`` when they are in the remote store.
        secrets: Content of each secret by its file name.
    """

    database: Path | Mapping[str, Any]
    artifacts: Path | None = None
    uploads: Path | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)


def make_backup(installation: Installation, parent: Path, *, secrets_parent: Path | None = None) -> Path:
    """Return the folder of a new backup below ``parent``.

    Args:
        installation: What is copied. Results that are damaged in its store are left out and named in the manifest.
        parent: The folder of backups.
        secrets_parent: Where the secrets go, in a folder of the same name; ``None`` to leave them out.

    Raises:
        BackupError: The copy is damaged, another backup is being made there, secrets would lie beside the data, or
            ``parent`` is a folder of the installation.
    """
    _require_apart(parent, secrets_parent)
    _require_outside(parent, installation)
    private_files.make_folder(parent)
    made_at = datetime.now(UTC)
    final = parent / f"{PREFIX}{made_at:%Y%m%d-%H%M%S-%f}"
    with lock_backups(parent):
        # The files of backups without this entry are those of the store itself, made by an earlier version.
        former = next((path for path in complete_backups(parent) if "has_store" in read_manifest(path)), None)
        with draft_of(final) as draft:
            database = _copy_database(installation.database, draft)
            # Files and results are copied after the database: each one that a row refers to was complete before.
            files = _copy_uploads(installation.uploads, draft, former)
            digests, damaged = _copy_artifacts(installation.artifacts, draft, former)
            manifest = {
                "made_at": made_at.isoformat(),
                "database": {"file": database.name, "sha256": file_digest(database), "bytes": database.stat().st_size},
                "artifacts": digests,
                "uploads": files,
                "damaged": damaged,
                "has_store": installation.artifacts is not None,
            }
            private_files.write_file(draft / MANIFEST, json.dumps(manifest).encode())
            if secrets_parent is not None:
                _copy_secrets(installation.secrets, secrets_parent / final.name)
    return final


def complete_backups(parent: Path) -> list[Path]:
    """Return the backups below ``parent``, the newest first."""
    return sorted((path.parent for path in parent.glob(f"{PREFIX}*/{MANIFEST}")), reverse=True)


def read_manifest(backup: Path) -> dict[str, Any]:
    """Return what a backup says it holds. Raises `BackupError`."""
    try:
        manifest: dict[str, Any] = json.loads((backup / MANIFEST).read_bytes())
        names = [manifest["database"].get("file", SQLITE_FILE), *manifest["artifacts"], *manifest.get("uploads", {})]
        is_complete = bool(manifest["database"]["sha256"]) and all(PLAIN_NAME.fullmatch(name) for name in names)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        is_complete = False
    if not is_complete:
        raise BackupError(f"{backup} is not a complete backup.")
    return manifest


def is_complete_artifact(folder: Path, digest: str) -> bool:
    """Return whether a folder holds every byte of the result of this digest."""
    try:
        content = (folder / MANIFEST).read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            return False
        return all(file_digest(folder / name) == wanted for name, wanted in json.loads(content)["files"].items())
    except OSError:
        return False


def artifact_folder(store: Path, digest: str) -> Path:
    """Return where a store has the result of this digest."""
    return store / digest[:2] / digest[2:]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def lock_backups(parent: Path) -> Iterator[None]:
    """Hold the folder of backups. Raises `BackupError` when somebody else does."""
    handle = os.open(parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another backup is being made in {parent}.") from None
        for draft in parent.glob(f".{PREFIX}*.draft"):  # of a process that was killed
            shutil.rmtree(draft, ignore_errors=True)
        yield
    finally:
        os.close(handle)


@contextmanager
def draft_of(final: Path) -> Iterator[Path]:
    """Provide a folder (mode 0700) that is renamed to ``final`` at the end of the block, or removed when it fails."""
    draft = final.with_name(f".{final.name}.draft")
    draft.mkdir(mode=private_files.FOLDER_MODE)
    try:
        yield draft
        private_files.sync_folder(draft)
        draft.rename(final)
        private_files.sync_folder(final.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _require_apart(parent: Path, secrets_parent: Path | None) -> None:
    if secrets_parent is not None and secrets_parent.resolve().is_relative_to(parent.resolve()):
        raise BackupError("Secrets must lie apart from the data: name a folder for them outside that of the backups.")


def _require_outside(parent: Path, installation: Installation) -> None:
    folder = parent.resolve()
    own = [path.resolve() for path in (installation.artifacts, installation.uploads) if path is not None]
    is_data = isinstance(installation.database, Path) and folder == installation.database.resolve().parent
    if is_data or any(folder.is_relative_to(path) for path in own):
        raise BackupError(f"{parent} is a folder of the installation itself. Name one for backups alone.")


def _copy_database(database: Path | Mapping[str, Any], draft: Path) -> Path:
    if isinstance(database, Path):
        copy = draft / SQLITE_FILE
        copy_database(database, copy)
    else:
        copy = draft / POSTGRESQL_FILE
        dump_postgresql(database, copy)
    check_database(copy)
    return copy


def _copy_artifacts(store: Path | None, draft: Path, former: Path | None) -> tuple[list[str], list[str]]:
    """Copy the results and return the digests of those copied and of those damaged in the store."""
    digests, damaged = [], []
    for manifest in sorted(store.glob(f"[0-9a-f][0-9a-f]/*/{MANIFEST}")) if store else ():
        digest = manifest.parent.parent.name + manifest.parent.name
        target = artifact_folder(draft / ARTIFACTS, digest)
        if former and is_complete_artifact(artifact_folder(former / ARTIFACTS, digest), digest):
            _link_folder(artifact_folder(former / ARTIFACTS, digest), target)
            digests.append(digest)
            continue
        try:
            for path in (path for path in manifest.parent.rglob("*") if path.is_file()):
                private_files.copy_file(path, target / path.relative_to(manifest.parent))
        except FileNotFoundError:  # evicted meanwhile, so nothing needs it
            shutil.rmtree(target, ignore_errors=True)
            continue
        if is_complete_artifact(target, digest):
            digests.append(digest)
            continue
        shutil.rmtree(target, ignore_errors=True)
        if manifest.is_file():
            damaged.append(digest)
    return digests, damaged


def _copy_uploads(uploads: Path | None, draft: Path, former: Path | None) -> dict[str, str]:
    """Copy the uploaded files and return the hash of each by its name."""
    hashes: dict[str, str] = {}
    known = read_manifest(former).get("uploads", {}) if former else {}
    for path in sorted(uploads.iterdir()) if uploads and uploads.is_dir() else ():
        target = draft / UPLOADS / path.name
        earlier = former / UPLOADS / path.name if former and path.name in known else None
        try:
            content = file_digest(path)
            # A stored file is never written to again.
            if earlier and known[path.name] == content and earlier.is_file() and file_digest(earlier) == content:
                _link(earlier, target)
            else:
                private_files.copy_file(path, target)
        except FileNotFoundError:  # its data set was deleted meanwhile
            continue
        if file_digest(target) != content:
            raise BackupError(f"The copy of the uploaded file {path.name} is not what was read. Check the disk.")
        hashes[path.name] = content
    return hashes


def _copy_secrets(secrets: Mapping[str, str], target: Path) -> None:
    for name, value in secrets.items():
        private_files.write_file(target / name, f"{value}\n".encode())


def _link_folder(source: Path, target: Path) -> None:
    for path in (path for path in source.rglob("*") if path.is_file()):
        _link(path, target / path.relative_to(source))


def _link(source: Path, target: Path) -> None:
    """Give a file of an earlier backup a second name; copy it where the disk has no links."""
    private_files.make_folder(target.parent)
    try:
        target.hardlink_to(source)
    except OSError:
        private_files.copy_file(source, target)

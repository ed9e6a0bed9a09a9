"""Backups of a running installation: a consistent copy of the database, the uploaded files and the stored results.

A backup is a folder: ``leptonweb.sqlite3``, ``artifacts/``, ``uploads/files/`` and ``manifest.json``, which has the
SHA-256 of the database and of each uploaded file, and the digest of each result. The folder gets its final name when
it is complete and was verified. Secrets are not included: store the folder ``secrets`` of the data folder elsewhere,
as it has the key that models are signed with.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DATABASE = "leptonweb.sqlite3"
ARTIFACTS = "artifacts"
UPLOADS = Path("uploads", "files")
MANIFEST = "manifest.json"
PAGES_AT_ONCE = 2000
SECONDS_BETWEEN_PAGES = 0.005


class BackupError(Exception):
    """A backup could not be made or failed verification. The message is a sentence."""


def make_backup(database: Path, artifacts: Path | None, parent: Path, *, uploads: Path | None = None) -> Path:
    """Return the folder of a new backup below ``parent``.

    Args:
        database: The SQLite file in use.
        artifacts: The local store; ``None`` when it is remote and not part of the backup.
        uploads: The folder of complete uploaded files; ``None`` when they are in the remote store.

    Raises:
        BackupError: The copy is damaged.
    """
    made_at = datetime.now(UTC)
    parent.mkdir(parents=True, exist_ok=True)
    final = parent / f"leptonweb-{made_at:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    with _draft(final) as draft:
        copy_database(database, draft / DATABASE)
        check_database(draft / DATABASE)
        # Files and results are copied after the database: each one that a row refers to was complete before.
        files = _copy_uploads(uploads, draft / UPLOADS) if uploads else {}
        digests = _copy_artifacts(artifacts, draft / ARTIFACTS) if artifacts else []
        manifest = {
            "made_at": made_at.isoformat(),
            "database": {"sha256": _hash(draft / DATABASE), "bytes": (draft / DATABASE).stat().st_size},
            "artifacts": digests,
            "uploads": files,
        }
        _write(draft / MANIFEST, json.dumps(manifest).encode())
    return final


def restore_backup(backup: Path, folder: Path) -> dict[str, Any]:
    """Make a data folder from a backup and return the manifest. Existing files are never overwritten.

    Raises:
        BackupError: The backup is incomplete or damaged, or the folder has a database.
    """
    manifest = verify_backup(backup)
    if any((folder / name).exists() for name in (DATABASE, ARTIFACTS, UPLOADS)):
        raise BackupError(f"{folder} has a database, uploaded files or results already. Restore into a new folder.")
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _draft(folder) as draft:
            _fill(backup, draft)
    else:  # existing files stay, the secrets above all
        _fill(backup, folder)
    return manifest


def verify_backup(backup: Path) -> dict[str, Any]:
    """Return the manifest after checking every byte. Raises `BackupError`."""
    try:
        manifest: dict[str, Any] = json.loads((backup / MANIFEST).read_bytes())
    except (OSError, ValueError):
        raise BackupError(f"{backup} is not a complete backup.") from None
    if _hash(backup / DATABASE) != manifest["database"]["sha256"]:
        raise BackupError("The database in this backup was changed or damaged.")
    check_database(backup / DATABASE)
    for digest in manifest["artifacts"]:
        _check_artifact(_artifact_folder(backup / ARTIFACTS, digest), digest)
    for name, digest in manifest.get("uploads", {}).items():  # a backup of an earlier version has none
        if not (backup / UPLOADS / name).is_file() or _hash(backup / UPLOADS / name) != digest:
            raise BackupError(f"The uploaded file {name} in this backup is missing, changed or damaged.")
    return manifest


def copy_database(source: Path, target: Path) -> None:
    """Copy a consistent snapshot of a SQLite database that others write to."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as used,
        closing(sqlite3.connect(target)) as copy,
    ):
        # One read transaction for the whole copy: in WAL mode it does not block writers, and the copy never restarts.
        used.execute("BEGIN")
        used.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        used.backup(copy, pages=PAGES_AT_ONCE, sleep=SECONDS_BETWEEN_PAGES)
        copy.execute("PRAGMA journal_mode=DELETE")
    _sync(target)


def check_database(path: Path) -> None:
    """Raise `BackupError` when a database is damaged."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            strays = connection.execute("PRAGMA foreign_key_check").fetchall()
        except sqlite3.DatabaseError as error:
            raise BackupError(f"The copy of the database is damaged: {error}") from error
    if verdict != "ok" or strays:
        raise BackupError(f"The copy of the database is damaged: {verdict}, {len(strays)} rows point nowhere.")


def _copy_artifacts(store: Path, target: Path) -> list[str]:
    digests = []
    for manifest in sorted(store.glob(f"[0-9a-f][0-9a-f]/*/{MANIFEST}")):
        digest = manifest.parent.parent.name + manifest.parent.name
        try:
            _copy_folder(manifest.parent, _artifact_folder(target, digest))
        except FileNotFoundError:  # evicted meanwhile, so nothing needs it
            shutil.rmtree(_artifact_folder(target, digest), ignore_errors=True)
            continue
        digests.append(digest)
    return digests


def _copy_uploads(uploads: Path, target: Path) -> dict[str, str]:
    """Copy the uploaded files and return the hash of each by its name."""
    hashes = {}
    for path in sorted(uploads.iterdir()) if uploads.is_dir() else ():
        target.mkdir(parents=True, exist_ok=True)
        try:
            _copy_file(path, target / path.name)
        except FileNotFoundError:  # its data set was deleted meanwhile
            continue
        hashes[path.name] = _hash(target / path.name)
    return hashes


def _fill(backup: Path, folder: Path) -> None:
    for name in (ARTIFACTS, UPLOADS):
        if (backup / name).is_dir():
            shutil.copytree(backup / name, folder / name)
    draft = folder / f".{DATABASE}"
    shutil.copyfile(backup / DATABASE, draft)
    _sync(draft)
    draft.rename(folder / DATABASE)


def _copy_folder(source: Path, target: Path) -> None:
    """Hard-link the files where possible: they are never written to again, so a link is as good as a copy."""
    for path in (path for path in source.rglob("*") if path.is_file()):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(path, copy)


def _copy_file(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
        _sync(target)


def _check_artifact(folder: Path, digest: str) -> None:
    try:
        content = (folder / MANIFEST).read_bytes()
        files = json.loads(content)["files"] if hashlib.sha256(content).hexdigest() == digest else None
        is_whole = files is not None and all(_hash(folder / name) == wanted for name, wanted in files.items())
    except OSError:
        is_whole = False
    if not is_whole:
        raise BackupError(f"The stored result {digest[:12]} in this backup is incomplete, changed or damaged.")


def _artifact_folder(store: Path, digest: str) -> Path:
    return store / digest[:2] / digest[2:]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _draft(final: Path) -> Iterator[Path]:
    """Provide a folder (mode 0700) that is renamed to ``final`` at the end of the block, or removed when it fails."""
    draft = final.with_name(f".{final.name}.draft")
    draft.mkdir(mode=0o700)
    try:
        yield draft
        _sync(draft)
        draft.rename(final)
        _sync(final.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise

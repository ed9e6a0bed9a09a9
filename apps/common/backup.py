"""Copies of the whole installation while it works: the database as of one moment, uploaded files and stored results.

A backup is a folder: ``leptonweb.sqlite3``, ``artifacts/``, ``uploads/files/`` and ``manifest.json``, which names the
hash of the database and of each uploaded file and the address of each result; an address is a hash itself. It appears
under its name when it is complete and was checked. The secrets are not in it: keep the folder ``secrets`` of the data
folder elsewhere, as the models are signed.
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
    """A backup could not be made or is not what it says. The message is a sentence."""


def make_backup(database: Path, artifacts: Path | None, parent: Path, *, uploads: Path | None = None) -> Path:
    """Return the folder of a new backup below ``parent``.

    Args:
        database: The SQLite file in use.
        artifacts: The local store; ``None`` when it lies elsewhere and is kept there.
        uploads: The folder of uploaded files that arrived whole; ``None`` when they lie with the results elsewhere.

    Raises:
        BackupError: The copy is damaged.
    """
    made_at = datetime.now(UTC)
    parent.mkdir(parents=True, exist_ok=True)
    final = parent / f"leptonweb-{made_at:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    with _draft(final) as draft:
        copy_database(database, draft / DATABASE)
        check_database(draft / DATABASE)
        # Files and results after the database: each that it names was complete before, so it is among them.
        files = _copy_uploads(uploads, draft / UPLOADS) if uploads else {}
        addresses = _copy_artifacts(artifacts, draft / ARTIFACTS) if artifacts else []
        manifest = {
            "made_at": made_at.isoformat(),
            "database": {"sha256": _hash(draft / DATABASE), "bytes": (draft / DATABASE).stat().st_size},
            "artifacts": addresses,
            "uploads": files,
        }
        _write(draft / MANIFEST, json.dumps(manifest).encode())
    return final


def restore_backup(backup: Path, folder: Path) -> dict[str, Any]:
    """Make a data folder out of a backup and return the manifest. What is there already is never written over.

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
    else:  # what is there stays: the secrets, most of all
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
    for address in manifest["artifacts"]:
        _check_artifact(_place(backup / ARTIFACTS, address), address)
    for name, digest in manifest.get("uploads", {}).items():  # a backup of an earlier version has none
        if not (backup / UPLOADS / name).is_file() or _hash(backup / UPLOADS / name) != digest:
            raise BackupError(f"The uploaded file {name} in this backup is missing, changed or damaged.")
    return manifest


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database that others write to, as it is at one moment."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as used,
        closing(sqlite3.connect(target)) as copy,
    ):
        # One read transaction for the whole copy: in WAL mode it keeps nobody from writing, and never starts over.
        used.execute("BEGIN")
        used.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        used.backup(copy, pages=PAGES_AT_ONCE, sleep=SECONDS_BETWEEN_PAGES)
        copy.execute("PRAGMA journal_mode=DELETE")
    _sync(target)


def check_database(path: Path) -> None:
    """Raise `BackupError` when a database is damaged."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            said = connection.execute("PRAGMA integrity_check").fetchone()[0]
            strays = connection.execute("PRAGMA foreign_key_check").fetchall()
        except sqlite3.DatabaseError as error:
            raise BackupError(f"The copy of the database is damaged: {error}") from error
    if said != "ok" or strays:
        raise BackupError(f"The copy of the database is damaged: {said}, {len(strays)} rows point nowhere.")


def _copy_artifacts(store: Path, target: Path) -> list[str]:
    addresses = []
    for manifest in sorted(store.glob(f"[0-9a-f][0-9a-f]/*/{MANIFEST}")):
        address = manifest.parent.parent.name + manifest.parent.name
        try:
            _copy_folder(manifest.parent, _place(target, address))
        except FileNotFoundError:  # cleared away meanwhile, so nothing needs it
            shutil.rmtree(_place(target, address), ignore_errors=True)
            continue
        addresses.append(address)
    return addresses


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
    """Link the files where that is possible: they are never written to again, so a link costs nothing."""
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


def _check_artifact(folder: Path, address: str) -> None:
    try:
        content = (folder / MANIFEST).read_bytes()
        files = json.loads(content)["files"] if hashlib.sha256(content).hexdigest() == address else None
        is_whole = files is not None and all(_hash(folder / name) == wanted for name, wanted in files.items())
    except OSError:
        is_whole = False
    if not is_whole:
        raise BackupError(f"The stored result {address[:12]} in this backup is incomplete, changed or damaged.")


def _place(store: Path, address: str) -> Path:
    return store / address[:2] / address[2:]


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
    """Give a folder of this user alone that gets its name at the end of the block, or is removed when it fails."""
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

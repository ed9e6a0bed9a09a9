"""Files on their way in: announced with their size, sent in parts in any order, resumable.

A part is received beside the file and written to its place in it once it is whole; an empty marker then says so. A part
that is cut off or refused leaves what came before as it was.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

from apps.accounts.models import User, Workspace
from apps.common.errors import ApplicationError, not_found
from apps.datasets.models import Upload
from tasks.graph.messages import Choices, Message

CHUNK_BYTES = 1024 * 1024
RESERVE_BYTES = 512 * 1024 * 1024
CONTENT = "content"
LOCK = "lock"


class Source(Protocol):
    """Anything that bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; empty at the end."""
        ...


def start(*, workspace: Workspace, user: User, name: str, size: int) -> Upload:
    """Return a new upload, ready for its parts.

    Raises:
        ApplicationError: 413 above the limit, 507 when the disk has no room.
    """
    check_size(size)
    _check_room(size)
    upload = Upload.objects.create(
        workspace=workspace, created_by=user, name=name, bytes=size, part_bytes=settings.UPLOAD_PART_BYTES
    )
    folder_of(upload).mkdir(parents=True)
    (folder_of(upload) / CONTENT).touch()
    return upload


def check_size(size: int) -> None:
    """Refuse a size above the limit, naming both."""
    limit = settings.UPLOAD_LIMIT_BYTES
    if size > limit:
        message = Message(
            "upload.too_large",
            "The file has {size:,} MB, but this server takes at most {limit:,} MB. Upload a part of it, or ask the "
            "administrator to raise LEPTON_MAX_UPLOAD_MB.",
            size=round(size / 1024**2),
            limit=round(limit / 1024**2),
        )
        raise ApplicationError("too_large", message, 413)


def _check_room(size: int) -> None:
    Path(settings.UPLOAD_DIR).mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.UPLOAD_DIR).free
    if free < size + RESERVE_BYTES:
        message = Message(
            "upload.disk_full",
            "The server's disk has only {free:,} MB left. Delete data sets you no longer need.",
            free=round(free / 1024**2),
        )
        raise ApplicationError("disk_full", message, 507)


def save_part(*, upload: Upload, number: int, source: Source) -> list[int]:
    """Write one part and return the numbers of all parts that are here.

    Raises:
        ApplicationError: There is no such part, it has not the size it must have, or the upload was completed.
    """
    if not 0 <= number < upload.parts:
        message = Message(
            "upload.no_such_part",
            "This file has parts 0 to {last}, not {number}.",
            last=upload.parts - 1,
            number=number,
        )
        raise ApplicationError("no_such_part", message, 404)
    expected = upload.size_of(number)
    folder = folder_of(upload)
    with _locked(upload, fcntl.LOCK_SH), tempfile.TemporaryFile(dir=folder) as part:
        written = _copy(source, part, expected)
        if written != expected:
            if written > expected:
                message = Message(
                    "upload.part_too_large",
                    "Part {number} must have {expected} bytes, but more than {expected} came. Send it again.",
                    number=number,
                    expected=expected,
                )
            else:
                message = Message(
                    "upload.part_too_small",
                    "Part {number} must have {expected} bytes, but {received} came. Send it again.",
                    number=number,
                    expected=expected,
                    received=written,
                )
            raise ApplicationError("wrong_part_size", message, 400)
        part.seek(0)
        marker = folder / str(number)
        marker.unlink(missing_ok=True)  # whoever is killed or finds the disk full meanwhile leaves no half a part
        with (folder / CONTENT).open("r+b") as file:
            file.seek(number * upload.part_bytes)
            shutil.copyfileobj(part, file, CHUNK_BYTES)
        marker.touch()
        return received(upload)


def _copy(source: Source, file: BinaryIO, expected: int) -> int:
    """Copy ``expected`` bytes and return how many there were; one more when there are too many."""
    left = expected
    while left and (chunk := source.read(min(CHUNK_BYTES, left))):
        file.write(chunk)
        left -= len(chunk)
    return expected - left + (len(source.read(1)) if not left else 0)


def received(upload: Upload) -> list[int]:
    """Return the numbers of the parts that are here, in order."""
    folder = folder_of(upload)
    return sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit()) if folder.is_dir() else []


@contextlib.contextmanager
def locked_content(upload: Upload) -> Iterator[Path]:
    """Yield the whole file. Meanwhile no part is written to it, and no other request completes the upload.

    Raises:
        ApplicationError: Parts are missing (409), named in the message; 404 when somebody else completed it.
    """
    with _locked(upload, fcntl.LOCK_EX):
        missing = sorted(set(range(upload.parts)) - set(received(upload)))
        if missing:
            numbers = Choices(map(str, missing[:10]))
            message = Message("upload.parts_missing", "These parts have not come yet: {numbers}.", numbers=numbers)
            raise ApplicationError("parts_missing", message, 409)
        yield folder_of(upload) / CONTENT


@contextlib.contextmanager
def _locked(upload: Upload, kind: int) -> Iterator[None]:
    """Hold the lock of an upload: any number of parts at once, or one that completes it.

    A lock of the file system and not of the row, since the whole file may be sent to a store meanwhile, and in SQLite
    nobody could write for as long.
    """
    try:
        lock = (folder_of(upload) / LOCK).open("ab")
    except FileNotFoundError:
        raise not_found("upload") from None
    with lock:
        fcntl.flock(lock, kind)
        if not Upload.objects.filter(pk=upload.pk).exists():
            raise not_found("upload")
        yield


def discard(upload: Upload) -> None:
    """Remove what came of an upload; what cannot be removed now is left to `upload_cleanup`."""
    shutil.rmtree(folder_of(upload), ignore_errors=True)


def folder_of(upload: Upload) -> Path:
    """Return the folder of an upload's parts."""
    return Path(settings.UPLOAD_DIR) / str(upload.pk)

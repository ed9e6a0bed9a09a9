"""The folders of artifacts, on a local disk or on anything else that fsspec opens by URL."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tasks import open_files
from tasks.artifacts.errors import ArtifactError, ArtifactMissing, StoreUnavailable

MANIFEST = "manifest.json"
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True)
class ArtifactStat:
    """Size and age of one artifact in the store.

    ``bytes``: of all its files; ``renewed_at``: seconds since 1970; ``is_complete``: it has its
    manifest; without one it is what an interrupted write or removal left.
    """

    bytes: int
    renewed_at: float
    is_complete: bool = True


class Folders(Protocol):
    """Folders of files by digest; a folder is there as a whole or not at all."""

    def has(self, digest: str) -> bool:
        """Return whether the whole artifact is there."""
        ...

    def write(self, digest: str, files: Mapping[str, bytes]) -> None:
        """Write all files of an artifact; when it is there already, it only counts as new again."""
        ...

    def read(self, digest: str, name: str) -> bytes:
        """Return one file. Raises `ArtifactMissing`."""
        ...

    def path(self, digest: str, name: str) -> Path:
        """Return a local path of one file, downloaded first if the store is remote. Raises `ArtifactMissing`."""
        ...

    def set_aside(self, digest: str, name: str) -> None:
        """Have a file that is damaged not be found any more, so that it is written anew with its result."""
        ...

    def delete(self, digest: str) -> None:
        """Remove an artifact, its manifest first."""
        ...

    def digests(self) -> Iterator[str]:
        """Iterate over every artifact that is there."""
        ...

    def renew(self, digest: str, *, waits: bool = True) -> bool:
        """Count an artifact as new again; ``False`` when it is not there.

        Args:
            waits: For somebody who is removing it; else it counts as not there.
        """
        ...

    def scan(self) -> dict[str, ArtifactStat]:
        """Return every artifact that is there, and every one of which only a part is, by digest."""
        ...

    def delete_older(self, digest: str, seconds: float) -> bool:
        """Remove an artifact unless it was written, or counted as new again, in the last seconds."""
        ...


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn errors of the disk or the object store into `StoreUnavailable`.

    An `ArtifactError` is about one artifact and passes unchanged, and so does the ``OSError`` of a full disk
    or of a process with too many open files: the store is not at fault.
    """
    try:
        yield
    except ArtifactError:
        raise
    except Exception as error:  # each object store has errors of its own
        if isinstance(error, OSError) and error.errno in NO_SPACE | open_files.TOO_MANY:
            raise
        reason = f"{type(error).__name__}: {error}".strip().splitlines()[0][:200]
        raise StoreUnavailable(f"The store of results did not answer. {reason}") from error


def open_folders(url: str) -> Folders:
    """Return the folders at a URL or a local path."""
    import fsspec

    filesystem, root = fsspec.core.url_to_fs(url)
    protocols = (filesystem.protocol,) if isinstance(filesystem.protocol, str) else filesystem.protocol
    if "file" in protocols:
        return LocalFolders(Path(root))
    from tasks.artifacts.remote import RemoteFolders

    return RemoteFolders(filesystem, root.rstrip("/"))


class LocalFolders:
    """Artifacts on a local disk: written beside, synced, then renamed into place."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def has(self, digest: str) -> bool:
        """Return whether the whole artifact is there."""
        return (self._folder(digest) / MANIFEST).is_file()

    def write(self, digest: str, files: Mapping[str, bytes]) -> None:
        """Write all files of an artifact; when it is there already, it counts as new again and is mended."""
        folder = self._folder(digest)
        if self.renew(digest):
            self._mend(folder, files)
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = self.root / f".draft-{uuid.uuid4().hex}"
        try:
            for name, content in files.items():
                write_synced(draft / name, content)
            for part in {(draft / name).parent for name in files} | {draft}:
                _sync_folder(part)
            self._move(draft, folder, digest)
            _sync_folder(folder.parent)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def read(self, digest: str, name: str) -> bytes:
        """Return one file. Raises `ArtifactMissing`."""
        return self.path(digest, name).read_bytes()

    def path(self, digest: str, name: str) -> Path:
        """Return the path of one file. Raises `ArtifactMissing`."""
        path = self._folder(digest) / name
        if not path.is_file():
            raise ArtifactMissing(f"The stored result {digest[:12]} has no file {name}.")
        return path

    def set_aside(self, digest: str, name: str) -> None:
        """Rename a file that is damaged; the damaged bytes stay until the artifact is removed."""
        path = self._folder(digest) / name
        with contextlib.suppress(OSError):  # another process was faster, or the disk takes no change
            path.rename(path.with_name(f"{path.name}.damaged"))

    def delete(self, digest: str) -> None:
        """Remove an artifact, its manifest first."""
        (self._folder(digest) / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(self._folder(digest), ignore_errors=True)

    def digests(self) -> Iterator[str]:
        """Iterate over every artifact that is there."""
        for path in self.root.glob(f"[0-9a-f][0-9a-f]/*/{MANIFEST}"):
            yield path.parent.parent.name + path.parent.name

    def renew(self, digest: str, *, waits: bool = True) -> bool:  # noqa: ARG002 - who removes here is never seen
        """Count an artifact as new again; ``False`` when it is not there."""
        try:
            os.utime(self._folder(digest) / MANIFEST)
        except FileNotFoundError:
            return False
        return True

    def scan(self) -> dict[str, ArtifactStat]:
        """Return every artifact that is there, and every one of which only a part is, by digest."""
        found = {}
        for folder in self.root.glob("[0-9a-f][0-9a-f]/*"):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # removed meanwhile
                found[folder.parent.name + folder.name] = _stat(folder)
        return found

    def delete_older(self, digest: str, seconds: float) -> bool:
        """Remove an artifact unless it was written, or counted as new again, in the last seconds."""
        folder, aside = self._folder(digest), self.root / f".draft-{uuid.uuid4().hex}"
        before = time.time() - seconds
        try:
            if _stat(folder).renewed_at > before:
                return False
            folder.rename(aside)  # no reader finds it from here on, and no writer renews it
        except FileNotFoundError:
            return False
        if _stat(aside).renewed_at > before:  # renewed between the check and the rename
            self._move(aside, folder, digest)
            return False
        shutil.rmtree(aside, ignore_errors=True)
        return True

    def _mend(self, folder: Path, files: Mapping[str, bytes]) -> None:
        """Write the files anew that are not what was written: else what gives this result could never be used again."""
        for name, content in files.items():
            path = folder / name
            if not (path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content):
                draft = self.root / f".draft-{uuid.uuid4().hex}"
                write_synced(draft, content)
                path.parent.mkdir(parents=True, exist_ok=True)
                draft.replace(path)

    def _move(self, draft: Path, folder: Path, digest: str) -> None:
        try:
            draft.rename(folder)
        except OSError:
            if self.has(digest):  # another process was faster with the same content
                return
            shutil.rmtree(folder, ignore_errors=True)  # left by a removal that was cut off
            draft.rename(folder)

    def _folder(self, digest: str) -> Path:
        return self.root / digest[:2] / digest[2:]


def _stat(folder: Path) -> ArtifactStat:
    """Return size and age of a folder. Raises ``FileNotFoundError`` if it is removed before or meanwhile."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    try:
        return ArtifactStat(sum(sizes), (folder / MANIFEST).stat().st_mtime)
    except FileNotFoundError:
        return ArtifactStat(sum(sizes), folder.stat().st_mtime, is_complete=False)


def write_synced(path: Path, content: bytes) -> None:
    """Write a file and its folder so that a power cut leaves it whole or not at all under this name's rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

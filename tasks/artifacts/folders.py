"""Where the folders of artifacts lie: a local disk, or anything else that fsspec opens by URL."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tasks.artifacts.errors import ArtifactError, ArtifactMissing, StoreSilent

MANIFEST = "manifest.json"
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Kept:
    """One artifact as it lies there. ``bytes``: of all its files; ``renewed_at``: seconds since 1970."""

    bytes: int
    renewed_at: float


class Folders(Protocol):
    """Folders of files by address; a folder is there as a whole or not at all."""

    def has(self, address: str) -> bool:
        """Return whether the whole artifact is there."""
        ...

    def write(self, address: str, files: Mapping[str, bytes]) -> None:
        """Write all files of an artifact; when it is there already, it only counts as new again."""
        ...

    def read(self, address: str, name: str) -> bytes:
        """Return one file. Raises `ArtifactMissing`."""
        ...

    def path(self, address: str, name: str) -> Path:
        """Return a local path of one file, fetched when it lies elsewhere. Raises `ArtifactMissing`."""
        ...

    def delete(self, address: str) -> None:
        """Remove an artifact, its manifest first."""
        ...

    def addresses(self) -> Iterator[str]:
        """Iterate over every artifact that is there."""
        ...

    def renew(self, address: str) -> bool:
        """Count an artifact as new again; ``False`` when it is not there."""
        ...

    def kept(self) -> dict[str, Kept]:
        """Return every artifact that is there, by address."""
        ...

    def delete_older(self, address: str, seconds: float) -> bool:
        """Remove an artifact unless it was written, or counted as new again, in the last seconds."""
        ...


@contextmanager
def asking() -> Iterator[None]:
    """Tell what the place does not answer from what is wrong with an artifact; a full disk keeps its own error.

    Raises:
        StoreSilent: Anything else that the disk or the object store raised.
    """
    try:
        yield
    except ArtifactError:
        raise
    except Exception as error:  # each object store has errors of its own
        if isinstance(error, OSError) and error.errno in NO_SPACE:
            raise
        said = f"{type(error).__name__}: {error}".strip().splitlines()[0][:200]
        raise StoreSilent(f"The store of results did not answer. {said}") from error


def open_folders(url: str) -> Folders:
    """Return the folders at a URL or a local path."""
    import fsspec

    filesystem, root = fsspec.core.url_to_fs(url)
    protocols = (filesystem.protocol,) if isinstance(filesystem.protocol, str) else filesystem.protocol
    if "file" in protocols:
        return LocalFolders(Path(root))
    return RemoteFolders(filesystem, root.rstrip("/"))


class LocalFolders:
    """Artifacts on a local disk: written beside, synced, then renamed into place."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def has(self, address: str) -> bool:
        """Return whether the whole artifact is there."""
        return (self._folder(address) / MANIFEST).is_file()

    def write(self, address: str, files: Mapping[str, bytes]) -> None:
        """Write all files of an artifact; when it is there already, it only counts as new again."""
        if self.renew(address):
            return
        folder = self._folder(address)
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = self.root / f".draft-{uuid.uuid4().hex}"
        try:
            for name, content in files.items():
                _write_synced(draft / name, content)
            for part in {(draft / name).parent for name in files} | {draft}:
                _sync_folder(part)
            self._move(draft, folder, address)
            _sync_folder(folder.parent)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def read(self, address: str, name: str) -> bytes:
        """Return one file. Raises `ArtifactMissing`."""
        return self.path(address, name).read_bytes()

    def path(self, address: str, name: str) -> Path:
        """Return the path of one file. Raises `ArtifactMissing`."""
        path = self._folder(address) / name
        if not path.is_file():
            raise ArtifactMissing(f"The stored result {address[:12]} has no file {name}.")
        return path

    def delete(self, address: str) -> None:
        """Remove an artifact, its manifest first."""
        (self._folder(address) / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(self._folder(address), ignore_errors=True)

    def addresses(self) -> Iterator[str]:
        """Iterate over every artifact that is there."""
        for path in self.root.glob(f"[0-9a-f][0-9a-f]/*/{MANIFEST}"):
            yield path.parent.parent.name + path.parent.name

    def renew(self, address: str) -> bool:
        """Count an artifact as new again; ``False`` when it is not there."""
        try:
            os.utime(self._folder(address) / MANIFEST)
        except FileNotFoundError:
            return False
        return True

    def kept(self) -> dict[str, Kept]:
        """Return every artifact that is there, by address."""
        found = {}
        for address in self.addresses():
            with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                sizes = [path.stat().st_size for path in self._folder(address).rglob("*") if path.is_file()]
                found[address] = Kept(sum(sizes), (self._folder(address) / MANIFEST).stat().st_mtime)
        return found

    def delete_older(self, address: str, seconds: float) -> bool:
        """Remove an artifact unless it was written, or counted as new again, in the last seconds."""
        folder, aside = self._folder(address), self.root / f".draft-{uuid.uuid4().hex}"
        try:
            folder.rename(aside)  # from now on nobody finds it, so nobody counts on it
        except FileNotFoundError:
            return False
        if (aside / MANIFEST).stat().st_mtime > time.time() - seconds:
            self._move(aside, folder, address)
            return False
        shutil.rmtree(aside, ignore_errors=True)
        return True

    def _move(self, draft: Path, folder: Path, address: str) -> None:
        try:
            draft.rename(folder)
        except OSError:
            if self.has(address):  # another process was faster with the same content
                return
            shutil.rmtree(folder, ignore_errors=True)  # left by a removal that was cut off
            draft.rename(folder)

    def _folder(self, address: str) -> Path:
        return self.root / address[:2] / address[2:]


class RemoteFolders:
    """Artifacts in an object store. There is no rename: the manifest is written last and makes the artifact whole."""

    def __init__(self, filesystem: Any, root: str) -> None:
        self.filesystem = filesystem
        self.root = root
        self._fetched = Path(tempfile.gettempdir()) / f"lepton-artifacts-{os.getuid()}"

    def has(self, address: str) -> bool:
        """Return whether the whole artifact is there."""
        return bool(self.filesystem.exists(self._at(address, MANIFEST)))

    def write(self, address: str, files: Mapping[str, bytes]) -> None:
        """Write all files of an artifact; when it is there already, it only counts as new again."""
        if self.renew(address):
            return
        for name in sorted(files, key=lambda name: name == MANIFEST):
            place = self._at(address, name)
            self.filesystem.makedirs(place.rsplit("/", 1)[0], exist_ok=True)
            self.filesystem.pipe_file(place, files[name])

    def read(self, address: str, name: str) -> bytes:
        """Return one file. Raises `ArtifactMissing`."""
        try:
            return bytes(self.filesystem.cat_file(self._at(address, name)))
        except FileNotFoundError as error:
            raise ArtifactMissing(f"The stored result {address[:12]} has no file {name}.") from error

    def path(self, address: str, name: str) -> Path:
        """Return a local copy of one file. Raises `ArtifactMissing`."""
        copy = self._fetched / address / name
        if not copy.is_file():
            content = self.read(address, name)
            draft = copy.with_name(f".{copy.name}-{uuid.uuid4().hex}")
            _write_synced(draft, content)
            draft.rename(copy)
        return copy

    def delete(self, address: str) -> None:
        """Remove an artifact, its manifest first."""
        if self.has(address):
            self.filesystem.rm_file(self._at(address, MANIFEST))
            self.filesystem.rm(f"{self.root}/{address[:2]}/{address[2:]}", recursive=True)
        shutil.rmtree(self._fetched / address, ignore_errors=True)

    def addresses(self) -> Iterator[str]:
        """Iterate over every artifact that is there."""
        for place in self.filesystem.glob(f"{self.root}/*/*/{MANIFEST}"):
            *_, head, tail, _ = place.split("/")
            yield head + tail

    def renew(self, address: str) -> bool:
        """Count an artifact as new again; ``False`` when it is not there."""
        place = self._at(address, MANIFEST)
        try:
            self.filesystem.pipe_file(place, self.filesystem.cat_file(place))
        except FileNotFoundError:
            return False
        return True

    def kept(self) -> dict[str, Kept]:
        """Return every artifact that is there, by address."""
        self.filesystem.invalidate_cache()
        sizes: dict[str, int] = {}
        renewed: dict[str, float] = {}
        for place, about in self.filesystem.find(self.root, detail=True).items():
            head, tail, *name = place.removeprefix(f"{self.root}/").split("/")
            address = head + tail
            sizes[address] = sizes.get(address, 0) + int(about["size"] or 0)
            if name == [MANIFEST]:
                renewed[address] = _moment(about)
        return {address: Kept(sizes[address], moment) for address, moment in renewed.items()}

    def delete_older(self, address: str, seconds: float) -> bool:
        """Remove an artifact unless it was written, or counted as new again, in the last seconds."""
        self.filesystem.invalidate_cache()
        try:
            about = self.filesystem.info(self._at(address, MANIFEST))
        except FileNotFoundError:
            return False
        if _moment(about) > time.time() - seconds:
            return False
        self.delete(address)
        return True

    def _at(self, address: str, name: str) -> str:
        return f"{self.root}/{address[:2]}/{address[2:]}/{name}"


def _moment(about: Mapping[str, Any]) -> float:
    """Return when a file was written; now, if the object store does not say."""
    moment = about.get("LastModified") or about.get("mtime") or about.get("created") or time.time()
    return float(moment.timestamp()) if hasattr(moment, "timestamp") else float(moment)


def _write_synced(path: Path, content: bytes) -> None:
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

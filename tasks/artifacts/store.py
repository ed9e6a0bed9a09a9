"""The store: takes values and returns their digests. Loads no numerical library until a value is put or got."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, cast
from weakref import WeakKeyDictionary

from tasks.artifacts.errors import ArtifactDamaged, ArtifactError, ArtifactMissing
from tasks.artifacts.folders import MANIFEST, ArtifactStat, Folders, open_folders, translate_errors
from tasks.contract.values import ValueKind

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FILE_NAME = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Stored:
    """An artifact in the store.

    ``kind``: the value kind; ``bytes``: size of its files; ``summary``: small JSON data for pages.
    """

    digest: str
    kind: str
    bytes: int
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class Encoded:
    """A value as files. ``references``: digests of the artifacts it needs to be read again."""

    files: Mapping[str, bytes]
    summary: Mapping[str, Any]
    references: tuple[str, ...] = field(default=())


class Codec(Protocol):
    """What each module of `tasks.artifacts.codecs` holds."""

    def encode(self, value: Any, store: Store) -> Encoded:
        """Return the value as files; parts of it may go into the store on their own."""
        ...

    def decode(self, files: Files, store: Store) -> Any:
        """Return the value that ``encode`` wrote."""
        ...


@dataclass(frozen=True)
class Files:
    """The files of one stored artifact, checked as they are read."""

    store: Store
    digest: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all files beside the manifest."""
        return tuple(self.store.manifest(self.digest)["files"])

    def read(self, name: str) -> bytes:
        """Return one file's content."""
        return self.store.read_file(self.digest, name)

    def path(self, name: str) -> Path:
        """Return a local path of one file."""
        return self.store.local_path(self.digest, name)

    def json(self, name: str) -> Any:
        """Return one file's JSON data."""
        return json.loads(self.read(name))


class Store:
    """Artifacts at one URL.

    Where the place itself does not answer, every method raises `StoreUnavailable`.

    A digest is the SHA-256 of the artifact's manifest, which holds the SHA-256 of each file, so that equal
    values share a digest and no file can change unnoticed.

    Args:
        url: A local folder or any URL that fsspec opens (``s3://bucket/prefix``).
    """

    def __init__(self, url: str | Path) -> None:
        self.url = str(url)
        self._folders: Folders = open_folders(self.url)
        self._manifest = lru_cache(maxsize=4096)(self._read_manifest)
        self._checked: set[tuple[str, str]] = set()
        # A table drags its base along through every node after a split; it is written once.
        self._digests: WeakKeyDictionary[Any, str] = WeakKeyDictionary()

    def put(self, value: Any) -> Stored:
        """Write a value and return its artifact; a value that is stored already is not written again."""
        kind = _kind_of(value)
        known = self._digests.get(value) if _is_identity(value) else None
        if known is not None and self.renew(known):
            return self.describe(known)
        encoded = _codec(kind).encode(value, self)
        for name in encoded.files:
            if not _FILE_NAME.fullmatch(name) or name == MANIFEST:
                raise ValueError(f"{name!r} cannot be the name of a file in an artifact.")
        manifest = {
            "wire": str(kind),
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(encoded.files.items())},
            "bytes": sum(len(content) for content in encoded.files.values()),
            "references": sorted(set(encoded.references)),
            "summary": encoded.summary,
        }
        line = json.dumps(manifest, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
        digest = hashlib.sha256(line).hexdigest()
        with translate_errors():
            self._folders.write(digest, {**encoded.files, MANIFEST: line})
        self._remember(value, digest)
        return self.describe(digest)

    def get(self, digest: str) -> Any:
        """Return the value of an artifact.

        Raises:
            ArtifactMissing: It is not there.
            ArtifactDamaged: A file is not what was written, or a native model was not signed by this server.
        """
        value = _codec(ValueKind(self.manifest(digest)["wire"])).decode(Files(self, digest), self)
        self._remember(value, digest)
        return value

    def describe(self, digest: str) -> Stored:
        """Return what is known of an artifact without reading its files. Raises `ArtifactMissing`."""
        manifest = self.manifest(digest)
        return Stored(digest, manifest["wire"], manifest["bytes"], manifest["summary"])

    def manifest(self, digest: str) -> dict[str, Any]:
        """Return ``{wire, files: {name: sha256}, bytes, references, summary}``. Raises `ArtifactMissing`."""
        return self._manifest(digest)

    def exists(self, digest: str) -> bool:
        """Return whether the artifact is there as a whole."""
        with translate_errors():
            return bool(_DIGEST.fullmatch(digest)) and self._folders.has(digest)

    def read_file(self, digest: str, name: str) -> bytes:
        """Return one file of an artifact, checked against its hash.

        Raises:
            ArtifactMissing: There is no such artifact or file.
            ArtifactDamaged: The content is not what was written.
        """
        expected = self._expected(digest, name)
        with translate_errors():
            content = self._folders.read(digest, name)
        if hashlib.sha256(content).hexdigest() != expected:
            self._folders.set_aside(digest, name)
            raise ArtifactDamaged(f"The file {name} of the stored result {digest[:12]} was changed or damaged.")
        return content

    def local_path(self, digest: str, name: str) -> Path:
        """Return a path to one file of an artifact, downloaded first if the store is remote.

        The hash is checked on the first call in this process. The file must not be written to.
        """
        expected = self._expected(digest, name)
        with translate_errors():
            path = self._folders.path(digest, name)
        if (digest, name) not in self._checked:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != expected:
                self._folders.set_aside(digest, name)
                raise ArtifactDamaged(f"The file {name} of the stored result {digest[:12]} was changed or damaged.")
            self._checked.add((digest, name))
        return path

    def delete(self, digest: str) -> None:
        """Remove an artifact. What it refers to stays."""
        self._folders.delete(digest)
        self._manifest.cache_clear()
        self._checked = {key for key in self._checked if key[0] != digest}

    def scan(self) -> dict[str, ArtifactStat]:
        """Return the size of every artifact, and when it was last put."""
        with translate_errors():
            return self._folders.scan()

    def delete_older(self, digest: str, seconds: float) -> bool:
        """Remove an artifact unless it was put in the last seconds; return whether it was removed."""
        self._manifest.cache_clear()
        with translate_errors():
            return self._folders.delete_older(digest, seconds)

    def renew(self, digest: str) -> bool:
        """Count an artifact as new again, so that it is not removed for a while; ``False`` when it is not there."""
        with translate_errors():
            return self._folders.renew(digest)

    def digests(self) -> Iterator[str]:
        """Iterate over every artifact in the store."""
        return self._folders.digests()

    def _remember(self, value: Any, digest: str) -> None:
        if _is_identity(value):
            self._digests[value] = digest

    def _expected(self, digest: str, name: str) -> str:
        expected = self.manifest(digest)["files"].get(name)
        if expected is None:
            raise ArtifactMissing(f"The stored result {digest[:12]} has no file {name}.")
        return str(expected)

    def _read_manifest(self, digest: str) -> dict[str, Any]:
        if not _DIGEST.fullmatch(digest):
            raise ArtifactMissing(f"{digest!r} is not the digest of a stored result.")
        with translate_errors():
            content = self._folders.read(digest, MANIFEST)
        if hashlib.sha256(content).hexdigest() != digest:
            raise ArtifactDamaged(f"The manifest of the stored result {digest[:12]} was changed or damaged.")
        return cast("dict[str, Any]", json.loads(content))


def _is_identity(value: Any) -> bool:
    """Return whether values of this type compare by identity, so that one can be a key."""
    return not type(value).__dataclass_params__.eq


def _kind_of(value: Any) -> ValueKind:
    from tasks.contract.node import VALUE_KINDS

    kind = VALUE_KINDS.get(type(value))
    if kind is None:
        raise ArtifactError(f"A value of type {type(value).__name__} cannot travel on an edge.")
    return kind


def _codec(kind: ValueKind) -> Codec:
    # By name and late: reading the JSON files of an artifact must not load NumPy.
    return cast("Codec", importlib.import_module(f"tasks.artifacts.codecs.{kind}"))

"""Artifacts in an object store. There is no rename: the manifest is written last and makes the artifact whole.

Nobody can lock anything there, but what was written is seen by whoever looks afterwards. So a remover leaves a mark
and then looks whether the manifest is old; a writer writes the manifest and then looks for the mark. At least one of
two who meet sees the other: the remover gives up, or the writer waits until the remover is done and writes again.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tasks.artifacts.errors import ArtifactMissing, StoreUnavailable
from tasks.artifacts.folders import MANIFEST, ArtifactStat
from tasks.local_cache import LocalCache, limit_from_environment

MARK = ".removing"
# A remover that takes longer than this gives up, and a mark that is older was left by one that died.
REMOVER_SECONDS = 60.0
MARK_IS_LEFT_AFTER_SECONDS = 180.0
SECONDS_BETWEEN_LOOKS = 0.5
MOST_WRITES = 3


class RemoteFolders:
    """Artifacts at any URL that fsspec opens and that is not a local folder."""

    def __init__(self, filesystem: Any, root: str) -> None:
        self.filesystem = filesystem
        self.root = root
        folder = Path(tempfile.gettempdir()) / f"lepton-artifacts-{os.getuid()}"
        self._cache = LocalCache(folder, limit_from_environment())

    def has(self, digest: str) -> bool:
        """Return whether the whole artifact is there."""
        self.filesystem.invalidate_cache()  # it remembers what folders held, and others remove
        try:
            self.filesystem.info(self._at(digest, MANIFEST))  # `exists` says no when the store does not answer
        except FileNotFoundError:
            return False
        return True

    def write(self, digest: str, files: Mapping[str, bytes]) -> None:
        """Write all files of an artifact; when it is there already, it only counts as new again."""
        if self.renew(digest):
            return
        for _ in range(MOST_WRITES):
            for name in sorted(files, key=lambda name: name == MANIFEST):
                place = self._at(digest, name)
                self.filesystem.makedirs(place.rsplit("/", 1)[0], exist_ok=True)
                self.filesystem.pipe_file(place, files[name])
            if self._stays(digest, set(files)):
                return
        raise StoreUnavailable(f"The result {digest[:12]} was removed again and again while it was written.")

    def read(self, digest: str, name: str) -> bytes:
        """Return one file. Raises `ArtifactMissing`."""
        try:
            return bytes(self.filesystem.cat_file(self._at(digest, name)))
        except FileNotFoundError as error:
            raise ArtifactMissing(f"The stored result {digest[:12]} has no file {name}.") from error

    def path(self, digest: str, name: str) -> Path:
        """Return a local copy of one file. Raises `ArtifactMissing`."""
        return self._cache.path(f"{digest}/{name}", lambda part: part.write_bytes(self.read(digest, name)))

    def set_aside(self, digest: str, name: str) -> None:  # noqa: ARG002 - a damaged copy says nothing of the original
        """Forget the local copies, so that they are downloaded again."""
        self._cache.remove(digest)

    def delete(self, digest: str) -> None:
        """Remove an artifact, its manifest first."""
        if self.has(digest):
            self.filesystem.rm_file(self._at(digest, MANIFEST))
        with contextlib.suppress(FileNotFoundError):
            self.filesystem.rm(self._folder(digest), recursive=True)
        self._cache.remove(digest)

    def digests(self) -> Iterator[str]:
        """Iterate over every artifact that is there."""
        for place in self.filesystem.glob(f"{self.root}/*/*/{MANIFEST}"):
            *_, head, tail, _ = place.split("/")
            yield head + tail

    def renew(self, digest: str, *, waits: bool = True) -> bool:
        """Count an artifact as new again; ``False`` when it is not there.

        Args:
            waits: For somebody who is removing it; else it counts as not there.
        """
        place = self._at(digest, MANIFEST)
        try:
            manifest = self.filesystem.cat_file(place)
        except FileNotFoundError:
            return False
        try:
            names = {*json.loads(manifest)["files"], MANIFEST}
        except (ValueError, KeyError, TypeError):  # damaged: written anew by whoever has the value
            return False
        self.filesystem.pipe_file(place, manifest)
        return self._stays(digest, names, waits=waits)

    def scan(self) -> dict[str, ArtifactStat]:
        """Return every artifact that is there, and every one of which only a part is, by digest."""
        self.filesystem.invalidate_cache()
        found: dict[str, dict[str, Mapping[str, Any]]] = {}
        for place, about in self.filesystem.find(self.root, detail=True).items():
            head, _, rest = place.removeprefix(f"{self.root}/").partition("/")
            tail, _, name = rest.partition("/")
            if len(head) == 2 and name:  # else an upload or a checkpoint
                found.setdefault(head + tail, {})[name] = about
        return {digest: _stat(files) for digest, files in found.items()}

    def delete_older(self, digest: str, seconds: float) -> bool:
        """Remove an artifact unless it was written, or counted as new again, in the last seconds."""
        before = time.time() - seconds
        if not self._is_older(digest, before):
            return False
        began = time.monotonic()
        mark = self._at(digest, MARK)
        self.filesystem.pipe_file(mark, b"-")
        if not self._is_older(digest, before) or time.monotonic() - began > REMOVER_SECONDS:
            self.filesystem.rm_file(mark)
            return False
        manifest = self._at(digest, MANIFEST)
        with contextlib.suppress(FileNotFoundError):
            self.filesystem.rm_file(manifest)
        for place in self._listed(digest).keys() - {manifest, mark}:
            self.filesystem.rm_file(place)
        self.filesystem.rm_file(mark)  # last: until then no writer takes what is left for an artifact
        self._cache.remove(digest)
        return True

    def _stays(self, digest: str, names: set[str], *, waits: bool = True) -> bool:
        """Return whether the artifact, just written, is complete and not being removed."""
        mark = self._at(digest, MARK)
        while (about := self._listed(digest)).get(mark) is not None:
            if _moment(about[mark]) < time.time() - MARK_IS_LEFT_AFTER_SECONDS:
                with contextlib.suppress(FileNotFoundError):
                    self.filesystem.rm_file(mark)
            elif not waits:
                return False
            else:
                time.sleep(SECONDS_BETWEEN_LOOKS)
        return {self._at(digest, name) for name in names} <= about.keys()

    def _is_older(self, digest: str, before: float) -> bool:
        files = {place.removeprefix(f"{self._folder(digest)}/"): about for place, about in self._listed(digest).items()}
        return bool(files) and _stat(files).renewed_at <= before

    def _listed(self, digest: str) -> dict[str, Mapping[str, Any]]:
        self.filesystem.invalidate_cache()
        return dict(self.filesystem.find(self._folder(digest), detail=True))

    def _folder(self, digest: str) -> str:
        return f"{self.root}/{digest[:2]}/{digest[2:]}"

    def _at(self, digest: str, name: str) -> str:
        return f"{self._folder(digest)}/{name}"


def _stat(files: Mapping[str, Mapping[str, Any]]) -> ArtifactStat:
    """Return size and age of an artifact; the age of an incomplete one is that of its newest file."""
    size = sum(int(about["size"] or 0) for about in files.values())
    if MANIFEST in files:
        return ArtifactStat(size, _moment(files[MANIFEST]))
    moments = [_moment(about) for name, about in files.items() if name != MARK or len(files) == 1]
    return ArtifactStat(size, max(moments), is_complete=False)


def _moment(about: Mapping[str, Any]) -> float:
    """Return when a file was written; now, if the object store does not say."""
    moment = about.get("LastModified") or about.get("mtime") or about.get("created") or time.time()
    return float(moment.timestamp()) if hasattr(moment, "timestamp") else float(moment)

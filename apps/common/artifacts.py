"""Reading files of stored artifacts in the web processes, which load no codec and no numerical library."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import sys
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.common.errors import ApplicationError
from tasks.artifacts.errors import ArtifactDamaged, ArtifactError, ArtifactMissing, StoreUnavailable
from tasks.artifacts.folders import MANIFEST, Folders, LocalFolders, open_folders, translate_errors
from tasks.graph.messages import Message

logger = logging.getLogger(__name__)

DIGEST = re.compile(r"[0-9a-f]{64}")
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
GONE = "result_gone"
DAMAGED = "result_damaged"
MOST_HASHED_BYTES = 64 * 1024 * 1024
"""Of a file that is looked at only to see whether its result may be used again; of a larger one the size is."""
MOST_REMEMBERED = 20_000
MOST_ASKED_AT_ONCE = 16


def read_json(digest: str, name: str) -> Any:
    """Return the content of a JSON file of an artifact. Raises ``ApplicationError``, as `local_path`."""
    return json.loads(local_path(digest, name).read_bytes())


def local_path(digest: str, name: str) -> Path:
    """Return a path where a file of an artifact can be read, downloaded first when the store is remote.

    Its hash is checked, once in this process while the file does not change. A file that is not what was written is set
    aside, so that nobody reads it again and whoever makes the result anew writes it anew.

    Raises:
        ApplicationError: 404, there is no such artifact or file; 410, it is damaged.
    """
    if not FILE_NAME.fullmatch(name) or not is_stored(digest):
        raise artifact_missing()
    folders = _folders(settings.LEPTON_ARTIFACTS_URL)
    try:
        expected = digest if name == MANIFEST else _manifest(folders, digest)["files"].get(name)
        if expected is None:
            raise artifact_missing()
        try:
            path = folders.path(digest, name)
        except ArtifactMissing:
            raise ArtifactDamaged(f"The file {name} of the stored result {digest[:12]} is missing.") from None
        if not _is_sound(path, expected):
            folders.set_aside(digest, name)
            raise ArtifactDamaged(f"The file {name} of the stored result {digest[:12]} was changed or damaged.")
    except ArtifactMissing:
        raise artifact_missing() from None
    except ArtifactDamaged as error:
        logger.error("%s", error)
        raise artifact_damaged() from None
    return path


def is_stored(digest: str) -> bool:
    """Return whether an artifact is in the store; a copy in the local cache does not count.

    A store elsewhere that does not answer has lost nothing: true then, so that copies are shown meanwhile.
    """
    if not DIGEST.fullmatch(digest):
        return False
    try:
        with translate_errors():
            return _folders(settings.LEPTON_ARTIFACTS_URL).has(digest)
    except StoreUnavailable as error:
        logger.warning("%s", error)
        return True


def are_stored(digests: Collection[str]) -> set[str]:
    """Return which of these artifacts are in the store; asks a store elsewhere for several at a time."""
    wanted = list(dict.fromkeys(digests))
    if len(wanted) < 2 or isinstance(_folders(settings.LEPTON_ARTIFACTS_URL), LocalFolders):
        return {digest for digest in wanted if is_stored(digest)}
    with ThreadPoolExecutor(max_workers=MOST_ASKED_AT_ONCE, thread_name_prefix="stored") as pool:
        return {digest for digest, is_there in zip(wanted, pool.map(is_stored, wanted), strict=True) if is_there}


def verify(digest: str) -> None:
    """Check every file of an artifact on a local disk; from a store elsewhere, a model is too large to be asked for.

    Raises:
        ApplicationError: 404, it is not stored; 410, it is damaged.
    """
    read_json(digest, MANIFEST)
    folders = _folders(settings.LEPTON_ARTIFACTS_URL)
    if isinstance(folders, LocalFolders) and not _is_whole(folders, digest, hashed_bytes=sys.maxsize):
        raise artifact_damaged()


def are_reusable(digests: Collection[str]) -> set[str]:
    """Return which of these artifacts are stored and, where the store is a local disk, not damaged as far as is seen.

    Every file is there with its size, and the smaller ones have their hash. An object store checks its files itself.
    """
    stored, folders = are_stored(digests), _folders(settings.LEPTON_ARTIFACTS_URL)
    if not isinstance(folders, LocalFolders):
        return stored
    return {digest for digest in stored if _is_whole(folders, digest, hashed_bytes=MOST_HASHED_BYTES)}


def _is_whole(folders: Folders, digest: str, *, hashed_bytes: int) -> bool:
    """Return whether every file is there with its size, and those up to ``hashed_bytes`` with their hash."""
    try:
        manifest = _manifest(folders, digest)
        paths = [(folders.path(digest, name), expected) for name, expected in manifest["files"].items()]
    except ArtifactError as error:
        logger.warning("a result is not used: %s", error)
        return False
    sizes = [path.stat().st_size for path, _ in paths]
    is_whole = sum(sizes) == manifest["bytes"] and all(
        size > hashed_bytes or _is_sound(path, expected) for size, (path, expected) in zip(sizes, paths, strict=True)
    )
    if not is_whole:
        logger.warning("a result is not used, for it is damaged: %s", digest)
    return is_whole


def _manifest(folders: Folders, digest: str) -> dict[str, Any]:
    content = folders.path(digest, MANIFEST).read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ArtifactDamaged(f"The manifest of the stored result {digest[:12]} was changed or damaged.")
    manifest: dict[str, Any] = json.loads(content)
    return manifest


def _is_sound(path: Path, expected: str) -> bool:
    """Return whether a file has its hash; it is not read again while its size and time stay."""
    about = path.stat()
    seen = (about.st_size, about.st_mtime_ns, about.st_ino, expected)
    if _sound.get(path) == seen:
        return True
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != expected:
            return False
    if len(_sound) >= MOST_REMEMBERED:
        _sound.clear()
    _sound[path] = seen
    return True


def renew(digest: str) -> bool:
    """Keep an artifact from being removed to free space for a while; ``False`` when it is not there any more.

    Who is about to remove it is not waited for: a request would hang as long.
    """
    return _folders(settings.LEPTON_ARTIFACTS_URL).renew(digest, waits=False)


def artifact_missing() -> ApplicationError:
    """Return the refusal for a result that is no longer stored."""
    message = Message("result.not_stored", "This result is no longer stored. Run the graph again to make it anew.")
    return ApplicationError(GONE, message, 404)


def artifact_damaged() -> ApplicationError:
    """Return the refusal for a result whose files are not what was written."""
    message = Message("result.damaged", "This stored result is damaged. Run the graph again to make it anew.")
    return ApplicationError(DAMAGED, message, 410)


_sound: dict[Path, tuple[int, int, int, str]] = {}
"""What was checked of each file: its size, its time, its number on the disk, and its hash."""


@lru_cache(maxsize=4)
def _folders(url: str) -> Folders:
    return open_folders(url)

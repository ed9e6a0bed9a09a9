"""Reading files of stored artifacts without the engine: ``<store>/ab/cdef…/<file>``, addressed by content."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.common.errors import ApplicationError
from tasks.graph.messages import Message
from tasks.local_cache import GIGABYTE, LocalCache

logger = logging.getLogger(__name__)

DIGEST = re.compile(r"[0-9a-f]{64}")
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
GONE = "result_gone"
MOST_ASKED_AT_ONCE = 16


def read_json(digest: str, name: str) -> Any:
    """Return the content of a JSON file of an artifact. Raises ``ApplicationError`` (404) when it is gone."""
    return json.loads(local_path(digest, name).read_bytes())


def local_path(digest: str, name: str) -> Path:
    """Return a path where a file of an artifact can be read, downloaded first when the store is remote.

    Raises:
        ApplicationError: 404, there is no such artifact or file.
    """
    if not DIGEST.fullmatch(digest) or not FILE_NAME.fullmatch(name):
        raise artifact_missing()
    place = f"{digest[:2]}/{digest[2:]}/{name}"
    filesystem, root = _store(settings.LEPTON_ARTIFACTS_URL)
    if filesystem is None:
        path = Path(root) / place
        if not path.is_file():
            raise artifact_missing()
        return path
    source = f"{root.rstrip('/')}/{place}"
    cache = _local_cache(Path(settings.LEPTON_DATA_DIR))
    if cache.has(place) and not is_stored(digest):
        cache.remove(f"{digest[:2]}/{digest[2:]}")
        raise artifact_missing()
    try:
        return cache.path(place, lambda part: filesystem.get_file(source, str(part)))
    except FileNotFoundError:
        raise artifact_missing() from None


def is_stored(digest: str) -> bool:
    """Return whether an artifact is in the store; a copy in the local cache does not count.

    A store elsewhere that does not answer has lost nothing: true then, so that copies are shown meanwhile.
    """
    if not DIGEST.fullmatch(digest):
        return False
    filesystem, root = _store(settings.LEPTON_ARTIFACTS_URL)
    manifest = f"{root.rstrip('/')}/{digest[:2]}/{digest[2:]}/manifest.json"
    if filesystem is None:
        return Path(manifest).is_file()
    filesystem.invalidate_cache()  # it remembers what folders held
    try:
        filesystem.info(manifest)
    except FileNotFoundError:
        return False
    except Exception as error:  # each object store has errors of its own
        logger.warning("the store of results does not answer: %s", error)
    return True


def are_stored(digests: Collection[str]) -> set[str]:
    """Return which of these artifacts are in the store; asks a store elsewhere for several at a time."""
    wanted = list(dict.fromkeys(digests))
    if len(wanted) < 2 or _store(settings.LEPTON_ARTIFACTS_URL)[0] is None:
        return {digest for digest in wanted if is_stored(digest)}
    with ThreadPoolExecutor(max_workers=MOST_ASKED_AT_ONCE, thread_name_prefix="stored") as pool:
        return {digest for digest, is_there in zip(wanted, pool.map(is_stored, wanted), strict=True) if is_there}


def renew(digest: str) -> bool:
    """Keep an artifact from being removed to free space for a while; ``False`` when it is not there any more."""
    filesystem, root = _store(settings.LEPTON_ARTIFACTS_URL)
    try:
        if filesystem is None:
            os.utime(Path(root) / digest[:2] / digest[2:] / "manifest.json")
        else:
            return _renew_elsewhere(filesystem, f"{root.rstrip('/')}/{digest[:2]}/{digest[2:]}")
    except FileNotFoundError:
        return False
    return True


def _renew_elsewhere(filesystem: Any, folder: str) -> bool:
    """Write the manifest again, then look whether all is there and nobody is about to remove it."""
    manifest = filesystem.cat_file(f"{folder}/manifest.json")
    filesystem.pipe_file(f"{folder}/manifest.json", manifest)
    filesystem.invalidate_cache()
    there = {place.removeprefix(f"{folder}/") for place in filesystem.find(folder)}
    return ".removing" not in there and json.loads(manifest)["files"].keys() <= there


def artifact_missing() -> ApplicationError:
    """Return the refusal for a result that is no longer stored."""
    message = Message("result.not_stored", "This result is no longer stored. Run the graph again to make it anew.")
    return ApplicationError(GONE, message, 404)


@lru_cache(maxsize=4)
def _store(url: str) -> tuple[Any, str]:
    """Return the filesystem and the root of the store; no filesystem for a local folder."""
    import fsspec

    filesystem, root = fsspec.core.url_to_fs(url)
    protocols = (filesystem.protocol,) if isinstance(filesystem.protocol, str) else filesystem.protocol
    return (None if "file" in protocols else filesystem), root


@lru_cache(maxsize=4)
def _local_cache(data_folder: Path) -> LocalCache:
    return LocalCache(data_folder / "fetched", settings.LEPTON_LOCAL_CACHE_GB * GIGABYTE)

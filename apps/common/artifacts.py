"""Reading files of stored artifacts in the web processes, which load no codec and no numerical library."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.common.errors import ApplicationError
from tasks.artifacts.errors import ArtifactMissing, StoreUnavailable
from tasks.artifacts.folders import Folders, LocalFolders, open_folders, translate_errors
from tasks.graph.messages import Message

logger = logging.getLogger(__name__)

DIGEST = re.compile(r"[0-9a-f]{64}")
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
GONE = "result_gone"
MOST_ASKED_AT_ONCE = 16


def read_json(digest: str, name: str) -> Any:
    """Return the content of a JSON file of an artifact. Raises ``ApplicationError`` (404) when it is not stored."""
    return json.loads(local_path(digest, name).read_bytes())


def local_path(digest: str, name: str) -> Path:
    """Return a path where a file of an artifact can be read, downloaded first when the store is remote.

    Raises:
        ApplicationError: 404, there is no such artifact or file.
    """
    if not FILE_NAME.fullmatch(name) or not is_stored(digest):
        raise artifact_missing()
    try:
        return _folders(settings.LEPTON_ARTIFACTS_URL).path(digest, name)
    except ArtifactMissing:
        raise artifact_missing() from None


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


def renew(digest: str) -> bool:
    """Keep an artifact from being removed to free space for a while; ``False`` when it is not there any more.

    Who is about to remove it is not waited for: a request would hang as long.
    """
    return _folders(settings.LEPTON_ARTIFACTS_URL).renew(digest, waits=False)


def artifact_missing() -> ApplicationError:
    """Return the refusal for a result that is no longer stored."""
    message = Message("result.not_stored", "This result is no longer stored. Run the graph again to make it anew.")
    return ApplicationError(GONE, message, 404)


@lru_cache(maxsize=4)
def _folders(url: str) -> Folders:
    return open_folders(url)

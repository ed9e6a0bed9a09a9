"""Where uploaded files are kept for reading: in the data folder, or with the results when those lie elsewhere.

A worker on another machine shares no disk with this one, but it reads the store of results. A row holds the name of its
file and nothing of where that lies: the same database works in any data folder, and a copy of it that is tried out on
the same machine never reaches the files of the original.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.common.errors import ApplicationError
from tasks.graph.messages import Message

logger = logging.getLogger(__name__)

FOLDER = "uploads"
LOCAL_FOLDER = "files"


def store(path: Path, name: str) -> str:
    """Keep a whole file that has arrived at ``path`` under a name of ours, and return what a row keeps of it: the name.

    The file at ``path`` stays: until the row that names the new place is committed, the process may be killed, and
    whoever tries again needs it. In the data folder the two are one file with two names.

    Raises:
        ApplicationError: 503, the store does not take it.
    """
    remote = _remote_folder()
    if remote is None:
        kept = _local_folder() / name
        kept.parent.mkdir(parents=True, exist_ok=True)
        os.utime(path)  # a place that no row names is removed by this time
        try:
            kept.hardlink_to(path)
        except OSError:  # a file system without hard links
            shutil.copyfile(path, kept)
        return name
    place = f"{remote}/{name}"
    try:
        filesystem, there = _opened(place)
        filesystem.put_file(str(path), there)
    except Exception as error:  # each object store has errors of its own
        logger.warning("an uploaded file could not be stored: %s", error)
        message = Message("storage.silent", "The store of files did not answer. Try again in a moment.")
        raise ApplicationError("store_silent", message, 503) from error
    return name


def locate(place: str) -> str:
    """Return where this installation has the file of this name: a path, or a URL.

    Only the last part of ``place`` counts. Rows of earlier versions hold a whole path or URL, which may be that of the
    installation that a backup was made of.
    """
    name = place.rpartition("/")[2]
    local = _local_folder() / name if name not in {"", ".", ".."} else _local_folder()
    remote = _remote_folder()
    # One that was stored before the results were moved elsewhere is still here.
    return str(local) if remote is None or local.is_file() else f"{remote}/{name}"


def exists(place: str) -> bool:
    """Return whether the file is there."""
    located = locate(place)
    if "://" not in located:
        return Path(located).is_file()
    filesystem, there = _opened(located)
    return bool(filesystem.exists(there))


def remove(place: str) -> None:
    """Remove a file; no error when it does not exist."""
    located = locate(place)
    if "://" not in located:
        Path(located).unlink(missing_ok=True)
        return
    try:
        filesystem, there = _opened(located)
        filesystem.rm_file(there)
    except FileNotFoundError:
        return
    except Exception as error:  # noqa: BLE001 - the row is gone already, and a file that stays harms nobody
        logger.warning("the uploaded file %s could not be removed: %s", located, error)


def stored_before(time: float) -> list[str]:
    """Return the names of files stored before this time, in seconds since 1970; none when the store does not answer."""
    remote = _remote_folder()
    try:
        if remote is None:
            return [path.name for path in _local_folder().iterdir() if path.stat().st_mtime < time]
        filesystem, there = _opened(remote)
        filesystem.invalidate_cache()  # fsspec would list what it saw before
        names = [str(path).rpartition("/")[2] for path in filesystem.ls(there, detail=False)]
        return [name for name in names if name and filesystem.modified(f"{there}/{name}").timestamp() < time]
    except FileNotFoundError:
        return []
    except Exception as error:  # noqa: BLE001 - each object store has errors of its own
        logger.warning("the uploaded files could not be listed: %s", error)
        return []


def _local_folder() -> Path:
    return Path(settings.UPLOAD_DIR) / LOCAL_FOLDER


def _remote_folder() -> str | None:
    """Return the URL of the folder of uploaded files; ``None`` when they lie in the data folder."""
    url = str(settings.LEPTON_ARTIFACTS_URL)
    return None if "://" not in url or url.startswith("file://") else f"{url.rstrip('/')}/{FOLDER}"


def _opened(place: str) -> tuple[Any, str]:
    import fsspec

    filesystem, there = fsspec.core.url_to_fs(place)
    return filesystem, there

"""Folders of attempts: each is removed when its attempt ends, or later if the worker died before."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from django.conf import settings

from apps.runs.models import NodeRun

DRAFT_LIFETIME_SECONDS = 3600.0


def folder_of(node: NodeRun) -> str:
    """Return the folder of an attempt, which may not exist."""
    return f"{settings.LEPTON_DATA_DIR}/attempts/{node.pk}-{node.attempt}"  # not a `Path`: made for every short node


def remove(node: NodeRun) -> None:
    """Remove the folder of an attempt."""
    folder = folder_of(node)
    if os.path.exists(folder):  # noqa: PTH110 - as above
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale() -> int:
    """Remove folders of attempts that are not running, and unfinished drafts of artifacts; return how many."""
    # Listed before the rows are read, so that the folder of an attempt that starts in between is not in the list.
    folders = {path.name: path for path in _attempts().glob("*-*")}
    if folders:
        running = NodeRun.objects.filter(state=NodeRun.State.RUNNING).values_list("pk", "attempt")
        for key, attempt in running:
            folders.pop(f"{key}-{attempt}", None)
    stale = [*folders.values(), *_old_drafts()]
    for path in stale:
        shutil.rmtree(path, ignore_errors=True)
    return len(stale)


def _old_drafts() -> list[Path]:
    store = Path(settings.LEPTON_ARTIFACTS_URL)
    limit = time.time() - DRAFT_LIFETIME_SECONDS
    old = []
    for path in store.glob(".draft-*") if store.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):  # renamed into place since it was listed
            # ctime, not mtime: an artifact that is being removed was renamed to a draft and keeps its old mtime.
            if path.stat().st_ctime < limit:
                old.append(path)
    return old


def _attempts() -> Path:
    return Path(settings.LEPTON_DATA_DIR) / "attempts"

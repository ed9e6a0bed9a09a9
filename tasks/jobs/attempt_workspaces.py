"""Folders of attempts: one for each, gone when it ends, removed later when its worker died before it could."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from django.conf import settings

from apps.runs.models import NodeRun

DRAFTS_ARE_OLD_AFTER_SECONDS = 3600.0


def folder_of(node: NodeRun) -> str:
    """Return where the attempt may write; it need not be there."""
    return f"{settings.LEPTON_DATA_DIR}/attempts/{node.pk}-{node.attempt}"  # not a `Path`: made for every short node


def remove(node: NodeRun) -> None:
    """Remove what the attempt left, however it ended."""
    folder = folder_of(node)
    if os.path.exists(folder):  # noqa: PTH110 - as above
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale() -> int:
    """Remove folders of attempts that nobody works on, and results that were never finished; return how many."""
    # Listed before the rows are read: what begins in between is in neither list.
    folders = {path.name: path for path in _attempts().glob("*-*")}
    if folders:
        running = NodeRun.objects.filter(state=NodeRun.State.RUNNING).values_list("pk", "attempt")
        for key, attempt in running:
            folders.pop(f"{key}-{attempt}", None)
    left = [*folders.values(), *_old_drafts()]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _old_drafts() -> list[Path]:
    store = Path(settings.LEPTON_ARTIFACTS_URL)
    limit = time.time() - DRAFTS_ARE_OLD_AFTER_SECONDS
    old = []
    for path in store.glob(".draft-*") if store.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):  # renamed into place since it was listed
            # Not the time of modification: an artifact renamed to a draft, to be removed, keeps that of long ago.
            if path.stat().st_ctime < limit:
                old.append(path)
    return old


def _attempts() -> Path:
    return Path(settings.LEPTON_DATA_DIR) / "attempts"

"""Folders of attempts: each is removed when its attempt ends, or later if the worker died before."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

from django.conf import settings

from apps.runs.models import UNFINISHED, NodeRun

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
    for name in _running(folders):
        folders.pop(name, None)
    stale = [*folders.values(), *_old_drafts()]
    for path in stale:
        shutil.rmtree(path, ignore_errors=True)
    return len(stale)


def _running(names: Iterable[str]) -> list[str]:
    """Return the names of folders whose attempt runs: at the node itself, or at one of the chain that it heads.

    One process runs the nodes of a fused chain, in the folder of the first, and the first is done long before the last.
    """
    keys = [int(key) for key in (name.partition("-")[0] for name in names) if key.isdigit()]
    runs = NodeRun.objects.filter(pk__in=keys, run__state__in=UNFINISHED).values_list("run_id", flat=True)
    fields = NodeRun.objects.filter(run__in=[*runs]).only("run_id", "node", "state", "attempt", "successors")
    nodes = {(node.run_id, node.node): node for node in fields}
    return [f"{node.pk}-{node.attempt}" for node in nodes.values() if node.pk in keys and _is_running(node, nodes)]


def _is_running(head: NodeRun, nodes: Mapping[tuple[uuid.UUID, str], NodeRun]) -> bool:
    node: NodeRun | None = head
    while node is not None and node.state == NodeRun.State.DONE and len(node.successors) == 1:
        node = nodes.get((node.run_id, node.successors[0]))
    return node is not None and node.state == NodeRun.State.RUNNING


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

"""Removes unreferenced artifacts: of deleted graphs, data sets and models, and of interrupted writes.

A node's result is stored before its row refers to it, and the time between may be long: the database is unavailable,
the machine sleeps. So only artifacts that were stored an hour before the start of the oldest attempt that may still
commit are considered, and of those only what no row refers to, directly or through another artifact. An attempt that
stores the same content again renews its date, and it stays.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from django.db.models import Min

from apps.datasets.models import DatasetVersion
from apps.runs.models import Run
from tasks.artifacts.folders import ArtifactStat
from tasks.jobs import artifact_references
from tasks.jobs.eviction import GRACE_SECONDS, EvictionResult, OnProgress, StoreSnapshot, remove


def collect_garbage(stored: Mapping[str, ArtifactStat], *, on_progress: OnProgress | None = None) -> EvictionResult:
    """Remove unreferenced artifacts.

    Args:
        stored: All artifacts of the store.
        on_progress: Called after each batch with what it removed.
    """
    before = _oldest_uncommitted()
    old = [digest for digest, one in stored.items() if one.renewed_at < before]
    if not old:
        return EvictionResult()
    uses = artifact_references.artifact_usage()
    roots = artifact_references.referenced() | artifact_references.pinned() | uses.needed_by_running
    # The table of a deleted data set is also a result of the first node of its runs, which does not keep it.
    results = uses.rows.keys() - artifact_references.tables_of_deleted_datasets()
    starts = roots | results
    if starts.issuperset(old):
        return EvictionResult()
    references = artifact_references.references(stored)
    needed = artifact_references.transitive_closure(starts, references)
    unreferenced = [digest for digest in old if digest not in needed]
    return remove(
        unreferenced,
        math.inf,
        time.time() - before,
        snapshot=StoreSnapshot(stored, uses, references),
        on_progress=on_progress,
    )


def _oldest_uncommitted() -> float:
    """Return the time (seconds since 1970) since when an artifact may have been stored that no row refers to yet."""
    under_way = Run.objects.unfinished().aggregate(began=Min("started_at"))["began"]
    reading = DatasetVersion.objects.unfinished().aggregate(began=Min("created_at"))["began"]
    moments: list[float] = [moment.timestamp() for moment in (under_way, reading) if moment is not None]
    return min([time.time(), *moments]) - GRACE_SECONDS

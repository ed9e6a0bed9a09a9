"""Removes artifacts that nothing names any more: of deleted graphs, data sets and models, and of cut-off writes.

A node's result lies in the store before its row names it, and what lies between may take long: the database is away,
the machine sleeps. So only what was put an hour before the oldest attempt that may still commit began is looked at,
and of that only what no row names, directly or through what another artifact refers to. An attempt that puts the
same content again makes it new, and the store then keeps it.
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
    """Remove what nothing names any more.

    Args:
        stored: What lies in the store.
        on_progress: Called with what was removed, again and again.
    """
    before = _nobody_writes_before()
    old = [address for address, one in stored.items() if one.renewed_at < before]
    if not old:
        return EvictionResult()
    uses = artifact_references.artifact_usage()
    named = artifact_references.referenced() | artifact_references.pinned() | uses.needed_by_running
    # The table of a deleted data set is what the first node of each of its runs gave; that keeps it no longer.
    given = uses.rows.keys() - artifact_references.tables_of_deleted_datasets()
    starts = named | given
    if starts.issuperset(old):
        return EvictionResult()
    references = artifact_references.references(stored)
    needed = artifact_references.transitive_closure(starts, references)
    left = [address for address in old if address not in needed]
    return remove(
        left, math.inf, time.time() - before, snapshot=StoreSnapshot(stored, uses, references), on_progress=on_progress
    )


def _nobody_writes_before() -> float:
    """Return the time, in seconds since 1970, before which nothing was put that may yet be named."""
    under_way = Run.objects.unfinished().aggregate(began=Min("started_at"))["began"]
    reading = DatasetVersion.objects.unfinished().aggregate(began=Min("created_at"))["began"]
    moments: list[float] = [moment.timestamp() for moment in (under_way, reading) if moment is not None]
    return min([time.time(), *moments]) - GRACE_SECONDS

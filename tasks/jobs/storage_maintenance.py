"""Maintenance of the store: garbage collection, eviction over the limit, requested clean-ups, and usage figures.

Every worker calls this every few seconds; a row of the database decides which one does the work.
"""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.common.artifact_fields import referenced_artifacts
from apps.common.clock import ClockJumpDetector, database_now
from apps.common.worker_identity import worker_id
from apps.datasets.models import DatasetVersion
from apps.runs import storage_usage
from apps.runs.models import CleanupRequest
from apps.runs.storage_usage import GIGABYTE
from tasks.artifacts.checkpoints import checkpoints_at
from tasks.artifacts.errors import ArtifactError, StoreUnavailable
from tasks.artifacts.folders import ArtifactStat
from tasks.graph.messages import Message
from tasks.jobs import artifact_references
from tasks.jobs.eviction import EvictionResult, free
from tasks.jobs.execute import leases
from tasks.jobs.garbage_collection import collect_garbage
from tasks.jobs.lease_renewal import HeldLease

logger = logging.getLogger("leptonweb.work")

FREED_TO = 0.9
PAUSE = timedelta(seconds=60)
PAUSE_REMOTE = timedelta(minutes=10)  # listing an object store is slow, and often paid for
COLLECTION_PAUSE = timedelta(minutes=10)
COLLECTION_PAUSE_REMOTE = timedelta(hours=1)
# After the machine slept every artifact looks old, even one that an attempt is about to refer to.
SECONDS_TO_SETTLE = 120.0

_clock = ClockJumpDetector(database_now, SECONDS_TO_SETTLE)


def maintain_if_due() -> None:
    """Do a requested clean-up and what is due, unless another worker does."""
    if _clock.jumped_recently():
        return
    try:
        _clean_up_as_requested()
        is_remote = "://" in settings.LEPTON_ARTIFACTS_URL
        evicts = storage_usage.is_due(storage_usage.EVICTION, PAUSE_REMOTE if is_remote else PAUSE)
        collects = storage_usage.is_due(
            storage_usage.GARBAGE_COLLECTION, COLLECTION_PAUSE_REMOTE if is_remote else COLLECTION_PAUSE
        )
        if evicts or collects:
            _maintain(collects=collects)
    except (ArtifactError, StoreUnavailable) as error:
        logger.warning("results could not be removed from the store, the next pass tries again: %s", error)


def _maintain(*, collects: bool) -> None:
    stored = artifact_references.store().scan()
    if collects:
        freed = collect_garbage(stored)
        _record(CleanupRequest.Reason.GARBAGE, freed)
        stored = artifact_references.store().scan() if freed.removed else stored
    total, limit = _size(stored), settings.LEPTON_CACHE_GB * GIGABYTE
    if limit and total > limit:
        freed = free(stored, total - int(limit * FREED_TO))
        _record(CleanupRequest.Reason.LIMIT, freed)
        stored = artifact_references.store().scan() if freed.removed else stored
    storage_usage.record_usage(usage_of(stored))


def _record(reason: CleanupRequest.Reason, freed: EvictionResult) -> None:
    storage_usage.record_cleanup(reason=reason, removed=freed.removed, freed_bytes=freed.bytes)
    if freed.removed:
        logger.info("%d results were removed (%s), which freed %d bytes", freed.removed, reason, freed.bytes)


def _clean_up_as_requested() -> None:
    """Do the oldest clean-up request and record its result."""
    request = storage_usage.claim(owner=worker_id())
    if request is None:
        return

    def on_progress(freed: EvictionResult) -> None:
        storage_usage.record_progress(request, removed=freed.removed, freed_bytes=freed.bytes)

    with leases.renewing(HeldLease(request)):
        try:
            collect_garbage(artifact_references.store().scan(), on_progress=on_progress)
            if request.unused_days is not None:
                since = timezone.now() - timedelta(days=request.unused_days)
                free(artifact_references.store().scan(), math.inf, unused_since=since, on_progress=on_progress)
            storage_usage.record_usage(usage_of(artifact_references.store().scan()))
        except (ArtifactError, StoreUnavailable) as error:
            message = Message("space.not_all_freed", "Not everything could be freed ({error}).", error=error)
            storage_usage.finish(request, message=message)
            raise
    storage_usage.finish(request)


def usage_of(stored: Mapping[str, ArtifactStat]) -> dict[str, Any]:
    """Return the storage usage by kind: artifacts, uploads and checkpoints."""
    references = artifact_references.references(stored)
    datasets = artifact_references.transitive_closure(referenced_artifacts("datasets"), references)
    models = artifact_references.transitive_closure(referenced_artifacts("registry", "serving"), references) - datasets
    named = {"datasets": datasets, "models": models}
    sizes = {name: sum(stored[at].bytes for at in found if at in stored) for name, found in named.items()}
    files = DatasetVersion.objects.exclude(path="").order_by().values_list("path", "bytes").distinct()
    total = _size(stored)
    return {
        "bytes": total,
        "results": len(stored),
        "used": {
            **sizes,
            "results": total - sum(sizes.values()),
            "uploads": sum(size for _, size in files),
            "checkpoints": checkpoints_at(settings.LEPTON_ARTIFACTS_URL).bytes(),
        },
        "disk_free_bytes": _free_bytes(),
        "looked_at": timezone.now().isoformat(),
    }


def _size(stored: Mapping[str, ArtifactStat]) -> int:
    return sum(one.bytes for one in stored.values())


def _free_bytes() -> int | None:
    """Return the free bytes of the store's disk; ``None`` for an object store."""
    try:
        return shutil.disk_usage(settings.LEPTON_ARTIFACTS_URL).free
    except OSError:
        return None

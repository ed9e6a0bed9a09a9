"""Evicts the least recently used results of finished runs when the store is over its limit.

Nothing is removed that a data set, a published model, an endpoint, a frozen node or an unfinished run needs. The rows
are marked as evicted first, in a transaction that checks the references again: a run created at the same time either
commits first and is seen, or finds the mark and computes the result again. Artifacts stored within the last hour stay,
because a node that is about to finish may refer to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.runs.models import UNFINISHED, NodeRun, Run
from tasks.artifacts.folders import ArtifactStat
from tasks.jobs import artifact_references
from tasks.jobs.artifact_references import ArtifactUsage

GRACE_SECONDS = 3600.0
BATCH_SIZE = 200  # rows are locked while the references of a batch are checked again


@dataclass(frozen=True)
class EvictionResult:
    """What was removed. ``bytes``: size of the files; ``removed``: number of artifacts."""

    bytes: int = 0
    removed: int = 0

    def __add__(self, other: EvictionResult) -> EvictionResult:
        return EvictionResult(self.bytes + other.bytes, self.removed + other.removed)


@dataclass(frozen=True)
class StoreSnapshot:
    """State before anything is removed: the stored artifacts, which runs use them, and their references."""

    stored: Mapping[str, ArtifactStat]
    uses: ArtifactUsage
    references: Mapping[str, frozenset[str]]


OnProgress: TypeAlias = Callable[[EvictionResult], object]


def free(
    stored: Mapping[str, ArtifactStat],
    wanted: float,
    *,
    unused_since: datetime | None = None,
    on_progress: OnProgress | None = None,
) -> EvictionResult:
    """Remove results, least recently used first, until enough is free.

    An artifact that another one refers to stays until that one is removed.

    Args:
        stored: All artifacts of the store.
        wanted: Bytes to free.
        unused_since: Remove only what no run used since then.
        on_progress: Called after each batch with what it removed.
    """
    uses = artifact_references.artifact_usage()
    references = artifact_references.references(stored)
    last = _oldest_first(stored, uses, references)
    order = [digest for digest, moment in last.items() if unused_since is None or moment < unused_since]
    snapshot = StoreSnapshot(stored, uses, references)
    return remove(order, wanted, GRACE_SECONDS, snapshot=snapshot, on_progress=on_progress)


def remove(
    order: Sequence[str],
    wanted: float,
    seconds: float,
    *,
    snapshot: StoreSnapshot,
    on_progress: OnProgress | None = None,
) -> EvictionResult:
    """Remove artifacts until enough is free, except those that became needed meanwhile.

    Args:
        order: Candidates, first to remove first; one that another refers to waits for that one.
        wanted: Bytes to free.
        seconds: Artifacts stored within so many seconds stay.
        snapshot: State of the store and its users before.
        on_progress: Called after each batch with what it removed.
    """
    referrers: dict[str, set[str]] = defaultdict(set)
    for digest, others in snapshot.references.items():
        for other in others:
            referrers[other].add(digest)
    freed, removed_all, attempted = EvictionResult(), set[str](), set[str]()
    while freed.bytes < wanted:
        candidates = [digest for digest in order if digest not in attempted and referrers[digest] <= removed_all]
        batch = _first(candidates, snapshot.stored, wanted - freed.bytes)
        if not batch:
            break
        attempted.update(batch)
        removed = [at for at in _abandon(batch, snapshot) if artifact_references.store().delete_older(at, seconds)]
        removed_all.update(removed)
        step = EvictionResult(sum(snapshot.stored[digest].bytes for digest in removed), len(removed))
        freed += step
        if on_progress is not None:
            on_progress(step)
    return freed


def _first(digests: Iterable[str], stored: Mapping[str, ArtifactStat], wanted: float) -> list[str]:
    """Return as many of the digests as free enough, at most one batch."""
    batch: list[str] = []
    for digest in digests:
        if wanted <= 0 or len(batch) == BATCH_SIZE:
            break
        batch.append(digest)
        wanted -= stored[digest].bytes
    return batch


def _oldest_first(
    stored: Mapping[str, ArtifactStat], uses: ArtifactUsage, references: Mapping[str, frozenset[str]]
) -> dict[str, datetime]:
    """Return the evictable artifacts with their last use, oldest first; using a result uses what it refers to."""
    needed = artifact_references.transitive_closure(
        uses.needed_by_running | artifact_references.pinned() | artifact_references.referenced(), references
    )
    before = timezone.now().timestamp() - GRACE_SECONDS
    last = dict(uses.last)
    for digest, moment in uses.last.items():
        for other in artifact_references.transitive_closure([digest], references):
            last[other] = max(last.get(other, moment), moment)
    old = (digest for digest in last if digest in stored and stored[digest].renewed_at < before)
    candidates = sorted((digest for digest in old if digest not in needed), key=lambda digest: last[digest])
    return {digest: last[digest] for digest in candidates}


def _abandon(batch: list[str], snapshot: StoreSnapshot) -> list[str]:
    """Mark the node runs of these results as evicted, except those needed meanwhile; return the digests marked."""
    uses = snapshot.uses
    with transaction.atomic():
        runs = set().union(*(uses.runs.get(digest, ()) for digest in batch))
        rows = set().union(*(uses.rows.get(digest, ()) for digest in batch))
        locked = Run.objects.select_for_update().filter(pk__in=runs).order_by("pk")
        unfinished = {run for run, state in locked.values_list("pk", "state") if state in UNFINISHED}
        list(NodeRun.objects.select_for_update().filter(pk__in=rows).order_by("pk").values_list("pk"))
        newer = NodeRun.objects.filter(pk__gt=uses.last_row, state=NodeRun.State.DONE).values_list("outputs", flat=True)
        wanted = {
            output["address"] for outputs in newer for output in outputs.values()
        } | artifact_references.referenced()
        wanted |= {digest for digest in batch if uses.runs.get(digest, set()) & unfinished}
        needed = artifact_references.transitive_closure(wanted, snapshot.references)
        evicted = [digest for digest in batch if digest not in needed]
        marked = set().union(*(uses.rows.get(digest, ()) for digest in evicted))
        NodeRun.objects.filter(pk__in=marked, evicted_at=None).update(evicted_at=Now())
    return evicted

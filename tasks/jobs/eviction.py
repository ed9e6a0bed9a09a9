"""Frees space: results of finished runs that were not used for longest are removed when the store is over its limit.

Nothing is removed that a data set, a published model, an endpoint, a frozen node or a run under way needs. The rows
are marked first, in a transaction that looks again at who needs what; a run that is created at that moment either
comes first and is seen, or finds the mark and makes the result anew. Files that were put within the last hour stay,
because a node that is about to be done may count on them.
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
MOST_AT_ONCE = 200  # rows are held while the needs of a batch are looked at again


@dataclass(frozen=True)
class EvictionResult:
    """What went. ``bytes``: size of its files; ``removed``: how many artifacts."""

    bytes: int = 0
    removed: int = 0

    def __add__(self, other: EvictionResult) -> EvictionResult:
        return EvictionResult(self.bytes + other.bytes, self.removed + other.removed)


@dataclass(frozen=True)
class StoreSnapshot:
    """What was found before anything is removed: what lies there, what nodes gave, what each artifact refers to."""

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
    """Remove results, those that were not used for longest first, until enough is free.

    What another result refers to stays until that one is gone.

    Args:
        stored: What lies in the store.
        wanted: Bytes.
        unused_since: Only what no run used since then.
        on_progress: Called with what was removed, again and again.
    """
    uses = artifact_references.artifact_usage()
    references = artifact_references.references(stored)
    last = _oldest_first(stored, uses, references)
    order = [address for address, moment in last.items() if unused_since is None or moment < unused_since]
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
    """Remove artifacts until enough is free, but nothing that anybody came to need meanwhile.

    Args:
        order: What may go, in the order in which it goes; what another refers to waits for that one.
        wanted: Bytes.
        seconds: What was put within so many stays.
        snapshot: What was found before.
        on_progress: Called with what was removed, again and again.
    """
    referrers: dict[str, set[str]] = defaultdict(set)
    for address, others in snapshot.references.items():
        for other in others:
            referrers[other].add(address)
    freed, gone, tried = EvictionResult(), set[str](), set[str]()
    while freed.bytes < wanted:
        free_to_go = [address for address in order if address not in tried and referrers[address] <= gone]
        batch = _first(free_to_go, snapshot.stored, wanted - freed.bytes)
        if not batch:
            break
        tried.update(batch)
        removed = [at for at in _abandon(batch, snapshot) if artifact_references.store().delete_older(at, seconds)]
        gone.update(removed)
        now = EvictionResult(sum(snapshot.stored[address].bytes for address in removed), len(removed))
        freed += now
        if on_progress is not None:
            on_progress(now)
    return freed


def _first(addresses: Iterable[str], stored: Mapping[str, ArtifactStat], wanted: float) -> list[str]:
    """Return as many of the addresses as are enough, or as are looked at together."""
    batch: list[str] = []
    for address in addresses:
        if wanted <= 0 or len(batch) == MOST_AT_ONCE:
            break
        batch.append(address)
        wanted -= stored[address].bytes
    return batch


def _oldest_first(
    stored: Mapping[str, ArtifactStat], uses: ArtifactUsage, references: Mapping[str, frozenset[str]]
) -> dict[str, datetime]:
    """Return what may go with when it was last used, by that; what a result refers to was used when the result was."""
    needed = artifact_references.transitive_closure(
        uses.needed_by_running | artifact_references.pinned() | artifact_references.referenced(), references
    )
    before = timezone.now().timestamp() - GRACE_SECONDS
    last = dict(uses.last)
    for address, moment in uses.last.items():
        for other in artifact_references.transitive_closure([address], references):
            last[other] = max(last.get(other, moment), moment)
    going = (address for address in last if address in stored and stored[address].renewed_at < before)
    free_to_go = sorted((address for address in going if address not in needed), key=lambda address: last[address])
    return {address: last[address] for address in free_to_go}


def _abandon(batch: list[str], snapshot: StoreSnapshot) -> list[str]:
    """Mark the nodes whose results these are; return those that nobody has come to need meanwhile."""
    uses = snapshot.uses
    with transaction.atomic():
        runs = set().union(*(uses.runs.get(address, ()) for address in batch))
        rows = set().union(*(uses.rows.get(address, ()) for address in batch))
        locked = Run.objects.select_for_update().filter(pk__in=runs).order_by("pk")
        going_on = {run for run, state in locked.values_list("pk", "state") if state in UNFINISHED}
        list(NodeRun.objects.select_for_update().filter(pk__in=rows).order_by("pk").values_list("pk"))
        newer = NodeRun.objects.filter(pk__gt=uses.last_row, state=NodeRun.State.DONE).values_list("outputs", flat=True)
        wanted = {
            output["address"] for outputs in newer for output in outputs.values()
        } | artifact_references.referenced()
        wanted |= {address for address in batch if uses.runs.get(address, set()) & going_on}
        needed = artifact_references.transitive_closure(wanted, snapshot.references)
        given_up = [address for address in batch if address not in needed]
        marked = set().union(*(uses.rows.get(address, ()) for address in given_up))
        NodeRun.objects.filter(pk__in=marked, evicted_at=None).update(evicted_at=Now())
    return given_up

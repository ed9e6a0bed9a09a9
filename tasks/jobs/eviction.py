"""Frees space: results of finished runs that were not used for longest are removed when the store is over its limit.

Nothing is removed that a data set, a published model, an endpoint, a frozen node or a run under way needs. The rows
are marked first, in a transaction that looks again at who needs what; a run that is created at that moment either
comes first and is seen, or finds the mark and makes the result anew. Files that were put within the last hour stay,
because a node that is about to be done may count on them.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.graphs.models import Draft, GraphVersion
from apps.runs.models import UNFINISHED, NodeRun, Run, Upkeep
from tasks.artifacts.errors import ArtifactError
from tasks.artifacts.folders import Kept
from tasks.artifacts.store import Store

logger = logging.getLogger("leptonweb.work")

NAME = "eviction"
PAUSE = timedelta(seconds=60)
PAUSE_ELSEWHERE = timedelta(minutes=10)  # listing an object store is slow, and often paid for
GIGABYTE = 1000**3
FREED_TO = 0.9
GRACE_SECONDS = 3600.0


def evict_if_due() -> None:
    """Look whether space has to be freed, unless some worker did lately."""
    pause = PAUSE_ELSEWHERE if "://" in settings.LEPTON_ARTIFACTS_URL else PAUSE
    if not _is_first(pause):
        return
    try:
        kept = _store(settings.LEPTON_ARTIFACTS_URL).kept()
        total = sum(one.bytes for one in kept.values())
        Upkeep.objects.filter(pk=NAME).update(facts={"bytes": total, "results": len(kept)})
        limit = settings.LEPTON_CACHE_GB * GIGABYTE
        if limit and total > limit:
            freed = free(kept, total - int(limit * FREED_TO))
            logger.info("results took %d bytes, over the limit of %d; %d were removed", total, limit, freed)
    except ArtifactError as error:
        logger.warning("space could not be freed: %s", error)


def _is_first(pause: timedelta) -> bool:
    if Upkeep.objects.filter(pk=NAME, due_at__lte=Now()).update(due_at=Now() + pause):
        return True
    if Upkeep.objects.filter(pk=NAME).exists():
        return False
    try:
        with transaction.atomic():
            Upkeep.objects.create(name=NAME, due_at=timezone.now() + pause)
    except IntegrityError:
        return False
    return True


@lru_cache(maxsize=4)
def _store(url: str) -> Store:
    return Store(url)


@dataclass
class Uses:
    """Who uses which artifact.

    Attributes:
        rows: Address to the nodes of finished runs that gave it.
        runs: Address to their runs.
        last: Address to when the newest of these runs began.
        held: Addresses that are needed.
        last_row: Rows up to this one were looked at.
    """

    rows: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    runs: dict[str, set[Any]] = field(default_factory=lambda: defaultdict(set))
    last: dict[str, datetime] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    last_row: int = 0


def free(kept: Mapping[str, Kept], wanted: int) -> int:
    """Remove results, those that were not used for longest first, until enough is free; return the bytes freed.

    What another result refers to stays until that one is gone.
    """
    uses = _uses()
    references = {address: _references(address) for address in kept}
    referrers: dict[str, set[str]] = defaultdict(set)
    for address, others in references.items():
        for other in others:
            referrers[other].add(address)
    order = _oldest_first(kept, uses, references)
    freed, gone, tried = 0, set[str](), set[str]()
    while freed < wanted:
        free_to_go = [address for address in order if address not in tried and referrers[address] <= gone]
        batch = _first(free_to_go, kept, wanted - freed)
        if not batch:
            break
        tried.update(batch)
        for address in _give_up(batch, uses, references):
            if _store(settings.LEPTON_ARTIFACTS_URL).delete_older(address, GRACE_SECONDS):
                gone.add(address)
                freed += kept[address].bytes
    return freed


def _first(addresses: Iterable[str], kept: Mapping[str, Kept], wanted: int) -> list[str]:
    """Return as many of the addresses as are enough."""
    batch: list[str] = []
    for address in addresses:
        if wanted <= 0:
            break
        batch.append(address)
        wanted -= kept[address].bytes
    return batch


def _uses() -> Uses:
    uses = Uses()
    rows = NodeRun.objects.filter(state=NodeRun.State.DONE, evicted_at=None).order_by("pk")
    for key, run, state, began, outputs in rows.values_list(
        "pk", "run_id", "run__state", "run__created_at", "outputs"
    ).iterator():
        uses.last_row = key
        for output in outputs.values():
            address = output["address"]
            if state in UNFINISHED:
                uses.held.add(address)
            uses.rows[address].add(key)
            uses.runs[address].add(run)
            uses.last[address] = max(uses.last.get(address, began), began)
    return uses


def _named() -> set[str]:
    """Return the addresses in columns of that name, of whatever table, and the data sets of runs under way."""
    found: set[str] = set()
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, models.CharField) and (column.name == "address" or column.name.endswith("_address")):
                found.update(model._base_manager.exclude(**{column.name: ""}).values_list(column.name, flat=True))
    for datasets in Run.objects.unfinished().values_list("datasets", flat=True):
        found.update(datasets.values())
    return found


def _frozen() -> set[str]:
    """Return the results that frozen nodes keep: the last each gave in its graph."""
    frozen: set[tuple[Any, str]] = set()
    for model in (Draft, GraphVersion):
        for graph, document in model._base_manager.values_list("graph_id", "document").iterator():
            frozen.update((graph, node["id"]) for node in document.get("nodes", ()) if node.get("is_frozen"))
    found: set[str] = set()
    for graph, node in frozen:
        done = NodeRun.objects.filter(run__graph=graph, node=node, state=NodeRun.State.DONE, evicted_at=None)
        for outputs in done.order_by("-pk").values_list("outputs", flat=True)[:1]:
            found.update(output["address"] for output in outputs.values())
    return found


def _references(address: str) -> frozenset[str]:
    try:
        return frozenset(_store(settings.LEPTON_ARTIFACTS_URL).manifest(address)["references"])
    except ArtifactError:  # removed meanwhile, or damaged: it refers to nothing that could be read through it
        return frozenset()


def _closure(addresses: Iterable[str], references: Mapping[str, frozenset[str]]) -> set[str]:
    reached: set[str] = set()
    frontier = list(addresses)
    while frontier:
        address = frontier.pop()
        if address not in reached:
            reached.add(address)
            frontier.extend(references.get(address, ()))
    return reached


def _oldest_first(kept: Mapping[str, Kept], uses: Uses, references: Mapping[str, frozenset[str]]) -> list[str]:
    """Return what may go, by when it was last used; what a result refers to was used when the result was."""
    needed = _closure(uses.held | _frozen() | _named(), references)
    before = timezone.now().timestamp() - GRACE_SECONDS
    last = dict(uses.last)
    for address, moment in uses.last.items():
        for other in _closure([address], references):
            last[other] = max(last.get(other, moment), moment)
    going = (address for address in last if address in kept and kept[address].renewed_at < before)
    return sorted((address for address in going if address not in needed), key=lambda address: last[address])


def _give_up(batch: list[str], uses: Uses, references: Mapping[str, frozenset[str]]) -> list[str]:
    """Mark the nodes whose results these are; return those that nobody has come to need meanwhile."""
    with transaction.atomic():
        runs = set().union(*(uses.runs[address] for address in batch))
        rows = set().union(*(uses.rows[address] for address in batch))
        locked = Run.objects.select_for_update().filter(pk__in=runs).order_by("pk")
        going_on = {run for run, state in locked.values_list("pk", "state") if state in UNFINISHED}
        list(NodeRun.objects.select_for_update().filter(pk__in=rows).order_by("pk").values_list("pk"))
        newer = NodeRun.objects.filter(pk__gt=uses.last_row, state=NodeRun.State.DONE).values_list("outputs", flat=True)
        wanted = {output["address"] for outputs in newer for output in outputs.values()} | _named()
        wanted |= {address for address in batch if uses.runs[address] & going_on}
        needed = _closure(wanted, references)
        given_up = [address for address in batch if address not in needed]
        marked = set().union(*(uses.rows[address] for address in given_up)) if given_up else set()
        NodeRun.objects.filter(pk__in=marked, evicted_at=None).update(evicted_at=Now())
    return given_up

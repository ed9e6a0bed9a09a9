"""Who needs which artifact: what rows name, what runs gave and take, and what all these refer to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings

from apps.common.artifact_fields import referenced_artifacts
from apps.datasets.models import Dataset
from apps.graphs.models import Draft, GraphVersion
from apps.runs.models import UNFINISHED, NodeRun, Run
from tasks.artifacts.errors import ArtifactError
from tasks.artifacts.store import Store


@lru_cache(maxsize=4)
def store_at(url: str) -> Store:
    """Return the store at a URL; opened once."""
    return Store(url)


def store() -> Store:
    """Return the store that the settings name."""
    return store_at(settings.LEPTON_ARTIFACTS_URL)


@dataclass
class ArtifactUsage:
    """Which nodes of runs gave which artifact.

    Attributes:
        rows: Address to the nodes that gave it and still show it.
        runs: Address to their runs.
        last: Address to when the newest of these runs began.
        needed_by_running: Addresses that runs under way need.
        last_row: Rows up to this one were looked at.
    """

    rows: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    runs: dict[str, set[Any]] = field(default_factory=lambda: defaultdict(set))
    last: dict[str, datetime] = field(default_factory=dict)
    needed_by_running: set[str] = field(default_factory=set)
    last_row: int = 0


def artifact_usage() -> ArtifactUsage:
    """Return what nodes gave, but for what was removed."""
    found = ArtifactUsage()
    rows = NodeRun.objects.filter(state=NodeRun.State.DONE, evicted_at=None).order_by("pk")
    for key, run, state, began, outputs in rows.values_list(
        "pk", "run_id", "run__state", "run__created_at", "outputs"
    ).iterator():
        found.last_row = key
        for output in outputs.values():
            address = output["address"]
            if state in UNFINISHED:
                found.needed_by_running.add(address)
            found.rows[address].add(key)
            found.runs[address].add(run)
            found.last[address] = max(found.last.get(address, began), began)
    return found


def referenced() -> set[str]:
    """Return the artifacts that rows keep: of data sets, models and endpoints, and what runs under way need."""
    return referenced_artifacts()


def pinned() -> set[str]:
    """Return the results that frozen nodes keep: the last each gave in its graph."""
    kept: set[tuple[Any, str]] = set()
    for model in (Draft, GraphVersion):
        for graph, document in model._base_manager.values_list("graph_id", "document").iterator():
            kept.update((graph, node["id"]) for node in document.get("nodes", ()) if node.get("is_frozen"))
    found: set[str] = set()
    for graph, node in kept:
        done = NodeRun.objects.filter(run__graph=graph, node=node, state=NodeRun.State.DONE, evicted_at=None)
        for outputs in done.order_by("-pk").values_list("outputs", flat=True)[:1]:
            found.update(output["address"] for output in outputs.values())
    return found


def tables_of_deleted_datasets() -> set[str]:
    """Return the tables that runs read and whose data sets are gone; a data set that is there may name one too."""
    read: dict[str, set[str]] = defaultdict(set)
    for datasets in Run.objects.values_list("datasets", flat=True).iterator():
        for dataset, address in datasets.items():
            read[dataset].add(address)
    there = {str(key) for key in Dataset.objects.values_list("pk", flat=True)}
    return set().union(*(tables for dataset, tables in read.items() if dataset not in there))


# What an artifact refers to never changes, so its manifest is read once; in an object store each reading is a request.
_known: dict[str, frozenset[str]] = {}


def references_of(address: str) -> frozenset[str]:
    """Return what an artifact refers to."""
    if address not in _known:
        try:
            _known[address] = frozenset(store().manifest(address)["references"])
        except ArtifactError:  # removed meanwhile, or damaged: it refers to nothing that could be read through it
            return frozenset()
    return _known[address]


def references(digests: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return what each artifact refers to."""
    found = {address: references_of(address) for address in digests}
    for address in _known.keys() - found.keys():
        del _known[address]
    return found


def transitive_closure(starts: Iterable[str], references: Mapping[str, frozenset[str]]) -> set[str]:
    """Return the artifacts and whatever they refer to, directly or not."""
    reached: set[str] = set()
    frontier = list(starts)
    while frontier:
        address = frontier.pop()
        if address not in reached:
            reached.add(address)
            frontier.extend(references.get(address, ()))
    return reached

"""Which artifacts are needed: those that rows refer to, results of runs, and what all these refer to."""

from __future__ import annotations

import logging
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

logger = logging.getLogger(__name__)


@lru_cache(maxsize=4)
def store_at(url: str) -> Store:
    """Return the store at a URL; opened once."""
    return Store(url)


def store() -> Store:
    """Return the store that the settings name."""
    return store_at(settings.LEPTON_ARTIFACTS_URL)


@dataclass
class ArtifactUsage:
    """Which node runs produced each artifact.

    Attributes:
        rows: Digest to the node runs that produced it and are not evicted.
        runs: Digest to their runs.
        last: Digest to the creation time of the newest of these runs.
        needed_by_running: Digests that unfinished runs need.
        last_row: The last row that was read.
    """

    rows: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    runs: dict[str, set[Any]] = field(default_factory=lambda: defaultdict(set))
    last: dict[str, datetime] = field(default_factory=dict)
    needed_by_running: set[str] = field(default_factory=set)
    last_row: int = 0


def artifact_usage() -> ArtifactUsage:
    """Return the results of node runs that are not evicted."""
    found = ArtifactUsage()
    rows = NodeRun.objects.filter(state=NodeRun.State.DONE, evicted_at=None).order_by("pk")
    for key, run, state, began, outputs in rows.values_list(
        "pk", "run_id", "run__state", "run__created_at", "outputs"
    ).iterator():
        found.last_row = key
        for output in outputs.values():
            digest = output["address"]
            if state in UNFINISHED:
                found.needed_by_running.add(digest)
            found.rows[digest].add(key)
            found.runs[digest].add(run)
            found.last[digest] = max(found.last.get(digest, began), began)
    return found


def referenced() -> set[str]:
    """Return the artifacts that rows refer to: data sets, models, endpoints, and inputs of unfinished runs."""
    return referenced_artifacts()


def pinned() -> set[str]:
    """Return the results that frozen nodes pin: the last result of each in its graph.

    A document that cannot be read may freeze any node, so all results of its graph are pinned.
    """
    frozen: set[tuple[Any, str]] = set()
    unreadable: set[Any] = set()
    for model in (Draft, GraphVersion):
        for graph, document in model._base_manager.values_list("graph_id", "document").iterator():
            nodes = _frozen_nodes(document)
            if nodes is None:
                unreadable.add(graph)
                _log_unreadable(model._meta.verbose_name, graph)
            else:
                frozen.update((graph, node) for node in nodes)
    results = NodeRun.objects.filter(state=NodeRun.State.DONE, evicted_at=None)
    found: set[str] = set()
    for graph, node in frozen:
        last = results.filter(run__graph=graph, node=node).order_by("-pk").values_list("outputs", flat=True)[:1]
        found.update(_digests(last))
    for graph in unreadable:
        found.update(_digests(results.filter(run__graph=graph).values_list("outputs", flat=True).iterator()))
    return found


def _frozen_nodes(document: Any) -> set[str] | None:
    """Return the ids of the frozen nodes in stored JSON data; ``None`` when that cannot be told."""
    try:
        return {str(node["id"]) for node in document.get("nodes", ()) if node.get("is_frozen")}
    except (AttributeError, KeyError, TypeError):
        return None


def _digests(results: Iterable[Mapping[str, Any]]) -> set[str]:
    return {output["address"] for outputs in results for output in outputs.values()}


_logged_documents: set[tuple[str, Any]] = set()


def _log_unreadable(kind: Any, graph: Any) -> None:
    if (str(kind), graph) in _logged_documents:
        return
    _logged_documents.add((str(kind), graph))
    logger.error("a %s of the graph %s cannot be read: all results of this graph stay in the store", kind, graph)


def tables_of_deleted_datasets() -> set[str]:
    """Return the tables that runs read of data sets that were deleted; an existing data set may refer to one too."""
    read: dict[str, set[str]] = defaultdict(set)
    for datasets in Run.objects.values_list("datasets", flat=True).iterator():
        for dataset, digest in datasets.items():
            read[dataset].add(digest)
    existing = {str(key) for key in Dataset.objects.values_list("pk", flat=True)}
    return set().union(*(tables for dataset, tables in read.items() if dataset not in existing))


# What an artifact refers to never changes, so its manifest is read once; in an object store each reading is a request.
_references: dict[str, frozenset[str]] = {}


def references_of(digest: str) -> frozenset[str]:
    """Return the digests that an artifact refers to."""
    if digest not in _references:
        try:
            _references[digest] = frozenset(store().manifest(digest)["references"])
        except ArtifactError:  # removed meanwhile or damaged: it cannot be read, so it needs nothing
            return frozenset()
    return _references[digest]


def references(digests: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the digests that each artifact refers to."""
    found = {digest: references_of(digest) for digest in digests}
    for digest in _references.keys() - found.keys():
        del _references[digest]
    return found


def transitive_closure(starts: Iterable[str], references: Mapping[str, frozenset[str]]) -> set[str]:
    """Return the artifacts and all that they refer to, directly or indirectly."""
    reached: set[str] = set()
    frontier = list(starts)
    while frontier:
        digest = frontier.pop()
        if digest not in reached:
            reached.add(digest)
            frontier.extend(references.get(digest, ()))
    return reached

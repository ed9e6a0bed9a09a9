"""Details of a model version: its lineage, its deployments, and the consequences of deleting it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.common.artifacts import read_json
from apps.common.errors import ApplicationError
from apps.datasets.models import Dataset, DatasetVersion
from apps.graphs.models import Graph, GraphVersion
from apps.registry.lineage import nodes_leading_to
from apps.registry.models import ModelVersion
from apps.registry.services import deletion_error, reclaimable_bytes


@dataclass(frozen=True)
class TrainingTable:
    """A table that a version was trained on.

    Attributes:
        dataset: Id of its data set.
        name: Of the data set; empty when that was deleted.
        version: Which of its versions; ``None`` when it is not there any more.
        rows: Of that version.
        is_current: Whether the data set still shows this version.
        address: The table in the store, by its content.
    """

    dataset: str
    name: str
    version: int | None
    rows: int | None
    is_current: bool
    address: str


@dataclass(frozen=True)
class SourceGraph:
    """The graph a version was made by; ``is_saved``: whether that version of the graph can still be opened."""

    id: str
    name: str
    version: int
    version_name: str
    is_saved: bool


@dataclass(frozen=True)
class DeploymentStatus:
    """A release of the version. ``role``: ``active``, ``canary``, ``shadow`` or ``former``."""

    endpoint: str
    name: str
    release: int
    role: str
    percent: float | None


@dataclass(frozen=True)
class Deletion:
    """What deleting would do: bytes it frees, former releases that go along, or why it is refused."""

    freed_bytes: int
    releases: int
    refusal: ApplicationError | None


@dataclass(frozen=True)
class VersionDetail:
    """A version with everything its page shows."""

    version: ModelVersion
    sources: list[TrainingTable]
    graph: SourceGraph | None
    nodes: list[dict[str, Any]]
    inputs: list[dict[str, Any]]
    releases: list[DeploymentStatus]
    deletion: Deletion


def version_detail(version: ModelVersion) -> VersionDetail:
    """Return a version with everything its page shows."""
    releases = list(_releases(version))
    former = sum(one.role == "former" for one in releases)
    return VersionDetail(
        version=version,
        sources=_sources(version),
        graph=_graph(version),
        nodes=_nodes(version),
        inputs=_inputs(version),
        releases=releases,
        deletion=Deletion(reclaimable_bytes(version), former, deletion_error(version)),
    )


def _sources(version: ModelVersion) -> list[TrainingTable]:
    """Return the tables it was trained on, each the newest version of that content when the run began."""
    read: dict[str, str] = version.details.get("data") or {}
    rows = Dataset.objects.in_workspace(version.model.workspace_id).filter(pk__in=read)
    known = {str(row.pk): row for row in rows}
    return [_source(known.get(ident), ident, address, version) for ident, address in sorted(read.items())]


def _source(dataset: Dataset | None, ident: str, address: str, version: ModelVersion) -> TrainingTable:
    if dataset is None:
        return TrainingTable(ident, "", None, None, is_current=False, address=address)
    began = version.run.created_at if version.run else version.created_at
    read = DatasetVersion.objects.filter(dataset=dataset, address=address).order_by("-number")
    found = read.filter(created_at__lte=began).first() or read.first()
    if found is None:
        return TrainingTable(ident, dataset.name, None, None, is_current=False, address=address)
    is_current = found.pk == dataset.current_id
    return TrainingTable(ident, dataset.name, found.number, found.rows, is_current=is_current, address=address)


def _graph(version: ModelVersion) -> SourceGraph | None:
    graph: Graph | None = version.model.graph
    if graph is None:
        return None
    saved = GraphVersion.objects.filter(graph=graph, number=version.graph_version).only("name").first()
    return SourceGraph(str(graph.pk), graph.name, version.graph_version, saved.name if saved else "", saved is not None)


def _nodes(version: ModelVersion) -> list[dict[str, Any]]:
    """Return the nodes it was made by; of a version from before they were kept with it, those of its graph."""
    if version.nodes or version.model.graph_id is None:
        return list(version.nodes)
    saved = GraphVersion.objects.filter(graph=version.model.graph_id, number=version.graph_version).first()
    return nodes_leading_to(saved.document, version.model.node) if saved else []


def _inputs(version: ModelVersion) -> list[dict[str, Any]]:
    """Return the raw columns it needs; none when its package is not stored any more."""
    try:
        return list(read_json(version.address, "program.json")["raw_schema"]["columns"])
    except ApplicationError:
        return []


def _releases(version: ModelVersion) -> Iterator[DeploymentStatus]:
    """Iterate over its releases, those that answer first."""
    found = []
    for release in version.releases.select_related("endpoint").order_by("endpoint__name", "-number"):
        endpoint = release.endpoint
        roles = {endpoint.active_id: "active", endpoint.canary_id: "canary", endpoint.shadow_id: "shadow"}
        role = roles.get(release.pk, "former")
        percent = endpoint.canary_percent if role == "canary" else None
        found.append(DeploymentStatus(endpoint.slug, endpoint.name, release.number, role, percent))
    yield from sorted(found, key=lambda one: one.role == "former")

"""Finds what can be deployed: the package that a finished run built of the current draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.common.artifacts import local_path, read_json, renew
from apps.common.errors import ApplicationError
from apps.graphs.documents import read_stored
from apps.graphs.models import Graph
from apps.graphs.sources import datasets_of, source_hashes
from apps.registry.packages import package_bytes
from apps.runs.models import NodeRun, Run
from apps.runs.planning import frozen_results
from tasks.catalogue import catalogue
from tasks.graph.document import Document, GraphNode
from tasks.graph.fingerprint import fingerprints
from tasks.graph.messages import Message, Names

DEPLOY_TYPE = "publish.deploy"
PORT = "endpoint"
MODEL_PARTS = ("task", "target", "classes", "metrics", "scored_on")
DETAIL_PARTS = (*MODEL_PARTS, "learner", "learner_params", "lineage", "features")


@dataclass(frozen=True)
class Package:
    """A package in the store. ``program``, ``parity``: its files of that name."""

    address: str
    program: dict[str, Any]
    parity: dict[str, Any]

    @property
    def model(self) -> dict[str, Any]:
        """The part of the program that an endpoint's page shows."""
        return {part: self.program.get(part) for part in MODEL_PARTS}

    @property
    def details(self) -> dict[str, Any]:
        """The part of the program that the registry stores."""
        return {part: self.program.get(part) for part in DETAIL_PARTS}


@dataclass(frozen=True)
class Built(Package):
    """A package that a Deploy node built of the current draft.

    Attributes:
        bytes: Its size in the store.
        fingerprint: That of the Deploy node.
    """

    node: str
    name: str
    run: Run
    bytes: int
    fingerprint: str


def package_at(address: str) -> Package:
    """Return a package. Raises ``ApplicationError`` (404) when it is not stored any more."""
    return Package(address, program=read_json(address, "program.json"), parity=read_json(address, "parity.json"))


def built_package(graph: Graph, node_id: str = "") -> Built:
    """Return the package that the latest finished run built of the draft's Deploy node.

    Nodes are compared by fingerprint, so moving one does not require a new run, and any other change does. Reads the
    store, so do not call it within a transaction: there `is_current` says whether the package is still current.

    Args:
        graph: The graph whose draft is deployed.
        node_id: Which Deploy node; may be empty when there is one.

    Raises:
        ApplicationError: 409 ``run_first``; 422 when it is not clear what to deploy.
    """
    node, fingerprint = _drawn(graph, node_id)
    done = NodeRun.objects.filter(run__graph=graph, fingerprint=fingerprint, state=NodeRun.State.DONE, evicted_at=None)
    for candidate in done.select_related("run").order_by("-run__number"):
        address = candidate.outputs.get(PORT, {}).get("address", "")
        if address and _is_stored(address) and renew(address):
            return _read(node, candidate.run, address, fingerprint)
    message = Message(
        "deploy.run_first", "What is drawn now has not been run to its end. Press Run, then deploy the result."
    )
    raise ApplicationError("run_first", message, 409)


def is_current(graph: Graph, built: Built) -> bool:
    """Return whether the package is still that of the draft's Deploy node, and not evicted."""
    node, fingerprint = _drawn(graph, built.node)
    results = NodeRun.objects.filter(run=built.run, node=node, state=NodeRun.State.DONE, evicted_at=None)
    return fingerprint == built.fingerprint and results.exists()


def _drawn(graph: Graph, node_id: str) -> tuple[str, str]:
    """Return the id of the draft's Deploy node and its fingerprint."""
    document = read_stored(graph.draft.document).active()
    node = _deploy_node(document, node_id)
    sources = source_hashes(document, datasets_of(document, graph.workspace_id))
    return node.id, fingerprints(document, catalogue(), sources, frozen_results(graph.pk, document))[node.id]


def _deploy_node(document: Document, node_id: str) -> GraphNode:
    candidates = [node for node in document.nodes if _type_of(node) == DEPLOY_TYPE]
    if node_id:
        candidates = [node for node in candidates if node.id == node_id]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        message = Message(
            "deploy.no_node", "There is no Deploy node to publish. Draw one behind a model, then run the graph."
        )
    else:
        message = Message(
            "deploy.several_nodes",
            "The graph has several Deploy nodes: {nodes}. Say which one.",
            nodes=Names(node.title or node.id for node in candidates),
        )
    raise ApplicationError("no_deploy_node", message, 422, [{"at": "node", "message": message}])


def _type_of(node: GraphNode) -> str:
    known = catalogue().find(node.type)
    return known.id if known else node.type


def _is_stored(address: str) -> bool:
    try:
        local_path(address, "program.json")
    except ApplicationError:
        return False
    return True


def _read(node: str, run: Run, address: str, fingerprint: str) -> Built:
    return Built(
        node=node,
        bytes=package_bytes(address),
        fingerprint=fingerprint,
        name=str(read_json(address, "name.json")),
        run=run,
        address=address,
        program=read_json(address, "program.json"),
        parity=read_json(address, "parity.json"),
    )

"""Plans a run from a document: reused results, ready nodes, dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.common.artifacts import are_reusable
from apps.common.errors import ApplicationError
from apps.compute.selectors import has_gpu
from apps.graphs.check import inspect
from apps.graphs.documents import read_document
from apps.graphs.models import Graph
from apps.graphs.sources import datasets_of, source_hashes
from apps.runs.models import NodeRun, Run
from apps.runs.scheduling import set_unmet_dependencies
from tasks.catalogue import catalogue
from tasks.graph.compile import Plan, compile_plan
from tasks.graph.document import Document, GraphNode
from tasks.graph.fingerprint import fingerprints
from tasks.graph.messages import Message, Term, from_json


@dataclass(frozen=True)
class PreparedRun:
    """A graph that may run.

    Attributes:
        datasets: Id to digest.
        results: Fingerprint to an earlier node run.
        estimates: Node to what it expects of rows, columns and parameters, such as its ``seconds``.
    """

    document: Document
    plan: Plan
    datasets: Mapping[str, str]
    results: Mapping[str, NodeRun]
    estimates: Mapping[str, Mapping[str, float]]


def prepare(graph: Graph, document: Mapping[str, Any], *, to: str = "", start: str = "") -> PreparedRun:
    """Return what a run of the document would do.

    Args:
        to: Run only this node and its ancestors; empty for all nodes.
        start: Run this node and its descendants again; empty to reuse all that can be reused.

    Raises:
        ApplicationError: ``graph_invalid``, with every problem and where it is.
    """
    parsed = read_document(document)
    workspace_id = graph.workspace_id
    for way, node in (("to", to), ("from", start)):
        if node and node not in {drawn.id for drawn in parsed.active().nodes}:
            message = Message(
                "run.no_such_node",
                "There is no active node “{node}” to run {way}.",
                node=node,
                way=Term("run.way_to", "to") if way == "to" else Term("run.way_from", "from"),
            )
            raise ApplicationError("graph_invalid", message, 422)
    wanted = _part(parsed, to, start)
    inspected = inspect(document=wanted, workspace_id=workspace_id)
    refuse(inspected.errors)
    known = datasets_of(wanted, workspace_id)
    datasets = {dataset_id: dataset.address for dataset_id, dataset in known.items()}
    sources = source_hashes(parsed, known)
    pinned = {node: known for node, known in frozen_results(graph.pk, parsed).items() if node != start}
    prints = fingerprints(parsed, catalogue(), sources, pinned)
    results = reusable_results(workspace_id, prints.values())
    ends = {"to": to or None, "start": start or None}
    plan = compile_plan(parsed, catalogue(), reusable=results.keys(), prints=prints, **ends)
    return PreparedRun(parsed, plan, datasets, results, inspected.estimates)


def refuse(errors: Sequence[Mapping[str, Any]]) -> None:
    """Raise ``graph_invalid`` when there are errors."""
    if errors:
        names = ("at", "node", "message", "message_id", "message_params")
        shown: list[Any] = [{name: problem[name] for name in names} for problem in errors]
        message = Message(
            "graph.invalid",
            "{count} problems prevent the run: {first}",
            one="1 problem prevents the run: {first}",
            count=len(errors),
            first=from_json(errors[0]),
        )
        raise ApplicationError("graph_invalid", message, 422, shown)


def reusable_results(workspace_id: Any, prints: Iterable[str]) -> dict[str, NodeRun]:
    """Return finished node runs of the workspace whose results are in the store and whole, by fingerprint."""
    found: dict[str, NodeRun] = {}
    done = NodeRun.objects.filter(
        run__workspace=workspace_id, fingerprint__in=set(prints), state=NodeRun.State.DONE, evicted_at=None
    ).order_by("finished_at")
    for node in done.only("fingerprint", "outputs", "headline", "headline_parts", "device", "finished_at"):
        found[node.fingerprint] = node
    stored = are_reusable({digest for node in found.values() for digest in _digests(node)})
    return {key: node for key, node in found.items() if stored.issuperset(_digests(node))}


def frozen_results(graph_id: Any, document: Document) -> dict[str, str]:
    """Return, by frozen node, the fingerprint of its last result in this graph that is still stored."""
    frozen = {node.id: node.type for node in document.active().nodes if node.is_frozen}
    if not frozen:
        return {}
    found: dict[str, str] = {}
    done = NodeRun.objects.filter(
        run__graph=graph_id, node__in=frozen, state=NodeRun.State.DONE, evicted_at=None
    ).order_by("-pk")
    for row in done.only("node", "type", "fingerprint", "outputs").iterator():
        is_wanted = row.node not in found and row.type == frozen[row.node]
        if is_wanted and _digests(row) <= are_reusable(_digests(row)):
            found[row.node] = row.fingerprint
            if len(found) == len(frozen):
                break
    return found


def node_rows(run: Run, prepared: PreparedRun) -> list[NodeRun]:
    """Return the unsaved rows of a run's nodes, each in its first state."""
    drawn = {node.id: node for node in prepared.document.nodes}
    reused = {step.node for step in prepared.plan.steps if step.is_reused}
    followers: dict[str, list[str]] = {step.node: [] for step in prepared.plan.steps}
    for step in prepared.plan.steps:
        for source in step.depends_on:
            followers[source].append(step.node)
    gpu_queue = "gpu" if any(step.uses_gpu for step in prepared.plan.steps) and has_gpu() else "cpu"
    rows = []
    for position, step in enumerate(prepared.plan.steps):
        row = _row(run, drawn[step.node], position)
        row.type = step.type
        row.inputs = {port: list(source) for port, source in step.inputs.items()}
        row.successors = followers[step.node]
        row.fingerprint = step.fingerprint
        row.uses_gpu = step.uses_gpu
        row.time_limit_seconds = step.time_limit_seconds
        row.estimated_seconds = prepared.estimates.get(step.node, {}).get("seconds")
        row.queue = gpu_queue if step.uses_gpu else "cpu"
        set_unmet_dependencies(row, len([source for source in step.depends_on if source not in reused]))
        if step.is_reused:
            _reuse(row, prepared.results[step.fingerprint])
        rows.append(row)
    return rows


def _row(run: Run, drawn: GraphNode, position: int) -> NodeRun:
    kind = catalogue().find(drawn.type)
    title = drawn.title or (kind.title if kind else drawn.type)
    return NodeRun(
        run=run, node=drawn.id, position=position, version=drawn.version, params=dict(drawn.params), title=title
    )


def _reuse(row: NodeRun, earlier: NodeRun) -> None:
    row.state = NodeRun.State.DONE
    row.is_cached = True
    row.unmet_dependencies = 0
    row.progress = 1.0
    row.outputs = earlier.outputs
    row.headline, row.headline_parts = earlier.headline, earlier.headline_parts
    row.device = earlier.device
    row.finished_at = earlier.finished_at  # shows how old the result is


def _digests(node: NodeRun) -> set[str]:
    """Return the digests of a node's outputs."""
    return {output["address"] for output in node.outputs.values()}


def _part(document: Document, to: str, start: str) -> Document:
    """Return the part of the graph that would run, which must have no problems."""
    active = document.active()
    ends = {to} if to else active.descendants(start) | {start} if start else set()
    if not ends:
        return active
    needed = ends.union(*(active.ancestors(end) for end in ends))
    return active.model_copy(
        update={
            "nodes": tuple(node for node in active.nodes if node.id in needed),
            "edges": tuple(edge for edge in active.edges if edge.source in needed and edge.target in needed),
        }
    )

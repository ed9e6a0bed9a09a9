"""Infers the columns on every edge of a graph before anything runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from tasks.contract.errors import NodeError
from tasks.contract.invoke import upgrade_params
from tasks.contract.node import Estimate, Node
from tasks.contract.plugin_loader import PluginError
from tasks.contract.registry import node_class
from tasks.contract.schema import Schema
from tasks.graph.messages import Message, message_json

logger = logging.getLogger(__name__)

MISSING = "missing"
MUCH_MEMORY = 1_000_000_000
"""Bytes from which it is worth knowing how a node does with less."""
PLUGIN_SECONDS = 3.0
"""How long a graph waits until a plug-in is loaded; the page waits for the answer."""


@dataclass(frozen=True)
class KnownDatasets:
    """Data sets as `Node.infer` sees them: their columns, and nothing else."""

    schemas: Mapping[str, Schema]

    def dataset(self, dataset_id: str) -> Schema | None:
        """Return the columns of a data set, or ``None`` if unknown."""
        return self.schemas.get(dataset_id)


@dataclass
class InferenceState:
    """Schemas, row counts, estimates and problems collected while the graph is walked."""

    known: KnownDatasets
    rows_of: Mapping[str, int]
    schemas: dict[str, dict[str, Schema]] = field(default_factory=dict)
    dumped: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    estimates: dict[str, dict[str, float]] = field(default_factory=dict)
    lighter: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    broken_plugins: dict[str, str] = field(default_factory=dict)


def infer_graph(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns on every table output, and what the nodes say about them.

    Nodes of unknown type and edges to missing nodes are left to the structural check. A node whose plug-in cannot be
    loaded, or whose ``infer`` fails, is named; the columns behind it are left open.

    Args:
        request: ``document``; ``datasets``: id to schema; ``rows``: id to number of rows, where known.

    Returns:
        ``{"schemas": {node: {port: schema}}, "problems": [...],
        "estimates": {node: {"seconds", "memory_bytes", "gpu_bytes"}},
        "lighter": {node: [{"params", "memory_bytes", "gpu_bytes"}]}, of nodes that need much memory,
        "broken_plugins": {module: why it cannot be loaded}}``.
    """
    datasets = request.get("datasets", {})
    schemas = {key: Schema.model_validate(value) for key, value in datasets.items() if value is not None}
    state = InferenceState(KnownDatasets(schemas), request.get("rows", {}))
    drawn = request["document"].get("nodes", [])
    nodes = {node["id"]: node for node in drawn if not node.get("is_disabled")}
    edges = [e for e in request["document"].get("edges", []) if e["source"] in nodes and e["target"] in nodes]
    for node_id in topological_order(list(nodes), edges):
        _visit(nodes[node_id], [edge for edge in edges if edge["target"] == node_id], state)
    return {
        "schemas": state.dumped,
        "problems": state.problems,
        "estimates": state.estimates,
        "lighter": state.lighter,
        "broken_plugins": state.broken_plugins,
    }


def topological_order(node_ids: list[str], edges: list[dict[str, Any]]) -> list[str]:
    """Return the nodes so that each stands after those it reads from; nodes on a circle are left out."""
    waiting = {node_id: {edge["source"] for edge in edges if edge["target"] == node_id} for node_id in node_ids}
    ordered: list[str] = []
    while free := [node_id for node_id, sources in waiting.items() if not sources]:
        ordered.extend(free)
        waiting = {node_id: sources - set(free) for node_id, sources in waiting.items() if node_id not in free}
    return ordered


def _visit(graph_node: Mapping[str, Any], edges: list[dict[str, Any]], state: InferenceState) -> None:
    node_id = graph_node["id"]
    try:
        node = node_class(graph_node["type"], plugin_seconds=PLUGIN_SECONDS)
    except KeyError:
        return
    except PluginError as error:
        state.broken_plugins[error.plugin.module] = error.reason
        severity = "warning" if error.is_loading else "error"
        state.problems.append(_problem(f"nodes.{node_id}", node_id, error.message, severity=severity))
        return
    try:
        _infer_node(node, graph_node, edges, state)
    except Exception as error:
        # A mistake in one node must not take the columns of all others away. A run tells whether it matters.
        logger.exception("the columns of the node %s cannot be inferred", graph_node["type"])
        reason = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
        message = Message(
            "node.infer_failed", "The columns after this node are not known before a run. {error}", error=reason
        )
        state.problems.append(_problem(f"nodes.{node_id}", node_id, message, severity="warning"))


def _infer_node(
    node: type[Node], graph_node: Mapping[str, Any], edges: list[dict[str, Any]], state: InferenceState
) -> None:
    node_id = graph_node["id"]
    params = _read_params(node, graph_node, state)
    if params is None:
        return
    inputs = {port.name: _incoming(port.name, edges, state) for port in node.input_ports()}
    _estimate(node, params, node_id, edges, state)
    try:
        inferred = dict(node.infer(inputs, params, state.known))
        state.dumped[node_id] = {port: schema.model_dump(mode="json") for port, schema in inferred.items()}
        state.schemas[node_id] = inferred
    except NodeError as error:
        at = f"nodes.{node_id}.params.{error.param}" if error.param else f"nodes.{node_id}"
        fix = {"kind": "insert_before", "type": error.fix, "params": {}} if error.fix else None
        state.problems.append(_problem(at, node_id, error.message, fix=fix))


def _read_params(node: type[Node], graph_node: Mapping[str, Any], state: InferenceState) -> Any:
    node_id = graph_node["id"]
    try:
        return upgrade_params(node, graph_node.get("params", {}), graph_node.get("version", node.version))
    except ValidationError as error:
        for fault in error.errors():
            name = ".".join(str(part) for part in fault["loc"]) or "*"
            state.problems.append(_problem(f"nodes.{node_id}.params.{name}", node_id, _sentence(fault)))
    return None


def _sentence(fault: Any) -> str:
    if fault["type"] == MISSING:
        return Message("params.missing", "This parameter is required.")
    reason = str(fault["msg"]).removeprefix("Value error, ").rstrip(".")
    return Message("params.reason", "{reason}.", reason=reason)


def _incoming(port: str, edges: list[dict[str, Any]], state: InferenceState) -> Schema | None:
    for edge in edges:
        if edge["target_port"] == port:
            return state.schemas.get(edge["source"], {}).get(edge["source_port"])
    return None


def _estimate(node: type[Node], params: Any, node_id: str, edges: list[dict[str, Any]], state: InferenceState) -> None:
    sources = [edge["source"] for edge in edges]
    rows = max((state.rows.get(source, 0) for source in sources), default=0)
    columns = max((len(s) for source in sources for s in state.schemas.get(source, {}).values()), default=0)
    if not sources:
        rows = state.rows_of.get(str(getattr(params, "dataset", "")), 0)
        rows = min(rows, getattr(params, "max_rows", 0) or rows)
    state.rows[node_id] = rows
    if rows:
        cost = node.estimate(rows, columns, params)
        state.estimates[node_id] = {"seconds": cost.seconds, **_bytes_of(cost)}
        if max(cost.memory_bytes, cost.gpu_bytes) >= MUCH_MEMORY:
            state.lighter[node_id] = [
                {
                    "params": dict(change),
                    **_bytes_of(node.estimate(rows, columns, params.model_copy(update=dict(change)))),
                }
                for change in node.lighter(rows, params)
            ]


def _bytes_of(cost: Estimate) -> dict[str, float]:
    return {"memory_bytes": float(cost.memory_bytes), "gpu_bytes": float(cost.gpu_bytes)}


def _problem(
    at: str, node: str, message: str, *, severity: str = "error", fix: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {"at": at, "node": node, **message_json(message), "severity": severity, "fix": fix}

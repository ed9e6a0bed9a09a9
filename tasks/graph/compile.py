"""Document to plan: which nodes run, in what order, from what, and what can be reused. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tasks.graph.description import Catalogue
from tasks.graph.document import Document
from tasks.graph.fingerprint import fingerprints


@dataclass(frozen=True)
class PlanStep:
    """One node of a plan.

    Attributes:
        node: Id on the canvas.
        type: Id in the catalogue.
        depends_on: Ids of the nodes whose results it takes, each once.
        inputs: Input port to the node and output port it is fed from.
        fingerprint: Key under which its result may be reused.
        is_reused: An equal result is there already; nothing runs.
        uses_gpu: It wants a GPU when there is one.
        time_limit_seconds: It is stopped when it runs for longer; 0 for no limit of its own.
    """

    node: str
    type: str
    depends_on: tuple[str, ...]
    inputs: Mapping[str, tuple[str, str]]
    fingerprint: str
    is_reused: bool
    uses_gpu: bool
    time_limit_seconds: int = 0


@dataclass(frozen=True)
class Plan:
    """What a run will do, in an order in which each step comes after those it depends on."""

    steps: tuple[PlanStep, ...]

    def step(self, node: str) -> PlanStep:
        """Return the step of a node. Raises `KeyError` if it is not part of the plan."""
        for step in self.steps:
            if step.node == node:
                return step
        raise KeyError(node)


def compile_plan(
    document: Document,
    catalogue: Catalogue,
    *,
    reusable: Collection[str] = (),
    prints: Mapping[str, str] | None = None,
    to: str | None = None,
    start: str | None = None,
) -> Plan:
    """Return the plan of a graph without problems.

    Args:
        document: The graph; disabled nodes are left out.
        catalogue: Kinds of node.
        reusable: Fingerprints whose results are there already.
        prints: What `fingerprints` gave; found from the document alone when left out.
        to: Run only this node and what it needs.
        start: Run this node anew, and what follows it and is not frozen; what these need is reused where it can be,
            and everything else is left out. With ``to`` the same node, it alone runs anew.

    Raises:
        KeyError: ``to`` or ``start`` is not an active node.
        CycleError: The edges form a cycle.
    """
    active = document.active()
    anew = _anew(active, start)
    wanted = _wanted(active, to) & _wanted(active, *anew)
    known = fingerprints(active, catalogue) if prints is None else prints
    incoming = active.incoming()
    nodes = {node.id: node for node in active.nodes}
    steps = []
    for node_id in active.order():
        if node_id not in wanted:
            continue
        kind = catalogue.find(nodes[node_id].type)
        inputs = {port: (edge.source, edge.source_port) for port, edge in incoming[node_id].items()}
        steps.append(
            PlanStep(
                node=node_id,
                type=kind.id if kind else nodes[node_id].type,
                depends_on=tuple(dict.fromkeys(source for source, _ in inputs.values())),
                inputs=inputs,
                fingerprint=known[node_id],
                is_reused=known[node_id] in reusable and node_id not in anew,
                uses_gpu=bool(kind and kind.uses_gpu),
                time_limit_seconds=nodes[node_id].time_limit_seconds,
            )
        )
    return Plan(tuple(steps))


def _anew(document: Document, start: str | None) -> frozenset[str]:
    if start is None:
        return frozenset()
    frozen = {node.id for node in document.nodes if node.is_frozen}
    return (document.descendants(document.node(start).id) - frozen) | {start}


def _wanted(document: Document, *ends: str | None) -> frozenset[str]:
    """Return these nodes and all that they need; every node when no end is named."""
    named = [end for end in ends if end is not None]
    if not named:
        return frozenset(node.id for node in document.nodes)
    return frozenset().union(*(document.ancestors(document.node(end).id) | {end} for end in named))

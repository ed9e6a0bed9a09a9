"""The saved graph as a validated value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

MAX_NODES = 2000
MAX_EDGES = 10000
LONGEST_LIMIT_SECONDS = 30 * 24 * 3600
ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"


class Part(BaseModel):
    """Base of everything inside a document: frozen, no unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Position(Part):
    """Place of a node's top left corner on the canvas, in pixels at zoom 1."""

    x: float = Field(default=0.0, allow_inf_nan=False)
    y: float = Field(default=0.0, allow_inf_nan=False)


class GraphNode(Part):
    """One node as it was drawn.

    Attributes:
        title: The person's own name for it, empty for the usual one.
        is_frozen: It keeps the result it gave last, whatever becomes of its parameters and inputs.
        time_limit_seconds: It is stopped when it runs for longer; 0 for no limit of its own.
    """

    id: str = Field(pattern=ID_PATTERN)
    type: str = Field(min_length=1, max_length=120)
    version: int = Field(default=1, ge=1)
    params: Mapping[str, Any] = Field(default_factory=dict)
    position: Position = Position()
    title: str = Field(default="", max_length=120)
    is_disabled: bool = False
    is_frozen: bool = False
    time_limit_seconds: int = Field(default=0, ge=0, le=LONGEST_LIMIT_SECONDS)

    @model_serializer(mode="wrap")
    def _without_no_limit(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        if not self.time_limit_seconds:  # rarely set, and absent in every graph that was saved before it existed
            del written["time_limit_seconds"]
        return written


class Edge(Part):
    """One edge from an output port to an input port."""

    source: str
    source_port: str
    target: str
    target_port: str


class Note(Part):
    """A sticky note on the canvas."""

    id: str = Field(pattern=ID_PATTERN)
    text: str = Field(default="", max_length=10_000)
    position: Position = Position()
    width: float = Field(default=240, gt=0, le=4000)
    height: float = Field(default=120, gt=0, le=4000)
    colour: Literal["yellow", "blue", "green", "red", "grey"] = "yellow"


class Document(Part):
    """A whole graph: nodes, edges and notes. ``seed`` is the seed of all its randomness."""

    nodes: tuple[GraphNode, ...] = Field(default=(), max_length=MAX_NODES)
    edges: tuple[Edge, ...] = Field(default=(), max_length=MAX_EDGES)
    notes: tuple[Note, ...] = Field(default=(), max_length=500)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)

    def node(self, node_id: str) -> GraphNode:
        """Return the node with this id.

        Raises:
            KeyError: There is none.
        """
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)

    def active(self) -> Document:
        """Return the graph without disabled nodes and their edges."""
        kept = {node.id for node in self.nodes if not node.is_disabled}
        if len(kept) == len(self.nodes):
            return self
        return self.model_copy(
            update={
                "nodes": tuple(n for n in self.nodes if n.id in kept),
                "edges": tuple(e for e in self.edges if e.source in kept and e.target in kept),
            }
        )

    def incoming(self) -> dict[str, dict[str, Edge]]:
        """Return node id to input port to the edge that ends there. The first edge of a port counts."""
        found: dict[str, dict[str, Edge]] = {node.id: {} for node in self.nodes}
        for edge in self.edges:
            if edge.target in found:
                found[edge.target].setdefault(edge.target_port, edge)
        return found

    def ancestors(self, node_id: str) -> frozenset[str]:
        """Return the ids of all nodes this one depends on, without itself."""
        return frozenset(_reach(self._sources(), node_id))

    def descendants(self, node_id: str) -> frozenset[str]:
        """Return the ids of all nodes that depend on this one, without itself."""
        return frozenset(_reach(self._targets(), node_id))

    def order(self) -> tuple[str, ...]:
        """Return node ids so that each comes after what it depends on; ties keep the drawn order.

        Raises:
            CycleError: The edges form a cycle.
        """
        sources = self._sources()
        targets = self._targets()
        waiting = {node.id: len(sources[node.id]) for node in self.nodes}
        ready = [node.id for node in self.nodes if not waiting[node.id]]
        done: list[str] = []
        for node_id in ready:  # grows while it is read
            done.append(node_id)
            for follower in targets[node_id]:
                waiting[follower] -= 1
                if not waiting[follower]:
                    ready.append(follower)
        if len(done) < len(self.nodes):
            raise CycleError(tuple(node_id for node_id, count in waiting.items() if count))
        return tuple(done)

    def _sources(self) -> dict[str, list[str]]:
        return _neighbours(self, ((edge.target, edge.source) for edge in self.edges))

    def _targets(self) -> dict[str, list[str]]:
        return _neighbours(self, ((edge.source, edge.target) for edge in self.edges))


class CycleError(ValueError):
    """The edges of a document form a cycle. ``nodes``: ids in or behind the cycle."""

    def __init__(self, nodes: tuple[str, ...]) -> None:
        super().__init__(f"The edges form a cycle through {', '.join(nodes)}.")
        self.nodes = nodes


def _neighbours(document: Document, pairs: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {node.id: {} for node in document.nodes}
    for key, value in pairs:
        if key in found and value in found:
            found[key][value] = None
    return {key: list(values) for key, values in found.items()}


def _reach(neighbours: Mapping[str, list[str]], start: str) -> set[str]:
    seen: set[str] = set()
    frontier = list(neighbours.get(start, ()))
    while frontier:
        node_id = frontier.pop()
        if node_id not in seen:
            seen.add(node_id)
            frontier.extend(neighbours[node_id])
    return seen

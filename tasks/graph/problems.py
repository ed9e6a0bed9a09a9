"""All faults of a document at once, each with an address."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from pydantic import BaseModel, ConfigDict

from tasks.graph.description import Catalogue, NodeDescription
from tasks.graph.document import CycleError, Document, Edge, GraphNode

FITTED = "fitted"
SPLIT_TYPE = "split.split"


class Fix(BaseModel):
    """A one-click way out: put a node of ``type`` before the node at fault."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["insert_before", "move_after"] = "insert_before"
    type: str


class Problem(BaseModel):
    """One fault. ``at``: its address, such as ``nodes.n3.params.target``; ``node``: id, empty for the whole graph."""

    model_config = ConfigDict(frozen=True)

    at: str
    message: str
    node: str = ""
    severity: Literal["error", "warning"] = "error"
    fix: Fix | None = None


def find_problems(document: Document, catalogue: Catalogue) -> list[Problem]:
    """Return every structural fault of the document; an empty list means that it can run.

    What depends on columns is found by inference, which needs the node classes and so lives elsewhere.
    """
    active = document.active()
    kinds = {node.id: catalogue.find(node.type) for node in active.nodes}
    return [
        *_repeated_ids(document),
        *_node_problems(active, kinds),
        *_edge_problems(document, kinds),
        *_open_inputs(active, kinds),
        *_cycles(active),
        *_fits_before_split(active, kinds),
    ]


def _repeated_ids(document: Document) -> Iterator[Problem]:
    seen: set[str] = set()
    for node in document.nodes:
        if node.id in seen:
            yield Problem(at=f"nodes.{node.id}", node=node.id, message=f"Two nodes have the id {node.id}.")
        seen.add(node.id)


def _node_problems(document: Document, kinds: dict[str, NodeDescription | None]) -> Iterator[Problem]:
    for node in document.nodes:
        kind = kinds[node.id]
        if kind is None:
            message = f"There is no node “{node.type}” here. Install the package that brings it, or delete the node."
            yield Problem(at=f"nodes.{node.id}", node=node.id, message=message)
        elif node.version > kind.version:
            message = f"This node was saved by a newer version ({node.version}) than this server has ({kind.version})."
            yield Problem(at=f"nodes.{node.id}", node=node.id, message=message)
        elif node.version == kind.version:  # older parameters are migrated before they are checked
            yield from _param_problems(node, kind)


def _param_problems(node: GraphNode, kind: NodeDescription) -> Iterator[Problem]:
    for fault in _validator(kind).iter_errors(dict(node.params)):
        path = ".".join(str(part) for part in fault.absolute_path)
        at = f"nodes.{node.id}.params" + (f".{path}" if path else "")
        yield Problem(at=at, node=node.id, message=_sentence(fault, kind))


@lru_cache(maxsize=1024)
def _validator_of(schema_json: str) -> Draft202012Validator:
    import json

    return Draft202012Validator(json.loads(schema_json))


def _validator(kind: NodeDescription) -> Draft202012Validator:
    import json

    return _validator_of(json.dumps(kind.params, sort_keys=True))


def _sentence(fault: ValidationError, kind: NodeDescription) -> str:
    name = str(fault.absolute_path[0]) if fault.absolute_path else ""
    title = kind.params.get("properties", {}).get(name, {}).get("title", name)
    limit = fault.validator_value
    value = fault.instance
    sentences = {
        "minimum": f"“{title}” must be at least {limit}; it is {value}.",
        "maximum": f"“{title}” must be at most {limit}; it is {value}.",
        "exclusiveMinimum": f"“{title}” must be more than {limit}; it is {value}.",
        "exclusiveMaximum": f"“{title}” must be less than {limit}; it is {value}.",
        "enum": f"“{title}” must be one of {', '.join(map(str, limit)) if isinstance(limit, list) else limit}.",
        "type": f"“{title}” must be of type {limit}.",
        "required": f"A parameter is missing: {fault.message}.",
        "additionalProperties": f"{kind.title} has no such parameter: {fault.message}.",
    }
    return sentences.get(str(fault.validator), f"“{title}”: {fault.message}.")


def _edge_problems(whole: Document, kinds: dict[str, NodeDescription | None]) -> Iterator[Problem]:
    known = {node.id for node in whole.nodes}
    taken: set[tuple[str, str]] = set()
    for index, edge in enumerate(whole.edges):
        at = f"edges.{index}"
        missing = [end for end in (edge.source, edge.target) if end not in known]
        if missing:
            yield Problem(at=at, message=f"A wire leads to a node that is not there: {missing[0]}.")
            continue
        if edge.source not in kinds or edge.target not in kinds:
            continue  # one end is disabled
        message = _wire_fault(edge, kinds)
        if message:
            yield Problem(at=at, node=edge.target, message=message)
        elif (edge.target, edge.target_port) in taken:
            yield Problem(at=at, node=edge.target, message=f"Two wires end in the input “{edge.target_port}”.")
        taken.add((edge.target, edge.target_port))


def _wire_fault(edge: Edge, kinds: dict[str, NodeDescription | None]) -> str:
    source, target = kinds[edge.source], kinds[edge.target]
    if source is None or target is None:
        return ""
    out, into = source.output(edge.source_port), target.input(edge.target_port)
    if out is None:
        return f"{source.title} has no output “{edge.source_port}”."
    if into is None:
        return f"{target.title} has no input “{edge.target_port}”."
    if out.wire != into.wire:
        return f"{source.title} gives a {out.wire}, but {target.title} takes a {into.wire}."
    return ""


def _open_inputs(document: Document, kinds: dict[str, NodeDescription | None]) -> Iterator[Problem]:
    incoming = document.incoming()
    for node in document.nodes:
        kind = kinds[node.id]
        for port in kind.inputs if kind else ():
            if not port.is_optional and port.name not in incoming[node.id]:
                yield Problem(
                    at=f"nodes.{node.id}.inputs.{port.name}",
                    node=node.id,
                    message=f"The input “{port.name}” is open. Connect a node that gives a {port.wire}.",
                )


def _cycles(document: Document) -> Iterator[Problem]:
    try:
        document.order()
    except CycleError as circle:
        yield Problem(at="edges", node=circle.nodes[0], message=str(circle))


def _fits_before_split(document: Document, kinds: dict[str, NodeDescription | None]) -> Iterator[Problem]:
    splits = [node.id for node in document.nodes if node.type == SPLIT_TYPE]
    if not splits:
        return
    before = frozenset[str]().union(*(document.ancestors(split) for split in splits))
    for node in document.nodes:
        kind = kinds[node.id]
        if kind is not None and node.id in before and kind.serve == FITTED:
            yield Problem(
                at=f"nodes.{node.id}",
                node=node.id,
                severity="warning",
                message=f"{kind.title} learns from all rows here, also from those held out later. Move it after Split.",
                fix=Fix(kind="move_after", type=SPLIT_TYPE),
            )

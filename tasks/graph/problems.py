"""All faults of a document at once, each with an address."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from pydantic import BaseModel, ConfigDict

from tasks.graph.description import Catalogue, NodeDescription
from tasks.graph.document import CycleError, Document, Edge, GraphNode
from tasks.graph.messages import Choices, Message, Names, Term, message_json

FITTED = "fitted"
SPLIT_TYPE = "split.split"


class Fix(BaseModel):
    """A one-click way out: put a node of ``type`` before the node at fault, move that node, or set its ``params``."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["insert_before", "move_after", "set_params"] = "insert_before"
    type: str
    params: dict[str, Any] = {}


class Problem(BaseModel):
    """One problem of a graph.

    Attributes:
        at: Its address, such as ``nodes.n3.params.target``.
        message: The English text; ``message_id`` and ``message_params`` let the page translate it.
        node: Id of the node, empty for the whole graph.
    """

    model_config = ConfigDict(frozen=True)

    at: str
    message: str
    message_id: str = ""
    message_params: dict[str, Any] = {}
    node: str = ""
    severity: Literal["error", "warning"] = "error"
    fix: Fix | None = None


def problem(at: str, message: str, **more: Any) -> Problem:
    """Return a problem with this message, translatable where it is a `Message`."""
    return Problem(at=at, **message_json(message), **more)


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
            message = Message("graph.repeated_id", "Two nodes have the id {id}.", id=node.id)
            yield problem(f"nodes.{node.id}", message, node=node.id)
        seen.add(node.id)


def _node_problems(document: Document, kinds: dict[str, NodeDescription | None]) -> Iterator[Problem]:
    for node in document.nodes:
        kind = kinds[node.id]
        if kind is None:
            message = Message(
                "graph.unknown_node",
                "The node “{type}” is not installed here. Install the package that provides it, or delete the node.",
                type=node.type,
            )
            yield problem(f"nodes.{node.id}", message, node=node.id)
        elif node.version > kind.version:
            message = Message(
                "graph.newer_node",
                "This node was saved by a newer version ({saved}) than the one installed here ({installed}).",
                saved=node.version,
                installed=kind.version,
            )
            yield problem(f"nodes.{node.id}", message, node=node.id)
        elif node.version == kind.version:  # older parameters are migrated before they are checked
            yield from _param_problems(node, kind)


def _param_problems(node: GraphNode, kind: NodeDescription) -> Iterator[Problem]:
    for fault in _validator(kind).iter_errors(dict(node.params)):
        path = ".".join(str(part) for part in fault.absolute_path)
        at = f"nodes.{node.id}.params" + (f".{path}" if path else "")
        yield problem(at, _sentence(fault, kind), node=node.id)


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
    given: dict[str, Any] = {"param": Term(f"param:{kind.id}.{name}", title), "value": value, "limit": limit}
    match fault.validator:
        case "minimum":
            return Message("params.minimum", "“{param}” must be at least {limit}; it is {value}.", **given)
        case "maximum":
            return Message("params.maximum", "“{param}” must be at most {limit}; it is {value}.", **given)
        case "exclusiveMinimum":
            return Message("params.above", "“{param}” must be greater than {limit}; it is {value}.", **given)
        case "exclusiveMaximum":
            return Message("params.below", "“{param}” must be less than {limit}; it is {value}.", **given)
        case "enum":
            listed = Choices(str(choice) for choice in (limit if isinstance(limit, list) else [limit]))
            return Message("params.choice", "“{param}” must be one of {choices}.", param=given["param"], choices=listed)
        case "required":
            return Message("params.required", "A parameter is missing: {reason}.", reason=fault.message)
        case "additionalProperties":
            return Message(
                "params.unknown", "{node} has no such parameter: {reason}.", node=_title(kind), reason=fault.message
            )
        case _:
            return Message(
                "params.invalid", "“{param}” is not valid: {reason}.", param=given["param"], reason=fault.message
            )


def _edge_problems(whole: Document, kinds: dict[str, NodeDescription | None]) -> Iterator[Problem]:
    known = {node.id for node in whole.nodes}
    taken: set[tuple[str, str]] = set()
    for index, edge in enumerate(whole.edges):
        at = f"edges.{index}"
        missing = [end for end in (edge.source, edge.target) if end not in known]
        if missing:
            yield problem(
                at, Message("graph.loose_edge", "A connection leads to a missing node: {node}.", node=missing[0])
            )
            continue
        if edge.source not in kinds or edge.target not in kinds:
            continue  # one end is disabled
        message = _edge_fault(edge, kinds)
        if message:
            yield problem(at, message, node=edge.target)
        elif (edge.target, edge.target_port) in taken:
            message = Message(
                "graph.two_edges",
                "Two connections end in the input “{port}”.",
                port=Term(f"port:{edge.target_port}", edge.target_port),
            )
            yield problem(at, message, node=edge.target)
        taken.add((edge.target, edge.target_port))


def _edge_fault(edge: Edge, kinds: dict[str, NodeDescription | None]) -> str:
    source, target = kinds[edge.source], kinds[edge.target]
    if source is None or target is None:
        return ""
    out, into = source.output(edge.source_port), target.input(edge.target_port)
    if out is None:
        return Message(
            "graph.no_output",
            "{node} has no output “{port}”.",
            node=_title(source),
            port=Term(f"port:{edge.source_port}", edge.source_port),
        )
    if into is None:
        return Message(
            "graph.no_input",
            "{node} has no input “{port}”.",
            node=_title(target),
            port=Term(f"port:{edge.target_port}", edge.target_port),
        )
    if out.wire != into.wire:
        return Message(
            "graph.wrong_kind",
            "{source} gives {given}, but {target} takes {taken}.",
            source=_title(source),
            given=_kind(out.wire),
            target=_title(target),
            taken=_kind(into.wire),
        )
    return ""


def _title(node: NodeDescription) -> Term:
    return Term(f"node:{node.id}", node.title)


def _kind(kind: str) -> Term:
    return Term(f"kind.{kind}", f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}")


def _open_inputs(document: Document, kinds: dict[str, NodeDescription | None]) -> Iterator[Problem]:
    incoming = document.incoming()
    for node in document.nodes:
        kind = kinds[node.id]
        for port in kind.inputs if kind else ():
            if not port.is_optional and port.name not in incoming[node.id]:
                message = Message(
                    "graph.open_input",
                    "The input “{port}” is not connected. Connect a node that gives {kind}.",
                    port=Term(f"port:{port.name}", port.name),
                    kind=_kind(port.wire),
                )
                yield problem(f"nodes.{node.id}.inputs.{port.name}", message, node=node.id)


def _cycles(document: Document) -> Iterator[Problem]:
    try:
        document.order()
    except CycleError as circle:
        message = Message(
            "graph.cycle", "These nodes form a cycle: {nodes}. Remove one connection.", nodes=Names(circle.nodes)
        )
        yield problem("edges", message, node=circle.nodes[0])


def _fits_before_split(document: Document, kinds: dict[str, NodeDescription | None]) -> Iterator[Problem]:
    splits = [node.id for node in document.nodes if node.type == SPLIT_TYPE]
    if not splits:
        return
    before = frozenset[str]().union(*(document.ancestors(split) for split in splits))
    for node in document.nodes:
        kind = kinds[node.id]
        if kind is not None and node.id in before and kind.serve == FITTED:
            message = Message(
                "graph.fit_before_split",
                "{node} is fitted on all rows here, including those held out later. Move it after Split.",
                node=_title(kind),
            )
            fix = Fix(kind="move_after", type=SPLIT_TYPE)
            yield problem(f"nodes.{node.id}", message, node=node.id, severity="warning", fix=fix)

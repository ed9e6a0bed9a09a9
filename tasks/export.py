"""Writes the catalogue from the node classes: ``python -m tasks.export [--check]``."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from tasks.contract.node import Node, Port
from tasks.contract.registry import all_nodes, purpose_of
from tasks.graph.description import NodeDescription, PortDescription, PurposeDescription

CATALOGUE_PATH = Path(__file__).with_name("catalogue.json")


def describe(node: type[Node]) -> NodeDescription:
    """Return a node class as data."""
    summary, detail = node.tooltip()
    return NodeDescription(
        id=node.id,
        title=node.title,
        summary=summary,
        detail=detail,
        icon=node.icon,
        group=node.id.rpartition(".")[0],
        purpose=PurposeDescription(**dataclasses.asdict(purpose_of(node.id))),
        keywords=node.keywords,
        version=node.version,
        serve=node.serve.value,
        uses_gpu=node.uses_gpu,
        is_cheap=node.is_cheap,
        replaces=node.replaces,
        inputs=tuple(map(_port, node.input_ports())),
        outputs=tuple(map(_port, node.output_ports())),
        params=params_schema(node),
        defaults=node.Params().model_dump(mode="json"),
    )


def params_schema(node: type[Node]) -> dict[str, Any]:
    """Return the JSON Schema of a node's parameters with references written out."""
    schema = node.Params.model_json_schema()
    definitions = schema.pop("$defs", {})
    flat: dict[str, Any] = _inline(schema, definitions)
    flat.pop("description", None)
    flat.setdefault("properties", {})
    return flat


def catalogue_json() -> str:
    """Return the whole catalogue as the text that is kept in ``catalogue.json``."""
    nodes = {node_id: describe(node).model_dump(mode="json") for node_id, node in all_nodes().items()}
    body = json.dumps(nodes, sort_keys=True, separators=(",", ":"))
    content = {"hash": hashlib.sha256(body.encode()).hexdigest(), "nodes": nodes}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _port(port: Port) -> PortDescription:
    return PortDescription(name=port.name, wire=port.wire.value, is_optional=port.is_optional)


def _inline(value: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_inline(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    merged = dict(value)
    reference = merged.pop("$ref", None)
    if reference is not None:
        merged = {**definitions[reference.rpartition("/")[2]], **merged}
    only = merged.get("allOf")
    if isinstance(only, list) and len(only) == 1:
        merged.pop("allOf")
        merged = {**only[0], **merged}
        return _inline(merged, definitions)
    return {key: _inline(item, definitions) for key, item in merged.items()}


def main() -> int:
    """Write the catalogue, or with ``--check`` say whether the kept one is fresh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the file is stale")
    text = catalogue_json()
    if not parser.parse_args().check:
        CATALOGUE_PATH.write_text(text, encoding="utf-8")
        return 0
    if CATALOGUE_PATH.exists() and CATALOGUE_PATH.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write("tasks/catalogue.json is stale: run `make contracts`.\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())

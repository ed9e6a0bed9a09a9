"""The JSON Schema of a node's parameters, which the page draws its form by."""

from __future__ import annotations

from typing import Any

from tasks.contract.node import Node


def params_schema(node: type[Node]) -> dict[str, Any]:
    """Return the JSON Schema of a node's parameters with references written out."""
    schema = node.Params.model_json_schema()
    definitions = schema.pop("$defs", {})
    flat: dict[str, Any] = _inline(schema, definitions)
    flat.pop("description", None)
    flat.setdefault("properties", {})
    return flat


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

"""Parameters to try a node with: as they come, then each parameter at each choice, at its bounds and at odd values."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tasks.contract.node import Node
from tasks.contract.params_schema import params_schema
from tasks.contract.schema import Schema

ODD_TEXT = "ødd “text”,\n=1 🙂"
UNKNOWN_COLUMN = "no such column"
UNBOUNDED = (-1e6, 1e6)
"""Tried for a number that has no bound on that side."""

MOST_ROWS = 5_000
"""Numbers above are not tried for a node that makes its own data: there they are sizes."""

DATASET = "d"
"""Id under which the contract's run context holds the table."""


@dataclass(frozen=True)
class Variant:
    """Valid parameters.

    ``names_columns``: they name a column, so that even the target may be meant to change. ``name``: the parameter that
    was varied; empty for the defaults. ``beside``: the same parameters with the default of this one.
    """

    params: Any
    names_columns: bool = False
    name: str = ""
    beside: Any = None

    def __str__(self) -> str:
        defaults = type(self.params)().model_dump(mode="json")
        changed = {
            name: value for name, value in self.params.model_dump(mode="json").items() if value != defaults.get(name)
        }
        return f"parameters {changed}" if changed else "default parameters"


def variants(node: type[Node], schema: Schema) -> Iterator[Variant]:
    """Yield parameters for a table of these columns: the defaults, then each parameter changed alone.

    A parameter that counts only when another has a certain value (``show_when``) is varied with that value set.
    """
    properties = params_schema(node)["properties"]
    start = {name: DATASET for name, field in properties.items() if _widget(field) == "dataset"}
    yield Variant(node.Params(**start))
    for name, field in properties.items():
        needed = {other: values[0] for other, values in _hints(field).get("showWhen", {}).items()}
        for value in _values(field, schema):
            given = {**start, **needed, name: value}
            is_size = not node.input_ports() and isinstance(value, int | float) and value > MOST_ROWS
            if is_size or (value == field.get("default") and not needed):
                continue
            try:
                params = node.Params.model_validate(given)
                beside = node.Params.model_validate({**start, **needed})
            except ValidationError:
                continue  # refused by a rule over several parameters: the form shows that to the person
            yield Variant(params, _widget(field) in {"column", "columns", "rows"}, name, beside)


def _hints(field: Mapping[str, Any]) -> Mapping[str, Any]:
    hints: Mapping[str, Any] = field.get("x-lepton", {})
    return hints


def _widget(field: Mapping[str, Any]) -> str:
    return str(_hints(field).get("widget", ""))


def _values(field: Mapping[str, Any], schema: Schema) -> list[Any]:
    if "anyOf" in field:
        inner = next(one for one in field["anyOf"] if one.get("type") != "null")
        return [None, *_values({**field, **inner, "anyOf": None} | {"x-lepton": _hints(field)}, schema)]
    if field.get("enum"):
        return list(field["enum"])
    kind, widget = field.get("type"), _widget(field)
    if widget == "dataset":
        return []
    if widget == "column":
        return ["", *_some_columns(field, schema), schema.target or UNKNOWN_COLUMN, UNKNOWN_COLUMN]
    if widget == "columns":
        named = _some_columns(field, schema)
        return [[], named, *([name] for name in named), [schema.target or UNKNOWN_COLUMN], [UNKNOWN_COLUMN]]
    if widget == "rows":
        return list(_lines(field, schema))
    if kind == "boolean":
        return [True, False]
    if kind in {"integer", "number"}:
        return _numbers(field)
    if kind == "array":
        each = _values(field["items"], schema)
        return [[], each, *([one] for one in each)]
    return _texts(field, schema)


def _numbers(field: Mapping[str, Any]) -> list[float]:
    """Return the bounds, the default and one number between; bounds that are not included are come close to."""
    is_whole = field["type"] == "integer"
    low = field.get("minimum", field.get("exclusiveMinimum", UNBOUNDED[0]))
    high = field.get("maximum", field.get("exclusiveMaximum", UNBOUNDED[1]))
    nudge = 1 if is_whole else (high - low) * 1e-6
    default = field.get("default")
    found = [
        low + nudge if "exclusiveMinimum" in field else low,
        high - nudge if "exclusiveMaximum" in field else high,
        default if default is not None else low + nudge,
        # Near the default: what is far from it is at the bounds already.
        (default if default is not None else low) + min((high - low) / 4, max(abs(default or 0) / 2, 3)),
        *([0] if low < 0 < high else []),
    ]
    return [int(value) if is_whole else float(value) for value in dict.fromkeys(found)]


def _texts(field: Mapping[str, Any], schema: Schema) -> list[str]:
    low, high = field.get("minLength", 0), field.get("maxLength", 1000)
    column = next((c.name for c in schema.features()), UNKNOWN_COLUMN)
    return [text for text in ("", column, ODD_TEXT, "x" * low, "y" * high) if low <= len(text) <= high]


def _some_columns(field: Mapping[str, Any], schema: Schema) -> list[str]:
    """Return one feature of each type that the picker offers."""
    types = _hints(field).get("types")
    found = {column.type: column.name for column in schema.features() if types is None or column.type in types}
    return list(found.values())


def _lines(field: Mapping[str, Any], schema: Schema) -> Iterator[list[dict[str, Any]]]:
    """Yield a single line of a row editor per value of each of its fields, with the columns taken in turn."""
    yield []
    properties = field["items"]["properties"]
    pickers = [name for name, inner in properties.items() if _widget(inner) == "column"]
    columns = itertools.cycle([column.name for column in schema.features()] or [UNKNOWN_COLUMN])
    rest = {name: _values(inner, schema)[-1] for name, inner in properties.items() if inner.get("type") == "string"}
    for name, inner in properties.items():
        for value in _values(inner, schema):
            yield [{**rest, **dict.fromkeys(pickers, next(columns)), name: value}]

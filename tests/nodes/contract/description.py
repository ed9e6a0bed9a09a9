"""What a node says of itself: its words, its form, its cost."""

from __future__ import annotations

import inspect
import json
import math
import sys
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from tasks.contract.fields import NoParams, Params
from tasks.contract.node import Estimate, Node, Serving
from tasks.contract.params_schema import params_schema
from tasks.contract.transform import TRANSFORMS, Transform
from tasks.words import LANGUAGES, NODE_KEYS, PARAM_KEYS, unknown
from tests.nodes.contract.broken import Broken, require, require_sentence
from tests.nodes.contract.kinds import is_changer, is_source
from tests.nodes.contract.messages import check_messages
from tests.nodes.contract.versions import check_parameters_of_older_versions, check_renamed
from tests.tables import mixed

from .variants import variants

FORM_KEYS = frozenset(
    {
        *("type", "title", "description", "default", "enum", "const", "anyOf", "pattern", "x-lepton"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"),
        *("minItems", "maxItems", "items", "additionalProperties", "properties", "required"),
    }
)
"""What the browser's form understands of JSON Schema."""
SIMPLE = frozenset({"string", "integer", "number", "boolean"})
ICONS = Path(__file__).parents[3] / "frontend" / "node_modules" / "@tabler" / "icons" / "icons" / "outline"
"""The drawings of the page; not there where only the server is installed."""
HINTS = frozenset({"widget", "of", "types", "unit", "advanced", "showWhen"})


def check_params_are_assigned(node: type[Node]) -> None:
    """Parameters that its module declares are its own."""
    params = node.Params
    is_class = isinstance(params, type) and issubclass(params, Params)
    require(is_class, f"Its Params is {params!r}. Make it a class with tasks.contract.fields.Params as its base.")
    found = [*vars(sys.modules[node.__module__]).values(), *vars(node).values()]
    declared = [
        one.__name__
        for one in found
        if isinstance(one, type) and issubclass(one, Params) and one.__module__ == node.__module__
    ]
    name = declared[-1] if declared else ""
    require(
        params is not NoParams or not name,
        f"It has no parameters, though its module declares {name}. Write Params = {name} in the class {node.__name__}.",
    )


def check_words(node: type[Node]) -> None:
    """It has a title, a tooltip that is a sentence, an icon, keywords in small letters, and an output."""
    require(node.title, "It has no title.")
    require_sentence(node.tooltip()[0], "The first line of its docstring, which is its tooltip,")
    require(node.icon, "It has no icon. Name one of Tabler's.")
    is_drawn = not ICONS.exists() or (ICONS / f"{node.icon}.svg").exists()
    require(is_drawn, f"Tabler has no icon {node.icon!r}. See tabler.io/icons.")
    is_tuple = isinstance(node.keywords, tuple)
    require(is_tuple, f"Its keywords are {node.keywords!r}, no tuple. One alone needs a comma: ('bucket',).")
    for keyword in node.keywords:
        require(keyword == keyword.lower() or keyword.isupper(), f"Write its keyword {keyword!r} in small letters.")
    require(node.output_ports(), "It has no output.")


def check_serving_is_said(node: type[Node]) -> None:
    """A node that changes tables says what becomes of it in an endpoint."""
    if is_changer(node) and not is_source(node):
        require(node.serve is not Serving.NONE, "It changes tables and does not say what an endpoint does: set serve.")


def check_form(node: type[Node]) -> None:
    """Its parameters have defaults, titles, descriptions and ranges, and use no more than the form can draw."""
    schema = params_schema(node)
    require(not schema.get("required"), f"Its parameters {schema.get('required')} have no default.")
    for name, field in schema["properties"].items():
        _check_field(field, f"Its parameter {name}")
    _check_titles(node.Params, "Its parameter")
    ports = [port.name for port in node.input_ports() or node.output_ports()]  # a source picks of what it gives
    for name, field in _fields(schema):
        of = field.get("x-lepton", {}).get("of")
        require(not of or of in ports, f"Its parameter {name} picks columns of {of}, which is no port: {ports}.")
    for name, field in schema["properties"].items():
        for other, values in field.get("x-lepton", {}).get("showWhen", {}).items():
            known = schema["properties"].get(other)
            require(known, f"Its parameter {name} is shown by {other}, which is no parameter.")
            choices = known.get("enum", [True, False])
            require(all(v in choices for v in values), f"Its parameter {name} is shown by values {other} never has.")


def _check_titles(params: type[BaseModel], what: str) -> None:
    """Each field has a title of its own: the one that pydantic makes of the name is not written for a person."""
    for name, field in params.model_fields.items():
        require(field.title, f"{what} {name} has no title. Give title=..., its label in the form.")
        for line in typing.get_args(field.annotation):
            if isinstance(line, type) and issubclass(line, BaseModel):
                _check_titles(line, f"{what} {name}, field")


def _fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, field in schema.get("properties", {}).items():
        yield name, field
        yield from _fields(field.get("items", {}))


def _check_field(field: Mapping[str, Any], what: str, *, is_in_line: bool = False) -> None:
    title, description = field.get("title"), field.get("description", "")
    if field.get("anyOf"):
        alternatives = [one for one in field["anyOf"] if one.get("type") != "null"]
        require(len(alternatives) == 1, f"{what} may have several types. The form draws one.")
        field = {**{key: value for key, value in field.items() if key != "anyOf"}, **alternatives[0]}
    unknown = set(field) - FORM_KEYS
    require(not unknown, f"{what} uses {sorted(unknown)}, which the form cannot draw.")
    unknown = set(field.get("x-lepton", {})) - HINTS
    require(not unknown, f"{what} has unknown hints {sorted(unknown)}.")
    kind = field.get("type")
    has_widget = "enum" in field or "const" in field or kind in SIMPLE or kind == "array"
    require(has_widget, f"{what} is of type {kind}, which the form cannot draw.")
    if kind == "array":
        _check_array(field, what, is_in_line=is_in_line)
    if kind == "integer" and "enum" not in field:
        is_bounded = {"minimum", "exclusiveMinimum"} & set(field) and {"maximum", "exclusiveMaximum"} & set(field)
        require(is_bounded, f"{what} is a whole number without a range. Give ge and le.")
    require(title, f"{what} has no title.")
    require_sentence(description, f"The description of {what[0].lower()}{what[1:]}")


def _check_array(field: Mapping[str, Any], what: str, *, is_in_line: bool) -> None:
    item = field["items"]
    if field.get("x-lepton", {}).get("widget") == "rows":
        require(not is_in_line, f"{what} is a list inside a line, which the form cannot draw.")
        for name, inner in item["properties"].items():
            require(inner.get("type") != "array", f"{what} has a list {name} inside a line.")
            _check_field(inner, f"{what}, field {name},", is_in_line=True)
    else:
        require("enum" in item or item.get("type") in SIMPLE, f"{what} is a list of what the form cannot draw.")


def check_params_travel_as_json(node: type[Node]) -> None:
    """The defaults are valid, and parameters are the same after they were saved in a graph."""
    try:
        node.Params.model_validate(node.Params().model_dump())
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "of all parameters together"
        raise Broken(
            f"The default of its parameter {name}, {first['input']!r}, is not valid by its own rule: {first['msg']}. "
            "Change the default or the range."
        ) from error
    for variant in variants(node, mixed(0).schema):
        saved = json.loads(json.dumps(variant.params.model_dump(mode="json"), allow_nan=False))
        same = node.Params.model_validate(saved) == variant.params
        require(same, f"{variant} are others once they were saved and read again.")


def check_cost(node: type[Node]) -> None:
    """The estimate is a cost at any parameters, and does not fall when the table grows."""
    for variant in variants(node, mixed(0).schema):
        small, large = (node.estimate(rows, 10, variant.params) for rows in (0, 1_000_000))
        require(isinstance(small, Estimate), "estimate does not return an Estimate.")
        for what, name in (("seconds", "seconds"), ("memory_bytes", "bytes of memory")):
            of_none, of_many = getattr(small, what), getattr(large, what)
            is_cost = math.isfinite(of_none) and math.isfinite(of_many) and of_none >= 0 and of_many > 0
            require(
                is_cost,
                f"Its estimate is {of_none} {name} without rows and {of_many} for a million, with {variant}. A cost is "
                "never negative, and a million rows cost something. Leave estimate out for the usual cost.",
            )
            require(of_none <= of_many, f"Its estimated {name} fall as the table grows, with {variant}.")


def check_translations(node: type[Node]) -> None:
    """Its words in another language are those of a title, of parameters and of messages that it has."""
    for language in LANGUAGES:
        found = unknown(node, language)
        require(
            not found,
            f"Its {language}.json has {found}, which nobody reads. It holds {sorted(NODE_KEYS)}; under params, by "
            f"name of a parameter, {sorted(PARAM_KEYS)}; under messages, by id of a message of its folder, a text.",
        )


def check_transforms_are_registered(node: type[Node]) -> None:
    """Each transform in its module has a stable id."""
    registered = {one.type for one in TRANSFORMS.all()}
    for name, cls in inspect.getmembers(sys.modules[node.__module__], inspect.isclass):
        is_own = cls.__module__ == node.__module__ and issubclass(cls, Transform) and not inspect.isabstract(cls)
        require(not is_own or cls in registered, f'{name} has no stable id: decorate it with @transform("...").')


DESCRIPTION = (
    check_params_are_assigned,
    check_transforms_are_registered,
    check_words,
    check_serving_is_said,
    check_form,
    check_translations,
    check_params_travel_as_json,
    check_cost,
    check_messages,
    check_renamed,
    check_parameters_of_older_versions,
)

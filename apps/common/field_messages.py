"""Ids for the sentences of Django and Django REST framework about fields, so that the page can translate them."""

from __future__ import annotations

import re

from tasks.graph.messages import Message

IDS = {
    "required": "field.required",
    "null": "field.null",
    "blank": "field.blank",
    "empty": "field.empty",
    "invalid": "field.invalid",
    "invalid_choice": "field.invalid_choice",
    "not_a_list": "field.not_a_list",
    "not_a_dict": "field.not_an_object",
    "max_length": "field.max_length",
    "min_length": "field.min_length",
    "max_value": "field.max_value",
    "min_value": "field.min_value",
    "does_not_exist": "field.does_not_exist",
    "unique": "field.unique",
    "past": "field.past",
    "no_name": "field.no_file",
    "password_too_short": "password.too_short",
    "password_too_common": "password.too_common",
    "password_entirely_numeric": "password.only_digits",
    "password_blank": "password.blank",
    "password_too_similar": "password.too_similar",
}
"""Code of the framework to the id under which the page has its sentence."""

_QUOTED = re.compile(r'^"(.*)" is not a valid choice', re.DOTALL)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WITH_LIMIT = frozenset({"max_length", "min_length", "max_value", "min_value", "password_too_short"})


def field_message(text: str, code: str) -> str:
    """Return a sentence of a framework with the id that goes with its code; the sentence alone for an unknown code.

    Args:
        text: The sentence in English. A limit is the number in it, since frameworks hand nothing else on.
        code: What the framework calls the fault, such as ``max_length``.
    """
    if isinstance(text, Message) or code not in IDS:
        return text
    params: dict[str, object] = {}
    if code in _WITH_LIMIT:
        found = _NUMBER.search(text)
        if found is None:
            return text
        params["limit"] = float(found[0]) if "." in found[0] else int(found[0])
    if code == "invalid_choice":
        quoted = _QUOTED.match(text)
        params["value"] = quoted[1] if quoted else ""
    return Message.from_parts(text, {"id": IDS[code], "params": params})

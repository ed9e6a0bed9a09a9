"""Messages that the page can translate: the English text, with the id and the parameters it was composed from.

A message travels as ``{"message": English text, "message_id", "message_params"}``. The page shows the text that its
language has for the id, filled with the parameters; without one it shows the English text. A plain string is a message
without an id: it is shown as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Self

SHOWN_NAMES = 5


class Message(str):
    """A sentence for a person that keeps its id and parameters beside its English text.

    Use it wherever a sentence is expected; as a string it equals the English text.

    Example:
        >>> Message("split.too_few_rows", "{rows:,} rows came in; a split needs at least 2.", rows=1)
        '1 rows came in; a split needs at least 2.'

    Args:
        message_id: Names the sentence for good: ``<area>.<what is the matter>``.
        template: The English text with ``str.format`` fields.
        one: The English text for ``count=1``, where the plural differs.
        params: Values of the fields: numbers and strings as they are (the page formats them for its language), `Term`,
            `Names`, or another message.
    """

    __slots__ = ("id", "params")

    id: str
    params: Mapping[str, Any]

    def __new__(cls, message_id: str, template: str, *, one: str = "", **params: Any) -> Self:  # noqa: D102
        chosen = one if one and params.get("count") == 1 else template
        made = super().__new__(cls, chosen.format(**params))
        made.id = message_id
        made.params = params
        return made

    @classmethod
    def from_parts(cls, text: str, parts: Mapping[str, Any] | None) -> str:
        """Return the message whose `parts` were stored beside its text; the plain text where there are none."""
        if not parts:
            return text
        made = super().__new__(cls, text)
        made.id = str(parts["id"])
        made.params = dict(parts["params"])
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return (Message.from_parts, (str(self), parts_of(self)))


class Term(str):
    """A word of the product as a parameter (a column type, a task, a title): the page shows its own word for ``key``.

    Args:
        key: Where the page finds the word: ``type.date`` (its text catalogue), ``node:split.split`` (a node's title) or
            ``param:split.split.test_size`` (a parameter's title).
        text: The English word.
    """

    __slots__ = ("key",)

    key: str

    def __new__(cls, key: str, text: str) -> Self:  # noqa: D102
        made = super().__new__(cls, text)
        made.key = key
        return made


class Names(str):
    """A list of names as a parameter: the first ``shown`` in quotation marks, then how many more there are."""

    __slots__ = ("more", "shown")

    shown: list[str]
    more: int

    def __new__(cls, names: Iterable[str], shown: int = SHOWN_NAMES) -> Self:  # noqa: D102
        listed = [str(name) for name in names]
        first, more = listed[:shown], max(0, len(listed) - shown)
        made = super().__new__(cls, ", ".join(f"“{name}”" for name in first) + (f" and {more:,} more" if more else ""))
        made.shown, made.more = first, more
        return made


class Choices(str):
    """Words of the product to choose from as a parameter, separated by commas: each is a `Term` or plain text."""

    __slots__ = ("terms",)

    terms: list[str]

    def __new__(cls, terms: Iterable[str]) -> Self:  # noqa: D102
        listed = list(terms)
        made = super().__new__(cls, ", ".join(listed))
        made.terms = listed
        return made


def message_json(message: str) -> dict[str, Any]:
    """Return a message as JSON data: ``{"message"}``, and ``"message_id"`` and ``"message_params"`` if it has an id."""
    if not isinstance(message, Message):
        return {"message": str(message)}
    return {"message": str(message), "message_id": message.id, "message_params": _params_json(message)}


def parts_of(message: str) -> dict[str, Any] | None:
    """Return ``{"id", "params"}`` of a message, to be stored beside its text; ``None`` for a plain string."""
    return {"id": message.id, "params": _params_json(message)} if isinstance(message, Message) else None


def from_json(data: Mapping[str, Any] | str) -> str:
    """Return the message that `message_json` wrote; a plain string as it is."""
    if isinstance(data, str):
        return data
    text = str(data.get("message", ""))
    if not data.get("message_id"):
        return text
    return Message.from_parts(text, {"id": data["message_id"], "params": data.get("message_params") or {}})


def _params_json(message: Message) -> dict[str, Any]:
    return {name: _param_json(value) for name, value in message.params.items()}


def _param_json(value: Any) -> Any:
    if isinstance(value, Message):
        return message_json(value)
    if isinstance(value, Term):
        return {"term": value.key, "text": str(value)}
    if isinstance(value, Names):
        return {"names": value.shown, "more": value.more}
    if isinstance(value, Choices):
        return {"choices": [_param_json(term) for term in value.terms]}
    if isinstance(value, dict):
        return {str(key): _nested_json(item) for key, item in value.items()}
    if hasattr(value, "item") and not getattr(value, "ndim", 0):  # a NumPy number
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):  # JSON has no such number
        return str(value)
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _nested_json(value: Any) -> Any:
    """Return what is inside a parameter that was stored before, lists as lists."""
    return [_nested_json(item) for item in value] if isinstance(value, list | tuple) else _param_json(value)

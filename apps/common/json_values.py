r"""JSON values that every database and every answer can hold: no half of a surrogate pair, no NUL, no infinity.

JSON may spell all of these (``"\ud83d"``, ``"\u0000"``, ``1e999``); PostgreSQL, UTF-8 and JSON answers refuse some
each. What a person sends is refused with its place (`unstorable_paths`); what is written down anyway, such as the
reason of a failure, is cleaned (`sanitized`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPED = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")  # whole pairs of surrogates too
REPLACEMENT = "\ufffd"


def sanitized(value: Any) -> Any:
    """Return JSON data with ``REPLACEMENT`` for each such character and ``None`` for each such number.

    Data without any are returned as they are.
    """
    return _cleaned(value) if next(unstorable_paths(value), None) is not None else value


def sanitized_text(value: Any) -> Any:
    """Return JSON data with ``REPLACEMENT`` for each such character; numbers stay."""
    if isinstance(value, str):
        return _UNSTORABLE.sub(REPLACEMENT, value) if _UNSTORABLE.search(value) else value
    if isinstance(value, Mapping):
        return {sanitized_text(name): sanitized_text(inner) for name, inner in value.items()}
    return [sanitized_text(inner) for inner in value] if isinstance(value, list | tuple) else value


def load_sanitized(line: bytes) -> Any:
    """Return the data of a line of JSON as `sanitized_text` makes it; most lines need no look at each text."""
    data = json.loads(line)
    return sanitized_text(data) if _ESCAPED.search(line) else data


def unstorable_paths(value: Any, at: str = "") -> Iterator[str]:
    """Iterate over the places of what cannot be stored, such as ``document.nodes.0.title``; a name is a place too."""
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            yield at
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield at
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            place = _joined(at, name)
            if isinstance(name, str) and _UNSTORABLE.search(name):
                yield place
            yield from unstorable_paths(inner, place)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from unstorable_paths(inner, _joined(at, index))


def _joined(at: str, name: object) -> str:
    shown = _UNSTORABLE.sub(REPLACEMENT, str(name))
    return f"{at}.{shown}" if at else shown


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub(REPLACEMENT, value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_cleaned(name): _cleaned(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner) for inner in value]
    return value

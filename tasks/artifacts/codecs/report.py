"""Figures as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tasks.artifacts.codecs.plain import json_bytes
from tasks.artifacts.store import Encoded, Files, Store
from tasks.contract.values import Figure, Report
from tasks.graph.messages import Message, parts_of


def encode(value: Report, store: Store) -> Encoded:  # noqa: ARG001
    """Return the figures as one JSON file."""
    data = {"figures": [_figure_json(figure) for figure in value.figures]}
    return Encoded({"report.json": json_bytes(data)}, {"figures": [figure.title for figure in value.figures]})


def decode(files: Files, store: Store) -> Report:  # noqa: ARG001
    """Return the report that `encode` wrote."""
    return Report(tuple(Figure(**figure) for figure in files.json("report.json")["figures"]))


def _figure_json(figure: Figure) -> dict[str, Any]:
    messages = {str(message): parts_of(message) for message in _messages_in([figure.title, figure.spec])}
    return {
        "name": figure.name,
        "title": figure.title,
        "spec": figure.spec,
        "messages": {**figure.messages, **messages},
    }


def _messages_in(value: Any) -> Iterator[Message]:
    if isinstance(value, Message):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _messages_in(inner)
    elif isinstance(value, list | tuple) and value and not isinstance(value[0], int | float):
        for inner in value:
            yield from _messages_in(inner)

"""Figures as JSON."""

from __future__ import annotations

from dataclasses import asdict

from tasks.artifacts.codecs.plain import json_bytes
from tasks.artifacts.store import Encoded, Files, Store
from tasks.contract.values import Figure, Report


def encode(value: Report, store: Store) -> Encoded:  # noqa: ARG001
    """Return the figures as one JSON file."""
    data = {"figures": [asdict(figure) for figure in value.figures]}
    return Encoded({"report.json": json_bytes(data)}, {"figures": [figure.title for figure in value.figures]})


def decode(files: Files, store: Store) -> Report:  # noqa: ARG001
    """Return the report that `encode` wrote."""
    return Report(tuple(Figure(**figure) for figure in files.json("report.json")["figures"]))

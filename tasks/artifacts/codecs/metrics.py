"""Metrics as JSON. A score that is not a number is written as ``null``."""

from __future__ import annotations

import math

from tasks.artifacts.codecs.plain import json_bytes
from tasks.artifacts.store import Encoded, Files, Store
from tasks.contract.values import Metrics
from tasks.verdict.values import Verdict


def encode(value: Metrics, store: Store) -> Encoded:  # noqa: ARG001
    """Return the numbers as one JSON file."""
    data = {"values": dict(value.values), "headline": value.headline, "details": dict(value.details)}
    shown = {name: score for name, score in value.values.items() if math.isfinite(score)}
    verdict = {"verdict": value.verdict.to_json()} if value.verdict else {}
    summary = {"values": shown, "headline": value.headline, **verdict}
    return Encoded({"metrics.json": json_bytes({**data, **verdict})}, summary)


def decode(files: Files, store: Store) -> Metrics:  # noqa: ARG001
    """Return the metrics that `encode` wrote."""
    data = files.json("metrics.json")
    return Metrics(
        values={name: math.nan if score is None else score for name, score in data["values"].items()},
        headline=data["headline"],
        details={title: tuple(rows) for title, rows in data["details"].items()},
        verdict=Verdict.from_json(data["verdict"]) if data.get("verdict") else None,
    )

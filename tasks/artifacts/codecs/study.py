"""The trials of a search as JSON."""

from __future__ import annotations

from dataclasses import asdict

from tasks.artifacts.codecs.plain import json_bytes, plain
from tasks.artifacts.store import Encoded, Files, Store
from tasks.contract.values import Study, Trial


def encode(value: Study, store: Store) -> Encoded:  # noqa: ARG001
    """Return the trials as one JSON file."""
    best = next((trial.value for trial in value.trials if trial.number == value.best), None)
    summary = {"metric": value.metric, "trials": len(value.trials), "best": plain(best)}
    return Encoded({"study.json": json_bytes(asdict(value))}, summary)


def decode(files: Files, store: Store) -> Study:  # noqa: ARG001
    """Return the study that `encode` wrote."""
    data = files.json("study.json")
    return Study(**{**data, "trials": tuple(Trial(**trial) for trial in data["trials"])})

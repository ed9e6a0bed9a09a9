"""A model: what it is as JSON, its native form signed, ONNX where it converts, and held-out rows."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.artifacts.codecs.plain import (
    json_bytes,
    plain,
    reading_from_json,
    reading_json,
    schema_from_json,
    schema_json,
)
from tasks.artifacts.codecs.recipe import FORMAT, recipe_from_files, recipe_to_files
from tasks.artifacts.codecs.table import sample_files, sample_from_files
from tasks.artifacts.signature import check_signature, sign
from tasks.artifacts.store import Encoded, Files, Store
from tasks.contract.model import Dimension, Learner, Model, Task
from tasks.contract.predictor import Estimator, described, estimator_of, signed_as
from tasks.verdict.values import Verdict

NATIVE = "native/"


def encode(value: Model, store: Store) -> Encoded:
    """Return the model as files; its training table becomes an artifact of its own."""
    training = store.put(value.training).digest
    native = {f"{NATIVE}{name}": bytes(content) for name, content in value.estimator.files().items()}
    predictor = described(value.estimator)
    onnx = value.estimator.to_onnx(len(value.features))
    transforms, arrays = recipe_to_files(value.transforms)
    about = {
        "format": FORMAT,
        **_about(value),
        "steps": transforms,
        "training": training,
        "estimator": {**predictor, "signature": sign(signed_as(predictor), native)},
        "onnx": onnx is not None,
    }
    files = {
        "model.json": json_bytes(about),
        **sample_files("held_out", value.held_out),
        "expected.npy": _array_bytes(value.expected),
        **arrays,
        **native,
        **({"model.onnx": onnx} if onnx is not None else {}),
    }
    summary = {
        "task": str(value.task),
        "target": value.target,
        "classes": list(value.classes[:20]),
        **({"positive": value.positive, "threshold": value.threshold} if value.positive else {}),
        "features": len(value.features),
        "metrics": plain(dict(value.metrics)),
        "scored_on": value.scored_on,
        "learner": value.learner.node,
        **_verdict(value),
    }
    return Encoded(files, summary, (training,))


def decode(files: Files, store: Store) -> Model:
    """Return the model that `encode` wrote.

    Raises:
        ArtifactDamaged: Its native form was not written and signed by this server.
    """
    about = files.json("model.json")
    return Model(
        task=Task(about["task"]),
        target=about["target"],
        classes=tuple(about["classes"]),
        features=tuple(about["features"]),
        raw_schema=schema_from_json(about["raw_schema"]),
        transforms=recipe_from_files(about["steps"], files),
        estimator=load_estimator(files, about["estimator"]),
        learner=_learner(about["learner"]),
        training=store.get(about["training"]),
        metrics={name: float("nan") if score is None else score for name, score in about["metrics"].items()},
        scored_on=about["scored_on"],
        held_out=sample_from_files(files, "held_out"),
        expected=np.load(io.BytesIO(files.read("expected.npy")), allow_pickle=False),
        threshold=about["threshold"],
        lineage=about["lineage"],
        reading=reading_from_json(about),
        verdict=Verdict.from_json(about["verdict"]) if about.get("verdict") else None,
    )


def load_estimator(files: Files, stored: Mapping[str, Any]) -> Estimator:
    """Return the estimator from its native files, after their signature was found right.

    Raises:
        ArtifactDamaged: The signature is wrong.
        ValueError: No such predictor is installed here.
    """
    native = {name: files.read(name) for name in files.names if name.startswith(NATIVE)}
    check_signature(signed_as(stored), native, stored["signature"])
    return estimator_of(stored, {name.removeprefix(NATIVE): content for name, content in native.items()})


def _about(value: Model) -> dict[str, Any]:
    learner = value.learner
    return {
        "task": str(value.task),
        "target": value.target,
        "classes": list(value.classes),
        "features": list(value.features),
        "raw_schema": schema_json(value.raw_schema),
        **reading_json(value.reading),
        "learner": {
            "node": learner.node,
            "params": dict(learner.params),
            "version": learner.version,
            "space": [
                {
                    "name": dimension.name,
                    "kind": dimension.kind,
                    "low": dimension.low,
                    "high": dimension.high,
                    "log": dimension.log,
                    "choices": list(dimension.choices),
                }
                for dimension in learner.space
            ],
        },
        "metrics": dict(value.metrics),
        "scored_on": value.scored_on,
        "threshold": value.threshold,
        "lineage": dict(value.lineage),
        **_verdict(value),
    }


def _verdict(value: Model) -> dict[str, Any]:
    return {"verdict": value.verdict.to_json()} if value.verdict else {}


def _learner(data: dict[str, Any]) -> Learner:
    space = tuple(Dimension(**{**one, "choices": tuple(one["choices"])}) for one in data["space"])
    return Learner(data["node"], data["params"], space, data.get("version", 1))


def _array_bytes(values: np.ndarray) -> bytes:
    sink = io.BytesIO()
    np.save(sink, values, allow_pickle=False)
    return sink.getvalue()

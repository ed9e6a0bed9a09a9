"""What a stored value holds, as JSON data, and how that is compared with what it held when it was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.catalogue import catalogue
from tasks.contract.invoke import upgrade_params
from tasks.contract.model import Model, Package
from tasks.contract.reading import Reading
from tasks.contract.registry import node_class
from tasks.contract.schema import Schema
from tasks.contract.table import Sample, Table
from tasks.contract.transform import Columns, Transform, transform
from tasks.contract.values import Metrics, Report, Study
from tasks.graph.document import Document
from tasks.graph.problems import find_problems

KEY = "the key of the golden store"
"""Signs every generation; a test key, in no installation."""

DOUBLE = 1e-11
SINGLE = 1e-4
SEARCHED = 1e-6
"""Of the minimum of a loss: exponents that differ by less have the same loss in double precision."""


@transform("golden.weighted")
class Weighted(Transform):
    """Adds the sum of its weights, so that a transform with a learned array is stored; no node of ours makes one."""

    column: str
    weights: np.ndarray

    @property
    def inputs(self) -> tuple[str, ...]:
        """The weighted column."""
        return (self.column,)

    outputs = inputs

    def apply(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the columns with the weights added to one of them."""
        return {**columns, self.column: columns[self.column] + self.weights.sum()}

    def describe(self, schema: Schema) -> Schema:
        """Return the same columns."""
        return schema


def processor() -> list[str]:
    """Return what NumPy chooses its kernels by, and the kernels that OpenBLAS chose, which it does by model."""
    from numpy._core._multiarray_umath import __cpu_features__
    from threadpoolctl import threadpool_info

    features = [name for name, is_there in __cpu_features__.items() if is_there]
    kernels = {f"OpenBLAS {pool['architecture']}" for pool in threadpool_info() if pool["internal_api"] == "openblas"}
    return sorted({*features, *kernels})


def same(got: Any, expected: Any, written_on: list[str], *, tolerance: float = DOUBLE) -> bool:
    """Return whether JSON data are equal: to the last bit on the kind of processor that computed ``expected``.

    On another one, sums of products, sines, logarithms and exponentials come from other kernels of NumPy, OpenBLAS and
    ONNX Runtime, which add in another order; there numbers may differ by a share of ``tolerance``. Generations 1 and 2
    do not say which kernels of OpenBLAS they were computed with, and are always compared with the tolerance.
    """
    if got == expected:
        return True
    if processor() == written_on:
        return False
    if isinstance(expected, Mapping):
        return got.keys() == expected.keys() and all(
            same(got[key], expected[key], written_on, tolerance=tolerance) for key in expected
        )
    if isinstance(expected, list):
        return len(got) == len(expected) and all(
            same(*pair, written_on, tolerance=tolerance) for pair in zip(got, expected, strict=True)
        )
    if isinstance(expected, float):
        return bool(abs(got - expected) <= tolerance * max(abs(expected), 1.0))
    return False


def array_json(values: np.ndarray) -> Any:
    """Return an array as lists, ``None`` where a value is missing; floats read back to the last bit."""
    if values.dtype.kind == "M":
        return [None if value is None else value.isoformat() for value in values.tolist()]
    if values.dtype.kind == "f" and values.ndim == 1:
        return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 - NaN
    return values.tolist()


def digest(values: np.ndarray | None) -> str | None:
    """Return a hash of every bit of an array, of its type and of its shape."""
    if values is None:
        return None
    content = json.dumps(values.tolist()).encode() if values.dtype == object else np.ascontiguousarray(values).tobytes()
    return hashlib.sha256(f"{values.dtype.str} {values.shape} ".encode() + content).hexdigest()[:16]


def metrics_state(value: Metrics) -> dict[str, Any]:
    """Return everything that metrics hold."""
    details = {title: [dict(row) for row in rows] for title, rows in value.details.items()}
    return {"values": dict(value.values), "headline": value.headline, "details": details}


def report_state(value: Report) -> dict[str, Any]:
    """Return what a report holds; its figures as a hash."""
    specs = (json.dumps(figure.spec, sort_keys=True).encode() for figure in value.figures)
    return {
        "titles": [[figure.name, figure.title] for figure in value.figures],
        "specs": [hashlib.sha256(spec).hexdigest()[:16] for spec in specs],
    }


def study_state(value: Study) -> dict[str, Any]:
    """Return everything that a study holds."""
    return {
        "metric": value.metric,
        "direction": value.direction,
        "best": value.best,
        "importance": dict(value.importance),
        "trials": [[t.number, dict(t.params), t.value, t.state, t.seconds, t.is_best] for t in value.trials],
    }


def table_state(value: Table) -> dict[str, Any]:
    """Return everything that a table holds but its recipe; arrays as hashes."""
    return {
        "schema": _schema(value.schema),
        "raw_schema": _schema(value.raw_schema),
        "columns": _arrays(value.columns),
        "row_ids": digest(value.row_ids),
        "partition": digest(value.partition),
        "sample": _sample(value.sample),
        "division": None if value.split_spec is None else [value.split_spec.method, value.split_spec.by],
        "before": None if value.at_split is None or value.at_split is value else _arrays(value.at_split.columns),
        "replay": [note.node for note in value.post_split_nodes],
        **_reading(value.reading),
    }


def model_state(value: Model) -> dict[str, Any]:
    """Return what a model holds, and what it gives for a matrix."""
    matrix = np.linspace(-2.0, 2.0, 5 * len(value.features)).reshape(5, -1)
    return {
        "task": str(value.task),
        "target": value.target,
        "classes": list(value.classes),
        "features": list(value.features),
        "raw_schema": _schema(value.raw_schema),
        "threshold": value.threshold,
        "scored_on": value.scored_on,
        "metrics": dict(value.metrics),
        "lineage": dict(value.lineage),
        "held_out": _sample(value.held_out),
        "expected": digest(value.expected),
        **_reading(value.reading),
        "learner": value.learner.node,
        "output": array_json(value.estimator.predict(matrix)),
    }


def package_state(value: Package) -> dict[str, Any]:
    """Return what a package holds beside its program."""
    return {"name": value.name, "parity": dict(value.parity)}


def graph_state(document: Document) -> dict[str, Any]:
    """Return what a graph that is opened today says: its faults, its wires, and how much was set in each node.

    Names and values of parameters change with the nodes, but what a person set stays another value than what the node
    had where nothing was set.
    """
    changed = {}
    for node in document.nodes:
        cls = node_class(node.type)
        params = upgrade_params(cls, node.params, node.version).model_dump(mode="json")
        usual = upgrade_params(cls, {}, node.version).model_dump(mode="json")
        changed[node.id] = sum(params[name] != usual[name] for name in params)
    faults = [[problem.at, problem.severity] for problem in find_problems(document, catalogue())]
    wires = [[edge.source, edge.source_port, edge.target, edge.target_port] for edge in document.edges]
    return {"changed": changed, "faults": sorted(faults), "wires": wires, "order": list(document.order())}


def answers_of(program: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a program answers: each row alone, all together, by column; and why, of the first two."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return {
        "alone": [_answer(program.predict_rows([row])) for row in rows],
        "together": _answer(program.predict_rows(rows)),
        "by_column": _answer(program.predict_columns(columns)),
        "explained": [one.as_json() for one in program.explain_rows(rows[:2])],
    }


def _answer(answer: Any) -> dict[str, Any]:
    shares = answer.probabilities
    return {
        "predictions": list(answer.predictions),
        "probabilities": None if shares is None else [dict(one) for one in shares],
        "warnings": list(answer.warnings),
    }


def _reading(reading: Reading | None) -> dict[str, Any]:
    return {} if reading is None else {"reading": reading.model_dump(mode="json", exclude_defaults=True)}


def _schema(schema: Schema) -> Any:
    return schema.model_dump(mode="json", exclude_defaults=True)


def _sample(sample: Sample) -> dict[str, Any]:
    words = {"words": _arrays(sample.words)} if sample.words else {}
    return {"row_ids": digest(sample.row_ids), "columns": _arrays(sample.columns), **words}


def _arrays(columns: Mapping[str, np.ndarray]) -> dict[str, str | None]:
    return {name: digest(values) for name, values in columns.items()}

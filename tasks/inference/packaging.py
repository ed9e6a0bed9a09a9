"""A fitted model made ready for an endpoint, refused unless it repeats what training gave."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tasks.artifacts.arrays import arrays_to_bytes
from tasks.artifacts.codecs.plain import reading_json
from tasks.contract.context import RunContext
from tasks.contract.errors import NodeError
from tasks.contract.model import Model, Package, Task
from tasks.contract.predictor import described, signed_as
from tasks.contract.reading import FileReading, Reading
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Sample
from tasks.contract.transform import transform_to_json
from tasks.graph.messages import Message
from tasks.inference.csv_rows import read_csv
from tasks.inference.decision import decide
from tasks.inference.drift import reference_of
from tasks.inference.explain import BACKGROUND_ROWS, linear_manifest
from tasks.inference.intervals import residual_quantiles
from tasks.inference.parity_diagnosis import first_difference
from tasks.inference.program import FORMAT, Program
from tasks.inference.rows import RowProblems
from tasks.inference.spelled_rows import as_file, spelled_rows, spelling_examples

RELATIVE_TOLERANCE = 1e-5
"""Largest difference from training, as a share of the predictions' size (their spread for regression)."""

ARRAYS = "arrays.npz"
"""The file of a package that holds the arrays of its program."""

ALONE_ROWS = 16
"""So many rows are answered one by one too."""


def package(model: Model, name: str, context: RunContext) -> Package:
    """Return the model as a package for an endpoint, after held-out rows gave what training gave.

    Raises:
        NodeError: A held-out raw row is refused by the program or answered otherwise than in training.
    """
    estimator, files = _converted(model)
    rows = raw_rows(model.raw_schema, model.held_out.columns)
    arrays: dict[str, np.ndarray] = {}
    program = _manifest(model, estimator, rows, arrays)
    if arrays:
        program["arrays"] = ARRAYS
        files[ARRAYS] = arrays_to_bytes(arrays)
    context.progress(0.5, Message("progress.parity", "Comparing with training"))
    parity = check_parity(model, Program.load(program, files), rows)
    context.log(
        Message(
            "log.parity",
            "{count:,} held-out rows went through the endpoint's program; largest difference from training "
            "{difference}.",
            count=parity["rows"],
            difference=f"{parity['largest_difference']:.2g}",
        )
    )
    return Package(name, program, files, parity)


def raw_rows(schema: Schema, columns: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return raw columns as rows of JSON values, the way a caller would send them."""
    lists = [_json_values(column, columns[column.name]) for column in schema.each()]
    count = len(lists[0]) if lists else 0
    return [dict(zip(schema.names, values, strict=True)) for values in zip(*lists, strict=True)] or [
        {} for _ in range(count)
    ]


def check_parity(model: Model, program: Program, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how closely the program repeats training: rows, largest difference, tolerance, milliseconds a row.

    All rows go through it together, and some alone, since an endpoint is mostly asked about one.

    Raises:
        NodeError: It does not; the message names the first row that differs, both answers and the transform that
            differs.
    """
    if not rows:
        raise NodeError(
            Message("packaging.no_rows", "The model kept no rows to compare with. Train it on a table that has rows.")
        )
    expected = model.expected
    size = float(np.abs(expected).max(initial=0.0)) if model.task is Task.REGRESSION else 1.0
    tolerance = RELATIVE_TOLERANCE * max(size, 1e-12)
    started = time.perf_counter()
    difference = _compared(model, program, rows, program.read, tolerance)
    seconds = time.perf_counter() - started
    spelled = spelled_rows(model, rows)
    if spelled is not None:
        _compared(model, program, spelled, program.read, tolerance)
    if model.reading is not None and model.reading.file is not None and rows[0]:
        _compared(model, program, spelled or rows, _through_a_file(program, model.reading), tolerance)
    for index in range(min(len(rows), ALONE_ROWS)):
        alone = _alone(program, rows[index])
        if not (_differences(alone, expected[index : index + 1])[0] <= tolerance):
            raise _refused(model, program, rows, index, alone[0])
    return {
        "rows": len(rows),
        "largest_difference": float(difference.max()),
        "tolerance": tolerance,
        "milliseconds_per_row": round(1000 * seconds / len(rows), 4),
    }


def _compared(
    model: Model,
    program: Program,
    rows: list[dict[str, Any]],
    read: Callable[[list[dict[str, Any]]], Mapping[str, np.ndarray]],
    tolerance: float,
) -> np.ndarray:
    """Return the difference of each row that ``read`` reads, shape (rows,).

    Raises:
        NodeError: A row is refused, or answered otherwise than in training.
    """
    try:
        given = program.raw_output(read(rows), len(rows))
    except RowProblems as problem:
        index, column, message = problem.problems[0]
        raise NodeError(
            Message(
                "packaging.row_refused",
                "The endpoint would reject row {row:,} of the data, on which the model was scored: {reason} Clean "
                "“{column}” with a node that becomes part of the endpoint.",
                row=int(model.held_out.row_ids[index]) + 1,
                reason=message,
                column=column,
            )
        ) from problem
    difference = _differences(given, model.expected)
    wrong = np.flatnonzero(~(difference <= tolerance))
    if len(wrong):
        index = int(wrong[0])
        raise _refused(model, program, rows, index, given[index])
    return difference


def _through_a_file(program: Program, reading: Reading) -> Callable[[list[dict[str, Any]]], Mapping[str, np.ndarray]]:
    """Return what reads rows as an endpoint reads a file of them that is written as the training file was."""

    def read(rows: list[dict[str, Any]]) -> Mapping[str, np.ndarray]:
        file = reading.file or FileReading()
        columns, _ = read_csv(as_file(file, reading, rows), program.raw_schema, len(rows), reading)
        return program.read_columns(columns)

    return read


def _alone(program: Program, row: dict[str, Any]) -> np.ndarray:
    """Return what the program gives for one row: shape (1,) or (1, classes). Raises `RowProblems` as it does."""
    answer = program.predict_rows([row])
    if answer.probabilities is None:
        return np.asarray(answer.predictions, dtype=np.float64)
    return np.asarray([list(shares.values()) for shares in answer.probabilities], dtype=np.float64)


def _differences(given: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return the largest difference of each row, shape (rows,)."""
    made: np.ndarray = np.abs(given - expected).reshape(len(given), -1).max(axis=1)
    return made


def _refused(model: Model, program: Program, rows: list[dict[str, Any]], index: int, given: np.ndarray) -> NodeError:
    return NodeError(
        Message(
            "packaging.answers_differ",
            "The endpoint would not answer as in training: row {row:,} of the data gave {trained} in training and "
            "{served} in the endpoint. {cause}",
            row=int(model.held_out.row_ids[index]) + 1,
            trained=_shown(model.expected[index]),
            served=_shown(given),
            cause=first_difference(model, program, rows[index], index),
        )
    )


def _shown(value: np.ndarray) -> str:
    return ", ".join(f"{part:.6g}" for part in np.atleast_1d(value))


def _converted(model: Model) -> tuple[dict[str, Any], dict[str, bytes]]:
    onnx = model.estimator.to_onnx(len(model.features))
    if onnx is not None:
        return {"format": "onnx", "files": ["model.onnx"]}, {"model.onnx": onnx}
    from tasks.artifacts.signature import sign

    native = {name: bytes(content) for name, content in model.estimator.files().items()}
    stored = described(model.estimator)
    signature = sign(signed_as(stored), native)
    return {"format": "native", **stored, "signature": signature, "files": list(native)}, native


def _manifest(
    model: Model, estimator: dict[str, Any], rows: list[dict[str, Any]], arrays: dict[str, np.ndarray]
) -> dict[str, Any]:
    """Return the program as JSON data; what was learned as arrays is put into ``arrays``, for a file beside it."""
    complete = next((row for row in rows if None not in row.values()), rows[0] if rows else {})
    return {
        "format": FORMAT,
        "task": str(model.task),
        "target": model.target,
        "classes": list(model.classes),
        "class_values": _class_values(model),
        "threshold": model.threshold,
        "features": list(model.features),
        "raw_schema": model.raw_schema.model_dump(mode="json"),
        **reading_json(model.reading),
        "spelling": spelling_examples(model),
        "steps": [transform_to_json(transform, arrays) for transform in model.transforms],
        "estimator": estimator,
        "example": complete,
        "metrics": {name: float(v) if math.isfinite(v) else None for name, v in model.metrics.items()},
        "scored_on": model.scored_on,
        "verdict": model.verdict.to_json() if model.verdict else None,
        "learner": model.learner.node,
        "learner_params": dict(model.learner.params),
        "lineage": dict(model.lineage),
        "residual_quantiles": _residual_quantiles(model),
        "background": _background(model.raw_schema, rows),
        "linear": linear_manifest(model.estimator, arrays),
        "reference": _spread(model),
    }


def _spread(model: Model) -> dict[str, Any]:
    """Return how the raw columns were spread over training rows, and the answers over those held out."""
    table = model.training
    fitted = table.row_ids[table.training_mask]
    raw = {name: table.sample.columns[name] for name in model.raw_schema.names if name in table.sample.columns}
    learned = Sample(table.sample.row_ids, raw).filter(np.flatnonzero(np.isin(table.sample.row_ids, fitted)))
    rows = learned if len(learned.row_ids) and len(raw) == len(model.raw_schema) else model.held_out
    if model.task is Task.REGRESSION:
        return reference_of(model.raw_schema, rows.columns, model.expected.tolist(), None)
    values = _class_values(model)
    answered = [values[at] for at in decide(model.expected, model.threshold)] if len(model.expected) else []
    return reference_of(model.raw_schema, rows.columns, answered, values)


def _residual_quantiles(model: Model) -> dict[str, Any] | None:
    """Return how far off the model was on rows it was not fitted on; ``None`` for classes."""
    if model.task is not Task.REGRESSION:
        return None
    table = model.training
    truth = dict(zip(table.row_ids.tolist(), table.columns[model.target].tolist(), strict=True))
    fitted = set(table.row_ids[table.training_mask].tolist())
    pairs = zip(model.held_out.row_ids.tolist(), model.expected.tolist(), strict=True)
    residuals = [truth[row] - given for row, given in pairs if row in truth and row not in fitted]
    return residual_quantiles(np.asarray(residuals, dtype=np.float64))


def _background(schema: Schema, rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return some rows, evenly from all, as columns: what explanations compare with."""
    chosen = rows[:: max(len(rows) // BACKGROUND_ROWS, 1)][:BACKGROUND_ROWS]
    return {name: [row[name] for row in chosen] for name in schema.names}


def _class_values(model: Model) -> list[Any]:
    """Return the classes as they stand in the data: true and false, whole numbers, or text."""
    target = model.training.schema.find(model.target)
    if target is None or not target.type.is_numeric:
        return list(model.classes)
    if target.type is ColumnType.BOOLEAN:
        return [name == "true" for name in model.classes]
    return [int(float(name)) if float(name).is_integer() else float(name) for name in model.classes]


def _json_values(column: Column, values: np.ndarray) -> list[Any]:
    if column.type is ColumnType.DATE:
        return [None if np.isnat(value) else _date(value) for value in values]
    if not column.type.is_numeric:
        return [None if value is None else str(value) for value in values]
    made: list[Any] = values.tolist()
    kind: type = {ColumnType.INTEGER: int, ColumnType.BOOLEAN: bool}.get(column.type, float)
    return [None if value != value else kind(value) for value in made]  # noqa: PLR0124 - NaN


def _date(value: np.datetime64) -> str:
    """Return a moment as people write it: without the parts that are zero."""
    text = str(np.datetime_as_string(value, unit="us"))
    return text.removesuffix(".000000").removesuffix("T00:00:00")

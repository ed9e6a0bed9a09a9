"""A model as a fast program: raw rows in, predictions out. NumPy and ONNX Runtime only."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from tasks.contract.model import Task
from tasks.contract.predictor import estimator_of, signed_as
from tasks.contract.reading import Reading
from tasks.contract.schema import Schema
from tasks.contract.transform import Transform, run_transforms, transform_from_json
from tasks.inference import row_messages
from tasks.inference.decision import decide, decide_one
from tasks.inference.devices import CPU, providers
from tasks.inference.explain import Explainer, Explanation
from tasks.inference.rows import NAMED, RawReader, Row, RowProblems

FORMAT = 2
"""Version of the manifest that `packaging` writes: 1 named modules, and had learned arrays in the manifest."""

NO_ARRAYS: Mapping[str, np.ndarray] = MappingProxyType({})

FEW_ROWS = 8
"""Up to so many rows, preparing each as Python values costs less than columns of arrays do."""

CELLS_AT_ONCE = 2**22
"""Features computed at a time: 32 MiB for each copy that is made of them on the way."""

Predict = Callable[[np.ndarray], np.ndarray]
Vector = tuple[float, ...]
"""Features of one row, in the order of the estimator."""


@dataclass(slots=True)
class Answer:
    """What a program answers; not frozen, for that would cost a one-row answer a microsecond.

    Attributes:
        predictions: One value per row: a number, or a class as it stands in the data.
        probabilities: One mapping of class to probability per row; ``None`` for regression.
        warnings: What the caller should know; empty when all is usual.
        columns: The raw columns that were read, for whoever counts what comes in; ``None`` where none were made.
        rows: The raw rows where no columns were made of them.
    """

    predictions: list[Any]
    probabilities: list[dict[str, float]] | None
    warnings: list[str]
    columns: Mapping[str, np.ndarray] | None = field(default=None, compare=False, repr=False)
    rows: Sequence[Row] | None = field(default=None, compare=False, repr=False)


class Program:
    """A loaded model.

    Attributes:
        manifest: What `load` was given.
        raw_schema: The raw columns that are asked for.
        example: A real row, for documentation and for a first try.
        reading: How the source spelled the raw columns; ``None`` for a source that is no file.
    """

    def __init__(
        self, manifest: Mapping[str, Any], predict: Predict, arrays: Mapping[str, np.ndarray] = NO_ARRAYS
    ) -> None:
        if manifest["format"] > FORMAT:
            raise ValueError(f"This program has form {manifest['format']}; this server reads up to form {FORMAT}.")
        self.manifest = manifest
        self._arrays = arrays
        self.raw_schema = Schema.model_validate(manifest["raw_schema"])
        self.example: dict[str, Any] = dict(manifest["example"])
        self._transforms = tuple(transform_from_json(transform, arrays) for transform in manifest["steps"])
        self._features = tuple(manifest["features"])
        self._is_classifier = Task(manifest["task"]) is Task.CLASSIFICATION
        self._classes = tuple(manifest["classes"])
        self._class_values = np.empty(len(self._classes), dtype=object)
        self._class_values[:] = manifest["class_values"]
        self._threshold = float(manifest["threshold"])
        self._class_list = self._class_values.tolist()
        reading = manifest.get("reading")
        self.reading = None if reading is None else Reading.model_validate(reading)
        self._reader = RawReader(self.raw_schema, self.reading)
        self._predict = predict
        self._supports_single_row = bool(self._features) and all(
            transform.supports_single_row for transform in self._transforms
        )
        self._features_of = itemgetter(*self._features, *self._features[:1])  # always a tuple
        self._pack = struct.Struct(f"{len(self._features)}d").pack_into

    @classmethod
    def load(cls, manifest: Mapping[str, Any], files: Mapping[str, bytes] | Path, device: str = CPU) -> Self:
        """Return the program of a package.

        Args:
            manifest: The package's ``program``.
            files: Its files by name, or the folder that holds them.
            device: Where ONNX Runtime computes, see `tasks.inference.devices`. Others stay on the processor.

        Raises:
            ValueError: The manifest has another form, or names a transform or predictor that is not installed here.
            NoSuchDevice: ONNX Runtime cannot compute on ``device`` here.
            ArtifactDamaged: A native file was not signed by this server.
        """
        estimator = manifest["estimator"]
        contents = {name: _content(files, name) for name in estimator["files"]}
        if estimator["format"] == "onnx":
            predict = _onnx_function(contents[estimator["files"][0]], device)
        else:
            predict = _native_function(estimator, contents)
        return cls(manifest, predict, _arrays(files, manifest.get("arrays")))

    def predict_rows(self, rows: Sequence[Row]) -> Answer:
        """Answer raw rows.

        Raises:
            RowProblems: A row cannot be answered.
        """
        if len(rows) == 1 and (vector := self.vector(rows[0])) is not None:
            answer = self.predict_vectors((vector,))[0]
            if answer is not None:
                return Answer(answer.predictions, answer.probabilities, answer.warnings, rows=rows)
        if 1 < len(rows) <= FEW_ROWS and (answer := self._predict_few(rows)) is not None:
            return answer
        columns, warnings = self._reader.read(rows)
        return self._answer(columns, len(rows), warnings)

    def _predict_few(self, rows: Sequence[Row]) -> Answer | None:
        """Return the answer to a few usual rows, ``None`` where any needs a closer look."""
        vectors: list[Vector] = []
        for row in rows:
            vector = self.vector(row)
            if vector is None:
                return None
            vectors.append(vector)
        answers = [answer for answer in self.predict_vectors(vectors) if answer is not None]
        if len(answers) < len(rows):
            return None
        probabilities = [one for answer in answers for one in answer.probabilities or ()]
        predictions = [one for answer in answers for one in answer.predictions]
        return Answer(predictions, probabilities if self._is_classifier else None, [], rows=rows)

    def vector(self, row: Any) -> Vector | None:
        """Return what the estimator gets for one usual raw row; ``None`` when `predict_rows` must look closer."""
        if not self._supports_single_row:
            return None
        made = self._reader.read_row(row)
        if made is None:
            return None
        for transform in self._transforms:
            transform.apply_row(made)
        vector: Vector = self._features_of(made)[:-1]
        return vector

    def predict_vectors(self, vectors: Sequence[Vector]) -> list[Answer | None]:
        """Answer rows that `vector` gave, each as if it had come alone.

        Returns:
            ``None`` for a row whose answer is no number, which `predict_rows` refuses with a sentence.
        """
        size = 8 * len(self._features)
        packed = bytearray(size * len(vectors))
        for at, vector in enumerate(vectors):
            self._pack(packed, at * size, *vector)
        output = self._predict(np.frombuffer(packed).reshape(len(vectors), -1)).reshape(len(vectors), -1).tolist()
        return [self._answer_one(numbers) for numbers in output]

    def _answer_one(self, numbers: list[float]) -> Answer | None:
        if not math.isfinite(sum(numbers)):
            return None
        if not self._is_classifier:
            return Answer(numbers, None, [])
        chosen = self._class_list[decide_one(numbers, self._threshold)]
        return Answer([chosen], [dict(zip(self._classes, numbers, strict=True))], [])

    def predict_columns(self, columns: Mapping[str, Sequence[Any]]) -> Answer:
        """Answer raw rows that came column by column: name to values, all of equal length.

        Raises:
            RowProblems: A row cannot be answered.
        """
        arrays, warnings = self._reader.read_columns(columns)
        return self._answer(arrays, _length(arrays or columns), warnings)

    def explain_rows(self, rows: Sequence[Row]) -> list[Explanation]:
        """Return what each raw column adds to the prediction of each row.

        Raises:
            RowProblems: A row cannot be answered.
        """
        return self._explainer.explain(self._reader.read(rows)[0], len(rows))

    def explain_columns(self, columns: Mapping[str, Sequence[Any]]) -> list[Explanation]:
        """Return the same for rows that came column by column."""
        arrays = self._reader.read_columns(columns)[0]
        return self._explainer.explain(arrays, _length(arrays or columns))

    def raw_output(self, columns: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
        """Return what the estimator gives for raw columns: shape (rows,) or (rows, classes), float64."""
        made = run_transforms(self._transforms, columns)
        stacked = np.concatenate([made[name] for name in self._features]).reshape(len(self._features), rows)
        output = self._predict(np.ascontiguousarray(stacked.T, dtype=np.float64))
        return output if self._is_classifier else output.reshape(rows)

    def _output(self, columns: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
        """Return the same, so many rows at a time that their features take little memory, however few bytes came."""
        at_once = max(1, CELLS_AT_ONCE // max(1, len(self._features)))
        if rows <= at_once:
            return self.raw_output(columns, rows)
        parts = (slice(at, min(at + at_once, rows)) for at in range(0, rows, at_once))
        return np.concatenate(
            [
                self.raw_output({name: values[part] for name, values in columns.items()}, part.stop - part.start)
                for part in parts
            ]
        )

    @property
    def transforms(self) -> tuple[Transform, ...]:
        """From raw columns to features, in order."""
        return self._transforms

    def read(self, rows: Sequence[Row]) -> dict[str, np.ndarray]:
        """Return the checked raw columns of ``rows``."""
        return self._reader.read(rows)[0]

    def read_columns(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, np.ndarray]:
        """Return the checked raw columns of rows that came column by column."""
        return self._reader.read_columns(columns)[0]

    @cached_property
    def _explainer(self) -> Explainer:
        background = self.manifest.get("background") or {name: [value] for name, value in self.example.items()}
        arrays = self._reader.read_columns(background)[0]
        return Explainer(
            self.manifest, self._arrays, self._transforms, background=(arrays, _length(arrays)), output=self.raw_output
        )

    def _answer(self, columns: Mapping[str, np.ndarray], rows: int, warnings: list[str]) -> Answer:
        if rows == 0:
            return Answer([], [] if self._is_classifier else None, warnings)
        output = self._output(columns, rows)
        if not np.isfinite(output).all():
            self._refuse_endless(columns, output.reshape(rows, -1))
        if not self._is_classifier:
            return Answer(output.tolist(), None, warnings, columns)
        chosen = self._class_values[decide(output, self._threshold)].tolist()
        return Answer(chosen, _by_class(self._classes, output.tolist()), warnings, columns)

    def _refuse_endless(self, columns: Mapping[str, np.ndarray], output: np.ndarray) -> None:
        """Raise `RowProblems` for rows whose prediction is no number, naming the column farthest from zero."""
        numbers = [column.name for column in self.raw_schema.each() if column.type.is_numeric]
        endless = np.flatnonzero(~np.isfinite(output).all(axis=1)).tolist()
        problems = []
        for row in endless[:NAMED]:
            sizes = {name: float(columns[name][row]) for name in numbers if columns[name][row] == columns[name][row]}
            name = max(sizes, key=lambda name: abs(sizes[name])) if sizes else ""
            problems.append((row, name, row_messages.no_answer(name, sizes.get(name, 0.0))))
        raise RowProblems(problems, are_all=len(endless) <= NAMED)


def _by_class(classes: Sequence[str], rows: Sequence[Sequence[float]]) -> list[dict[str, float]]:
    """Return the probability of each class for each row; of a large answer to two classes this is most of the work."""
    if len(classes) == 2:
        first, second = classes
        return [{first: one, second: other} for one, other in rows]
    return [dict(zip(classes, row, strict=True)) for row in rows]


def _length(columns: Mapping[str, Sequence[Any] | np.ndarray]) -> int:
    return len(next(iter(columns.values()))) if columns else 0


def _content(files: Mapping[str, bytes] | Path, name: str) -> bytes:
    return (files / name).read_bytes() if isinstance(files, Path) else files[name]


def _arrays(files: Mapping[str, bytes] | Path, name: str | None) -> Mapping[str, np.ndarray]:
    if name is None:
        return NO_ARRAYS
    from tasks.artifacts.arrays import arrays_from_bytes

    return arrays_from_bytes(_content(files, name))


def _onnx_function(content: bytes, device: str) -> Predict:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=providers(device))
    source = session.get_inputs()[0].name
    outputs = [session.get_outputs()[0].name]

    def predict(matrix: np.ndarray) -> np.ndarray:
        return np.asarray(session.run(outputs, {source: matrix})[0])

    return predict


def _native_function(estimator: Mapping[str, Any], contents: Mapping[str, bytes]) -> Predict:
    from tasks.artifacts.signature import check_signature

    check_signature(signed_as(estimator), contents, estimator["signature"])
    return estimator_of(estimator, contents).predict

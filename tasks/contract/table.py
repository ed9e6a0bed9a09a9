"""A table that carries its recipe: columns, what they are, and the transforms that made them from the raw source."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.reading import Reading
from tasks.contract.schema import Column, ColumnType, Role, Schema
from tasks.contract.transform import Columns, Transform
from tasks.graph.messages import Message

SAMPLE_ROWS = 2000
"""Raw rows a table takes along from its source, for examples and for the parity check."""


WordsAt = Callable[[np.ndarray], Mapping[str, np.ndarray]]


def no_words(rows: np.ndarray) -> Mapping[str, np.ndarray]:  # noqa: ARG001 - called like its siblings
    """Return the texts of rows of a source that is no text."""
    return {}


class Partition(IntEnum):
    """The part of the data a row belongs to after a split."""

    TRAIN = 0
    VALID = 1
    TEST = 2


@dataclass(frozen=True, eq=False)
class Sample:
    """Raw rows as they stood in the source, before any transform.

    Attributes:
        row_ids: Array of shape (rows,), int64, positions in the source.
        columns: Name to array of the same length.
        words: Columns of a text file to the texts of these cells, ``None`` for empty ones, where they say more than
            the values do: arrays of the same length.
    """

    row_ids: np.ndarray
    columns: Mapping[str, np.ndarray]
    words: Mapping[str, np.ndarray] = field(default_factory=dict)

    def filter(self, index: np.ndarray) -> Sample:
        """Return the rows at these positions of the sample."""
        columns, words = ({n: v[index] for n, v in part.items()} for part in (self.columns, self.words))
        return Sample(self.row_ids[index], columns, words)

    def select(self, names: Collection[str]) -> Sample:
        """Return only these columns."""
        columns, words = ({n: v for n, v in part.items() if n in names} for part in (self.columns, self.words))
        return Sample(self.row_ids, columns, words)


@dataclass(frozen=True)
class AppliedNode:
    """A node that was applied after the split, so that it can be fitted again inside a fold.

    ``version``: of the node whose form ``params`` have.
    """

    node: str
    params: Mapping[str, Any]
    version: int = 1


@dataclass(frozen=True)
class SplitSpec:
    """How a split divided the rows. ``method``: random, stratified, group or time; ``by``: the column it went by."""

    method: str
    by: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns with their schema and the transforms that made them.

    Attributes:
        columns: Name to array of shape (rows,); the type of each follows `ColumnType`.
        schema: One `Column` per entry of ``columns``, in the same order.
        transforms: What an endpoint has to repeat on a raw row to get these columns.
        raw_schema: The columns of the raw source with their ranges and categories.
        row_ids: Array of shape (rows,), int64: position of each row in the raw source.
        sample: Raw rows of the source, at most `SAMPLE_ROWS`.
        reading: How the source was read; ``None`` for one that was not read from a file.
        partition: Array of shape (rows,), uint8 of `Partition`; ``None`` before a split.
        at_split: The table as it left the split; ``None`` before a split.
        post_split_nodes: Nodes applied since ``at_split``.
        split_spec: How the split divided the rows, so that folds are divided alike; ``None`` before a split.
    """

    columns: Mapping[str, np.ndarray]
    schema: Schema
    raw_schema: Schema
    row_ids: np.ndarray
    sample: Sample
    reading: Reading | None = None
    transforms: tuple[Transform, ...] = ()
    partition: np.ndarray | None = None
    at_split: Table | None = None
    post_split_nodes: tuple[AppliedNode, ...] = field(default=())
    split_spec: SplitSpec | None = None

    @classmethod
    def from_source(
        cls,
        columns: Columns,
        schema: Schema,
        *,
        seed: int = 0,
        reading: Reading | None = None,
        words: WordsAt = no_words,
    ) -> Table:
        """Return a raw table: no transforms yet, and a random sample of its own rows.

        Args:
            columns: Arrays of equal length.
            schema: Describes ``columns``; it becomes ``raw_schema`` too.
            seed: Chooses the sample.
            reading: How the source was read.
            words: Gives the texts of the rows at some positions, see `Sample`.
        """
        rows = len(next(iter(columns.values()))) if columns else 0
        row_ids = np.arange(rows, dtype=np.int64)
        chosen = row_ids
        if rows > SAMPLE_ROWS:
            chosen = np.sort(np.random.default_rng(seed).choice(rows, SAMPLE_ROWS, replace=False))
        sample = Sample(chosen, {name: values[chosen] for name, values in columns.items()}, words(chosen))
        return cls(dict(columns), schema, schema, row_ids, sample, reading)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.row_ids)

    @property
    def is_split(self) -> bool:
        """True once rows are marked as training, validation or test."""
        return self.partition is not None

    def mask(self, *parts: Partition) -> np.ndarray:
        """Return which rows belong to any of ``parts``: shape (rows,), bool. Before a split all rows train."""
        if self.partition is None:
            return np.full(self.rows, Partition.TRAIN in parts, dtype=np.bool_)
        marked: np.ndarray = np.isin(self.partition, np.asarray(parts, dtype=np.uint8))
        return marked

    @property
    def training_mask(self) -> np.ndarray:
        """Which rows a fit may see: shape (rows,), bool."""
        return self.mask(Partition.TRAIN)

    def training(self, name: str) -> np.ndarray:
        """Return the values of a column in the training rows: what a fit may see."""
        seen: np.ndarray = self.columns[name][self.training_mask]
        return seen

    def apply(self, transform: Transform, *, in_training: Columns | None = None) -> Table:
        """Return the table after ``transform``, with the transform added to the recipe.

        Args:
            transform: What was learned from the training rows.
            in_training: For a transform that `is_cross_fitted`: column to what training rows have in place of what the
                transform gives, each learned without the row itself. Shape (training rows,).
        """
        schema = transform.describe(self.schema)
        changed = transform.apply(self.columns)
        columns = {column.name: changed[column.name] for column in schema.each()}
        for name, values in (in_training or {}).items():
            columns[name] = columns[name].copy()
            columns[name][self.training_mask] = values
        return replace(self, columns=columns, schema=schema, transforms=(*self.transforms, transform))

    @property
    def differs_from_recipe(self) -> np.ndarray:
        """Which rows may hold other values than the transforms give: shape (rows,), bool.

        Those a cross-fitted transform was learned from: the training rows, or all rows where it came before the split.
        """
        if not any(transform.is_cross_fitted for transform in self.transforms):
            return np.zeros(self.rows, dtype=np.bool_)
        if self.at_split is None or any(transform.is_cross_fitted for transform in self.at_split.transforms):
            return np.ones(self.rows, dtype=np.bool_)
        return self.training_mask

    def filter(self, keep: np.ndarray) -> Table:
        """Return the table with only some rows (mask or positions). The recipe does not change."""
        index = np.flatnonzero(keep) if keep.dtype == np.bool_ else keep
        return replace(
            self,
            columns={name: values[index] for name, values in self.columns.items()},
            row_ids=self.row_ids[index],
            partition=None if self.partition is None else self.partition[index],
        )

    def select(self, names: Iterable[str]) -> Table:
        """Return the table with only these columns. Needs no transform: an endpoint requests only what is read."""
        schema = self.schema.select(names)
        return replace(self, schema=schema, columns={n: self.columns[n] for n in schema.names})

    def with_schema(self, schema: Schema) -> Table:
        """Return the same values under another description (roles, categories) of the same columns."""
        return replace(self, schema=schema)

    def split(self, partition: np.ndarray, spec: SplitSpec | None = None) -> Table:
        """Return the table with its rows marked; fits from here on see training rows only.

        Args:
            partition: Shape (rows,) of `Partition`.
            spec: How it was made; as before when ``None``.
        """
        marks = partition.astype(np.uint8)
        marked = replace(self, partition=marks, at_split=None, post_split_nodes=(), split_spec=spec or self.split_spec)
        return replace(marked, at_split=marked)

    def matrix(self, names: Iterable[str], rows: np.ndarray | None = None) -> np.ndarray:
        """Return numeric columns side by side.

        Args:
            names: Columns held as float64.
            rows: Mask or positions; all rows when ``None``.

        Returns:
            Array of shape (rows, columns), float64, C order.
        """
        chosen = [self.columns[n] if rows is None else self.columns[n][rows] for n in names]
        count = self.rows if rows is None else len(np.arange(self.rows)[rows])
        return np.column_stack(chosen) if chosen else np.empty((count, 0))

    def require_target(self, name: str = "") -> Column:
        """Return the target column: the named one, or the one that has the role.

        Raises:
            NodeError: No target is marked, or the name is not there.
        """
        return require_target(self.schema, name)


def require_target(schema: Schema, name: str = "") -> Column:
    """Return the target of a schema, as `Table.require_target` does."""
    wanted = name or schema.target
    if not wanted:
        raise NodeError(
            Message("columns.no_target", "No column has the role target. Choose the column to predict."), param="target"
        )
    found = schema.find(wanted)
    if found is None:
        raise NodeError(
            Message(
                "columns.not_there",
                "The input has no column “{column}”. Choose one of its columns.",
                column=wanted,
            ),
            param="target",
        )
    return found


def as_array(values: Iterable[Any], kind: ColumnType) -> np.ndarray:
    """Return values as the array that holds a column of this type.

    Raises:
        ValueError: A value cannot be held as this type.
    """
    listed = list(values)
    if kind.is_numeric:
        return np.asarray([np.nan if v is None else float(v) for v in listed], dtype=np.float64)
    if kind is ColumnType.DATE:
        return np.asarray([np.datetime64("NaT") if v is None else v for v in listed], dtype="datetime64[us]")
    made = np.empty(len(listed), dtype=object)
    made[:] = [None if v is None else str(v) for v in listed]
    return made


def is_missing(values: np.ndarray) -> np.ndarray:
    """Return which values are missing: shape (rows,), bool."""
    if values.dtype == object:
        return np.asarray(values == None, dtype=bool)  # noqa: E711 - by NumPy: ten times faster than a loop
    missing: np.ndarray = np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)
    return missing


def feature_columns(schema: Schema, target: str = "") -> tuple[Column, ...]:
    """Return the columns a model may learn from: role feature and not the target."""
    return tuple(c for c in schema.each() if c.role is Role.FEATURE and c.name != target)

"""Parquet: columns that have types already."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tasks.contract.schema import ColumnType
from tasks.graph.messages import Message
from tasks.ingest.column_names import unique_names
from tasks.ingest.column_types import type_texts
from tasks.ingest.csv_file import Ingested, reading_of_types
from tasks.ingest.errors import IngestError
from tasks.ingest.options import MAX_COLUMNS, Notes, ReadOptions
from tasks.ingest.type_notes import too_long
from tasks.ingest.typed_column import TypedColumn

MAX_VALUES = 500_000_000
_EXACT = 2**53
EXACT_DIGITS = 15
"""Decimal digits that every float holds."""


def read_parquet(path: Path | BinaryIO, options: ReadOptions, first_rows: int | None = None) -> Ingested:
    """Return the columns of a Parquet file; columns that hold no single values are left out with a note.

    Args:
        path: The file.
        options: What a person said.
        first_rows: How many rows are read; all without it.

    Raises:
        IngestError: It is damaged or holds too much.
    """
    import pyarrow as pa
    from pyarrow import parquet

    notes = Notes()
    try:
        facts = parquet.ParquetFile(path, pre_buffer=False)
        rows, width = facts.metadata.num_rows, len(facts.schema_arrow)
        # A few megabytes can hold billions of equal values, so the sizes are looked at before any is read.
        if width > MAX_COLUMNS or rows * width > MAX_VALUES:
            raise IngestError(
                Message(
                    "file.too_large_parquet",
                    "The file has {rows:,} rows of {columns:,} columns; at most {maximum_columns:,} columns and "
                    "{maximum_values:,} values are accepted.",
                    rows=rows,
                    columns=width,
                    maximum_columns=MAX_COLUMNS,
                    maximum_values=MAX_VALUES,
                )
            )
        table = facts.read() if first_rows is None else _first_rows(facts, first_rows)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise IngestError(
            Message(
                "file.parquet_damaged",
                "The Parquet file is damaged or incomplete ({error}). Upload it again.",
                error=error,
            )
        ) from error
    names = unique_names(table.column_names, notes)
    columns = (
        (name, _column(name, column.combine_chunks(), options, notes))
        for name, column in zip(names, table.columns, strict=True)
    )
    kept = ((name, column) for name, column in columns if column is not None)
    return Ingested.of(kept, notes, reading_of_types(table.column_names, names, options, notes))


def _column(name: str, column: Any, options: ReadOptions, notes: Notes) -> TypedColumn | None:
    """Return the column, or ``None`` for values that are lists, objects or bytes."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_boolean(kind):
        return TypedColumn(ColumnType.BOOLEAN, _floats(column.cast(pa.uint8())))
    if pa.types.is_integer(kind):
        largest = max((abs(v) for v in pc.min_max(column).as_py().values() if v is not None), default=0)
        if largest <= _EXACT:
            return TypedColumn(ColumnType.INTEGER, _floats(column))
        notes.add("too_long", too_long(name), name)
        column = column.cast(pa.string())
    elif pa.types.is_decimal(kind) and not _fits_a_float(column):
        notes.add("too_long", too_long(name), name)
        column = column.cast(pa.string())
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return TypedColumn(ColumnType.NUMBER, _floats(column))
    elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        moments = column.cast(pa.timestamp("us"), safe=False)
        return TypedColumn(ColumnType.DATE, np.asarray(moments.to_numpy(zero_copy_only=False), dtype="datetime64[us]"))
    if pa.types.is_null(kind):
        return TypedColumn(ColumnType.NUMBER, np.full(len(column), np.nan))
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        message = Message(
            "reading.left_out",
            "Column “{column}” has values of type {type}, which cannot be a column; it was left out.",
            column=name,
            type=str(kind),
        )
        notes.add("left_out", message)
        return None
    return type_texts(name, column.to_pylist(), options, notes, is_text=True)


def _first_rows(file: Any, count: int) -> Any:
    """Return the first rows, without those behind them having been read."""
    import pyarrow as pa

    batches = file.iter_batches(batch_size=count)
    first = next(batches, None)
    return file.schema_arrow.empty_table() if first is None else pa.Table.from_batches([first])


def _fits_a_float(column: Any) -> bool:
    """Return whether no decimal has more digits than a float holds exactly."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.type.precision <= EXACT_DIGITS:
        return True
    digits = pc.replace_substring_regex(column.cast(pa.string()), r"[-.]|^-?0\.0*|\.?0+$", "")
    return (pc.max(pc.utf8_length(digits)).as_py() or 0) <= EXACT_DIGITS


def _floats(column: Any) -> np.ndarray:
    import pyarrow as pa

    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)

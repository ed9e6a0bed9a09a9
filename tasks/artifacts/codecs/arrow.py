"""Columns as an Arrow IPC file and back, without loss.

Numbers keep their NaN, dates their NaT (as null), strings their None (as null). Strings are dictionary-encoded, so that
a category of a million rows holds each of its words once, on disk and in memory. One record batch and no compression:
the file can be mapped into memory, and a page of rows cut out of it, without reading the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

ROW = "__row__"
PARTITION = "__partition__"


def to_arrow(columns: Iterable[tuple[str, np.ndarray]]) -> bytes:
    """Return named arrays as an Arrow IPC file. Names may repeat; order is preserved."""
    import pyarrow as pa

    named = list(columns)
    arrays = [_to_array(values) for _, values in named]
    batch = pa.RecordBatch.from_arrays(arrays, names=[name for name, _ in named])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def from_arrow(source: Path | bytes) -> list[tuple[str, np.ndarray]]:
    """Return the named arrays of an Arrow IPC file, in order. The arrays may be read-only."""
    import pyarrow as pa

    opened = pa.memory_map(str(source)) if isinstance(source, Path) else pa.BufferReader(source)
    batch = pa.ipc.open_file(opened).get_batch(0)
    return [(batch.schema.names[at], _from_array(batch.column(at))) for at in range(batch.num_columns)]


def _to_array(values: np.ndarray) -> Any:
    import pyarrow as pa

    if values.dtype == object:
        return pa.array(values, type=pa.large_string(), from_pandas=False).dictionary_encode()
    return pa.array(values, from_pandas=values.dtype.kind == "M")


def _from_array(array: Any) -> np.ndarray:
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        words = np.empty(len(array.dictionary) + 1, dtype=object)
        words[:-1] = array.dictionary.to_pylist()
        words[-1] = None
        codes = array.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
        return np.asarray(words[codes])
    return np.asarray(array.to_numpy(zero_copy_only=False))

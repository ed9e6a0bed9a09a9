"""Pages of rows of a stored table. The one module of the control plane that loads a numerical library, on first use.

The file is mapped into memory and a page is cut out of it, so that a page of a large table costs as much as one of
a small table.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

from apps.common.artifacts import local_path

MAX_LIMIT = 1000


class RowPage(TypedDict):
    """Some rows: ``rows`` in the order of the table's columns, from row ``offset`` of ``total``."""

    offset: int
    total: int
    rows: list[list[Any]]


class TablePage(RowPage):
    """The same with the columns."""

    schema: dict[str, Any]


def table_page(path: Path, offset: int, limit: int) -> TablePage:
    """Return a page of a table.

    Args:
        path: The artifact's ``table.arrow``; ``table.json`` lies beside it and gives the types.
        offset: First row, from 0; past the end gives no rows.
        limit: Rows at most, cut at 1000.
    """
    schema = json.loads(path.with_name("table.json").read_bytes())["schema"]
    total, arrays = _cut(path, offset, min(max(limit, 0), MAX_LIMIT), len(schema["columns"]))
    columns = [_values(array, column["type"]) for array, column in zip(arrays, schema["columns"], strict=True)]
    rows = [list(row) for row in zip(*columns, strict=True)] if columns else []
    return {"offset": offset, "total": total, "schema": schema, "rows": rows}


def stored_page(address: str, offset: int, limit: int) -> RowPage:
    """Return a page of a stored table. Raises ``ApplicationError`` (404) when it is not stored any more."""
    local_path(address, "table.json")  # read beside the rows: where the store is elsewhere, both are fetched
    page = table_page(local_path(address, "table.arrow"), offset, limit)
    # The columns of a wide table are larger than its rows, and whoever turns pages has them already.
    return {"offset": page["offset"], "total": page["total"], "rows": page["rows"]}


def _cut(path: Path, offset: int, limit: int, columns: int) -> tuple[int, list[Any]]:
    """Return the number of rows and the first ``columns`` columns of the page."""
    import pyarrow as pa

    with pa.memory_map(str(path)) as mapped:
        reader = pa.ipc.open_file(mapped)
        batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        total = sum(batch.num_rows for batch in batches)
        table = pa.Table.from_batches(batches, schema=reader.schema).slice(offset, limit)
        return total, [table.column(at).to_pylist() for at in range(columns)]


def _values(values: list[Any], kind: str) -> list[Any]:
    convert = CONVERT.get(kind)
    if convert is None:
        return values
    return [None if value is None else convert(value) for value in values]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _integer(value: float) -> int | None:
    return int(value) if math.isfinite(value) else None


def _boolean(value: float) -> bool | None:
    return bool(value) if math.isfinite(value) else None


def _date(value: datetime) -> str:
    return value.isoformat()


CONVERT: dict[str, Callable[[Any], Any]] = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
}

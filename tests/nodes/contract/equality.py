"""What makes two tables and two transforms equal, and arrays of nothing."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tasks.contract.table import Table
from tasks.contract.transform import Transform, transform_from_json, transform_to_json
from tests.nodes.contract.broken import Broken, require


def fingerprint(table: Table) -> list[object]:
    """Return what makes two tables equal, as values that compare."""
    return [
        [(name, str(values.dtype), content(values)) for name, values in table.columns.items()],
        table.schema,
        table.raw_schema,
        repr([learned(transform) for transform in table.transforms]),
        table.row_ids.tobytes(),
        None if table.partition is None else table.partition.tobytes(),
        table.post_split_nodes,
    ]


def content(values: np.ndarray) -> object:
    """Return what an array holds as a value that compares, to the last bit."""
    return values.tolist() if values.dtype == object else values.tobytes()


def learned(transform: Transform) -> Any:
    """Return what a transform has learned as data that compares: arrays as lists.

    Raises:
        Broken: It holds what cannot be stored.
    """
    name = type(transform).__name__
    try:
        written = transform_to_json(transform)
        text = json.dumps(written, sort_keys=True, allow_nan=False)
        restored = transform_from_json(json.loads(text))
        again = json.dumps(transform_to_json(restored), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise Broken(
            f"What {name} has learned cannot be stored ({error}). Fields hold str, int, float, bool, None, tuples and "
            "dicts of those, and arrays."
        ) from error
    require(text == again, f"What {name} has learned is another after it was stored and read.")
    return json.loads(text)


def same(one: np.ndarray, two: np.ndarray) -> bool:
    """Return whether two arrays hold the same values, to the last digits of a float."""
    if one.shape != two.shape:
        return False
    if "O" in {one.dtype.kind, two.dtype.kind}:
        return bool(one.tolist() == two.tolist())
    if one.dtype.kind == "M":
        return bool(np.array_equal(one, two, equal_nan=True))
    return bool(np.allclose(one, two, rtol=1e-12, atol=1e-12, equal_nan=True))


def missing_like(values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        return np.array([None] * len(values), dtype=object)
    return np.full(len(values), np.datetime64("NaT") if values.dtype.kind == "M" else np.nan, dtype=values.dtype)

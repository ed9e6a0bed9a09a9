"""Tensors of the Open Inference Protocol v2, in JSON and in the binary extension, as plain Python values."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from tasks.contract.schema import ColumnType

BYTES = "BYTES"
ARRAY_TYPES: Mapping[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    "UINT8": np.dtype("<u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("<i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}
DATATYPES = (*ARRAY_TYPES, BYTES)
COLUMN_DATATYPES: Mapping[ColumnType, str] = {
    ColumnType.NUMBER: "FP64",
    ColumnType.INTEGER: "INT64",
    ColumnType.BOOLEAN: "BOOL",
}
"""What the protocol calls the values of a column; every other type travels as BYTES."""
LENGTH_BYTES = 4
LARGEST_DIMENSION = 2**31


class BadTensor(ValueError):
    """A tensor that contradicts itself; the message is a sentence that names it."""


@dataclass(frozen=True, eq=False)
class Tensor:
    """Named values in row-major order.

    ``values``: bool, int, float or str each; ``None`` where a value is missing (null in JSON, NaN in binary).
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    values: Sequence[Any]


def read_json_tensor(name: str, datatype: str, shape: tuple[int, ...], data: Any) -> Tensor:
    """Return the tensor of a ``data`` list, flat or nested as ``shape`` says.

    Raises:
        BadTensor: The list does not fit the shape, or a value does not fit the datatype.
    """
    if type(data) is not list:
        raise BadTensor(f"Input “{name}” must have its values in a list called “data”.")
    values = _flat(name, shape, data) if list in set(map(type, data)) else data
    _check_count(name, shape, len(values))
    kinds = set(map(type, values))
    has_gaps = type(None) in kinds
    kinds.discard(type(None))
    if not kinds <= _json_kinds(datatype):
        at = next(i for i, value in enumerate(values) if type(value) not in {*_json_kinds(datatype), type(None)})
        raise BadTensor(f"Input “{name}”, element {at}: {_shown(values[at])} is no {datatype}.")
    if datatype in ARRAY_TYPES and datatype != "BOOL":
        values = _in_range(name, datatype, values, has_gaps=has_gaps)
    return Tensor(name, datatype, shape, values)


def read_binary_tensor(name: str, datatype: str, shape: tuple[int, ...], content: memoryview) -> Tensor:
    """Return the tensor of raw little-endian bytes.

    Raises:
        BadTensor: The bytes do not fit shape and datatype.
    """
    if datatype == BYTES:
        values: list[Any] = _texts(name, content)
        _check_count(name, shape, len(values))
        return Tensor(name, datatype, shape, values)
    kind = ARRAY_TYPES[datatype]
    wanted = prod(shape) * kind.itemsize
    if len(content) != wanted:
        raise BadTensor(
            f"Input “{name}” of shape {list(shape)} takes {wanted} bytes as {datatype}, not {len(content)}."
        )
    if datatype == "BOOL":
        return Tensor(name, datatype, shape, _booleans(name, content))
    values = np.frombuffer(content, kind).tolist()
    if kind.kind == "f":
        values = _without_nan(values)
    return Tensor(name, datatype, shape, values)


def binary_of(tensor: Tensor) -> bytes:
    """Return the values as the binary extension sends them."""
    if tensor.datatype != BYTES:
        return np.asarray(tensor.values, ARRAY_TYPES[tensor.datatype]).tobytes()
    encoded = [str(value).encode() for value in tensor.values]
    return b"".join(part for text in encoded for part in (struct.pack("<I", len(text)), text))


def _flat(name: str, shape: tuple[int, ...], data: list[Any]) -> list[Any]:
    level = data
    for at, size in enumerate(shape):
        if len(level) != prod(shape[: at + 1]):
            raise BadTensor(f"Input “{name}” is not nested as its shape {list(shape)} says.")
        if at == len(shape) - 1:
            break
        inner = shape[at + 1]
        if not all(type(part) is list and len(part) == inner for part in level):
            raise BadTensor(f"Input “{name}” is not nested as its shape {list(shape)} says.")
        level = list(chain.from_iterable(level)) if size else []
    return level


def _check_count(name: str, shape: tuple[int, ...], count: int) -> None:
    if count != prod(shape):
        raise BadTensor(f"Input “{name}” of shape {list(shape)} takes {prod(shape)} values, not {count}.")


def _json_kinds(datatype: str) -> set[type]:
    if datatype == BYTES:
        return {str}
    if datatype == "BOOL":
        return {bool}
    return {int, float} if ARRAY_TYPES[datatype].kind == "f" else {int}


def _in_range(name: str, datatype: str, values: list[Any], *, has_gaps: bool) -> list[Any]:
    kind = ARRAY_TYPES[datatype]
    present = [value for value in values if value is not None] if has_gaps else values
    if kind.kind == "f":
        return _rounded(kind, values) if kind.itemsize < 8 else values
    limits = np.iinfo(kind)
    if present and (min(present) < limits.min or max(present) > limits.max):
        at = next(i for i, v in enumerate(values) if v is not None and not limits.min <= v <= limits.max)
        raise BadTensor(f"Input “{name}”, element {at}: {values[at]} does not fit into {datatype}.")
    return values


def _rounded(kind: np.dtype[Any], values: list[Any]) -> list[Any]:
    """Return what a client with such floats meant; what is too large becomes infinite and is refused by its row."""
    try:
        with np.errstate(over="ignore"):
            return _without_nan(np.array(values, dtype=np.float64).astype(kind).tolist())
    except OverflowError:
        return values


def _without_nan(values: list[Any]) -> list[Any]:
    return [None if value != value else value for value in values]  # noqa: PLR0124 - NaN


def _booleans(name: str, content: memoryview) -> list[bool]:
    given = np.frombuffer(content, np.uint8)
    if given.max(initial=0) > 1:
        at = int(np.argmax(given > 1))
        raise BadTensor(f"Input “{name}”, element {at}: a BOOL is the byte 0 or 1, not {given[at]}.")
    values: list[bool] = given.astype(bool).tolist()
    return values


def _texts(name: str, content: memoryview) -> list[Any]:
    values: list[Any] = []
    at, end = 0, len(content)
    while at < end:
        if at + LENGTH_BYTES > end:
            raise BadTensor(f"Input “{name}”, element {len(values)}: its length is cut off.")
        (length,) = struct.unpack_from("<I", content, at)
        at += LENGTH_BYTES
        if at + length > end:
            raise BadTensor(
                f"Input “{name}”, element {len(values)}: {length} bytes are announced, {end - at} are left."
            )
        try:
            values.append(str(content[at : at + length], "utf-8"))
        except UnicodeDecodeError:
            raise BadTensor(f"Input “{name}”, element {len(values)}: the bytes are not UTF-8 text.") from None
        at += length
    return values


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text “{value[:40]}”"
    return f"{value}"[:40] if isinstance(value, int | float) else "a list or an object"


def shape_of(name: str, given: Any) -> tuple[int, ...]:
    """Return a shape as it came.

    Raises:
        BadTensor: It is no list of sizes.
    """
    is_shape: Callable[[Any], bool] = lambda size: type(size) is int and 0 <= size < LARGEST_DIMENSION  # noqa: E731
    if type(given) is not list or not given or len(given) > 8 or not all(map(is_shape, given)):
        raise BadTensor(f"Input “{name}” needs a shape such as [2] or [2, 1].")
    return tuple(given)

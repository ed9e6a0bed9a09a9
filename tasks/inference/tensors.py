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
BF16 = "BF16"
"""The upper half of an FP32. NumPy has no such type; the protocol sends it as bytes only."""
DATATYPES = (*ARRAY_TYPES, BF16, BYTES)
COLUMN_DATATYPES: Mapping[ColumnType, str] = {
    ColumnType.NUMBER: "FP64",
    ColumnType.INTEGER: "INT64",
    ColumnType.BOOLEAN: "BOOL",
}
"""What the protocol calls the values of a column; every other type travels as BYTES."""
LENGTH_BYTES = 4
SHOWN = 80  # characters of a name that came in
LARGEST_DIMENSION = 2**31


class BadTensor(ValueError):
    """A tensor that contradicts itself; the message is a sentence that names it.

    Attributes:
        fault: What the sentence says of it.
        element: The value that is at fault, counted in row-major order; ``None`` when it is the tensor.
    """

    def __init__(self, name: str, fault: str, element: int | None = None) -> None:
        where = f"Input “{name[:SHOWN]}”" if element is None else f"Element {element} of input “{name[:SHOWN]}”"
        super().__init__(f"{where} {fault}")
        self.fault = fault
        self.element = element


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
    if datatype == BF16:
        raise BadTensor(name, "comes as bytes behind the JSON as BF16; send numbers in JSON as FP32.")
    if type(data) is not list:
        raise BadTensor(name, "must have its values in a list called “data”.")
    values = _flat(name, shape, data) if list in set(map(type, data)) else data
    _check_count(name, shape, len(values))
    kinds = set(map(type, values))
    has_gaps = type(None) in kinds
    kinds.discard(type(None))
    if not kinds <= _json_kinds(datatype):
        at = next(i for i, value in enumerate(values) if type(value) not in {*_json_kinds(datatype), type(None)})
        raise BadTensor(name, f"must be {_wanted(datatype)} as {datatype}, not {_shown(values[at])}.", at)
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
    kind = np.dtype("<u2") if datatype == BF16 else ARRAY_TYPES[datatype]
    wanted = prod(shape) * kind.itemsize
    if len(content) != wanted:
        raise BadTensor(name, f"of shape {list(shape)} takes {wanted} bytes as {datatype}, not {len(content)}.")
    if datatype == "BOOL":
        return Tensor(name, datatype, shape, _booleans(name, content))
    given = np.frombuffer(content, kind)
    if datatype == BF16:
        given = (given.astype("<u4") << 16).view("<f4")
    values = given.tolist()
    if given.dtype.kind == "f":
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
            raise BadTensor(name, _not_nested(shape))
        if at == len(shape) - 1:
            break
        inner = shape[at + 1]
        if not all(type(part) is list and len(part) == inner for part in level):
            raise BadTensor(name, _not_nested(shape))
        level = list(chain.from_iterable(level)) if size else []
    return level


def _check_count(name: str, shape: tuple[int, ...], count: int) -> None:
    if count != prod(shape):
        raise BadTensor(name, f"of shape {list(shape)} takes {prod(shape)} values, not {count}.")


def _not_nested(shape: tuple[int, ...]) -> str:
    return f"is not nested as its shape {list(shape)} says. Nest its lists so, or send the values in one list."


def _json_kinds(datatype: str) -> set[type]:
    if datatype == BYTES:
        return {str}
    if datatype == "BOOL":
        return {bool}
    return {int, float} if ARRAY_TYPES[datatype].kind == "f" else {int}


def _wanted(datatype: str) -> str:
    if datatype == BYTES:
        return "text"
    if datatype == "BOOL":
        return "true or false"
    return "a number" if ARRAY_TYPES[datatype].kind == "f" else "a whole number"


def _in_range(name: str, datatype: str, values: list[Any], *, has_gaps: bool) -> list[Any]:
    kind = ARRAY_TYPES[datatype]
    present = [value for value in values if value is not None] if has_gaps else values
    if kind.kind == "f":
        return _rounded(name, datatype, values) if kind.itemsize < 8 else values
    limits = np.iinfo(kind)
    if present and (min(present) < limits.min or max(present) > limits.max):
        at = next(i for i, v in enumerate(values) if v is not None and not limits.min <= v <= limits.max)
        raise BadTensor(name, f"must be from {limits.min} to {limits.max} as {datatype}, not {values[at]}.", at)
    return values


def _rounded(name: str, datatype: str, values: list[Any]) -> list[Any]:
    """Return what a client with such floats meant."""
    kind = ARRAY_TYPES[datatype]
    wide = np.array(values, dtype=np.float64)
    with np.errstate(over="ignore"):
        narrow = wide.astype(kind)
    too_large = np.isinf(narrow) & np.isfinite(wide)
    if too_large.any():
        at, most = int(np.argmax(too_large)), float(np.finfo(kind).max)
        fault = f"must be from {-most:.6g} to {most:.6g} as {datatype}, not {values[at]:.6g}. Send it as FP64."
        raise BadTensor(name, fault, at)
    return _without_nan(narrow.tolist())


def _without_nan(values: list[Any]) -> list[Any]:
    return [None if value != value else value for value in values]  # noqa: PLR0124 - NaN


def _booleans(name: str, content: memoryview) -> list[bool]:
    given = np.frombuffer(content, np.uint8)
    if given.max(initial=0) > 1:
        at = int(np.argmax(given > 1))
        raise BadTensor(name, f"must be the byte 0 or 1 as BOOL, not {given[at]}.", at)
    values: list[bool] = given.astype(bool).tolist()
    return values


def _texts(name: str, content: memoryview) -> list[Any]:
    values: list[Any] = []
    at, end = 0, len(content)
    while at < end:
        if at + LENGTH_BYTES > end:
            fault = f"must begin with its length in {LENGTH_BYTES} bytes as BYTES; {end - at} are left."
            raise BadTensor(name, fault, len(values))
        (length,) = struct.unpack_from("<I", content, at)
        at += LENGTH_BYTES
        if at + length > end:
            raise BadTensor(name, f"says that it has {length} bytes, but {end - at} are left.", len(values))
        try:
            values.append(str(content[at : at + length], "utf-8"))
        except UnicodeDecodeError:
            raise BadTensor(name, "must be UTF-8 text as BYTES.", len(values)) from None
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
        raise BadTensor(name, "needs a shape such as [2] or [2, 1]: a list of sizes.")
    return tuple(given)

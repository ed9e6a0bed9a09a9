"""The values of one raw column as the array that holds its type, or the news that one of them is wrong."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from tasks.contract.schema import Column, ColumnType

EPOCH = datetime.fromisoformat("1970-01-01")
FIRST_MOMENT = datetime.fromisoformat("0001-01-01")
LAST_MOMENT = datetime.fromisoformat("9999-12-31T23:59:59.999999")

NUMBERS = {int, float}
"""What JSON numbers come as."""


class WrongValue(Exception):  # noqa: N818 - for the reader of rows only, which then looks at each value
    """Something in a column is wrong."""


def packed(values: list[Any]) -> np.ndarray:
    """Return numbers as an array, in a third of the time that NumPy takes to find out what is in the list."""
    made = bytearray(8 * len(values))
    try:
        struct.pack_into(f"{len(values)}d", made, 0, *values)
    except struct.error as error:  # a whole number too large for a float
        raise WrongValue from error
    return np.frombuffer(made)


def has_no_fraction(value: float) -> bool:
    """Return whether a number has no fraction; one that is missing has none."""
    return type(value) is int or value != value or value.is_integer()  # noqa: PLR0124 - NaN


def read_column(column: Column, values: Sequence[Any]) -> np.ndarray:
    """Return the values of one column as the array that holds its type.

    Raises:
        WrongValue: A value is wrong; look at each to say which.
    """
    types = set(map(type, values))
    if type(None) in types and not column.nullable:
        raise WrongValue
    types.discard(type(None))
    if column.type in (ColumnType.CATEGORY, ColumnType.TEXT):
        if not types <= {str}:
            raise WrongValue
        made = np.empty(len(values), dtype=object)
        made[:] = values
        return made
    if column.type is ColumnType.DATE:
        return _dates(values)
    allowed = {bool, int, float} if column.type is ColumnType.BOOLEAN else NUMBERS
    if not types <= allowed:
        raise WrongValue
    return _numbers(column, values)


def _numbers(column: Column, values: Sequence[Any]) -> np.ndarray:
    try:
        made = np.array(values, dtype=np.float64)
    except OverflowError:
        raise WrongValue from None
    present = made[[value is not None for value in values]] if None in values else made
    if not np.isfinite(present).all():
        raise WrongValue
    if column.type is ColumnType.INTEGER and (present != np.floor(present)).any():
        raise WrongValue
    if column.type is ColumnType.BOOLEAN and ((present != 0) & (present != 1)).any():
        raise WrongValue
    return made


def _dates(values: Sequence[Any]) -> np.ndarray:
    return np.array([None if value is None else moment_of(value) for value in values], dtype="datetime64[us]")


def moment_at(microseconds: float) -> datetime:
    """Return the moment so long after 1970; the first or the last there is for one beyond."""
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return FIRST_MOMENT if microseconds < 0 else LAST_MOMENT


def moment_of(value: Any) -> datetime:
    """Return the moment that ISO 8601 writes, in UTC when it names a zone. Raises `WrongValue` for anything else."""
    if type(value) is not str:
        raise WrongValue
    try:
        read = datetime.fromisoformat(value)
        return read if read.tzinfo is None else read.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):  # the last day of the last year, moved to another zone
        raise WrongValue from None

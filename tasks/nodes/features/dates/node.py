"""Features: take dates apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.errors import NodeError
from tasks.contract.fields import Params, columns, setting
from tasks.contract.node import Node, Serving
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Table
from tasks.contract.transform import Columns, Transform, transform
from tasks.graph.messages import Message
from tasks.nodes.column_selection import chosen, refuse_existing_columns


def _hours(values: np.ndarray) -> np.ndarray:
    day: np.ndarray = values - values.astype("datetime64[D]")
    return day.astype(np.int64) // 3_600_000_000


def _weekday(values: np.ndarray) -> np.ndarray:
    """Return 1 for Monday to 7 for Sunday; the first of January 1970 was a Thursday."""
    day: np.ndarray = (values.astype("datetime64[D]").astype(np.int64) + 3) % 7 + 1
    return day


def _month(values: np.ndarray) -> np.ndarray:
    month: np.ndarray = values.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return month


PARTS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "year": lambda v: v.astype("datetime64[Y]").astype(np.int64) + 1970,
    "quarter": lambda v: (_month(v) + 2) // 3,
    "month": _month,
    "day": lambda v: (v.astype("datetime64[D]") - v.astype("datetime64[M]")).astype(np.int64) + 1,
    "weekday": _weekday,
    "hour": _hours,
    "minute": lambda v: (v - v.astype("datetime64[h]")).astype(np.int64) // 60_000_000,
    "day_of_year": lambda v: (v.astype("datetime64[D]") - v.astype("datetime64[Y]")).astype(np.int64) + 1,
    "weekend": lambda v: (_weekday(v) >= 6).astype(np.int64),
    "days": lambda v: v.astype("datetime64[D]").astype(np.int64),
}
"""Part to what gives it for moments without gaps: shape (rows,), int64."""

_EPOCH = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - moments have no zone here

PARTS_OF_ONE: Mapping[str, Callable[[datetime], int]] = {
    "year": lambda v: v.year,
    "quarter": lambda v: (v.month + 2) // 3,
    "month": lambda v: v.month,
    "day": lambda v: v.day,
    "weekday": lambda v: v.isoweekday(),
    "hour": lambda v: v.hour,
    "minute": lambda v: v.minute,
    "day_of_year": lambda v: v.timetuple().tm_yday,
    "weekend": lambda v: int(v.isoweekday() >= 6),
    "days": lambda v: v.toordinal() - _EPOCH,
}
"""The same for one moment."""

CYCLES: Mapping[str, tuple[int, float]] = {
    "quarter": (1, 4.0),
    "month": (1, 12.0),
    "day": (1, 31.0),
    "weekday": (1, 7.0),
    "hour": (0, 24.0),
    "minute": (0, 60.0),
    "day_of_year": (1, 366.0),
}
"""Part to its first value and the number of values after which it starts again."""


def _turned(part: str, wave: str, numbers: np.ndarray) -> np.ndarray:
    """Return the sine or cosine of the place on the circle."""
    first, cycle = CYCLES[part]
    turn = 2.0 * np.pi * (numbers - first) / cycle
    return np.asarray(np.sin(turn) if wave == "sin" else np.cos(turn))


@cache
def _turns(part: str, wave: str) -> tuple[float, ...]:
    """Return what `_turned` gives for each number a part can have: Python's sine may differ in the last bit."""
    numbers = np.arange(CYCLES[part][0] + int(CYCLES[part][1]), dtype=np.float64)
    return tuple(float(_turned(part, wave, number)[0]) for number in numbers.reshape(-1, 1))


@transform("features.date_parts", aliases=("tasks.nodes.features.dates:DateParts",))
class DateParts(Transform):
    """Makes number columns of parts of dates. ``made``: new column to (date column, part, wave).

    ``wave``: empty for the number itself, ``sin`` or ``cos`` for its place on the circle. ``gone``: date columns that
    end here.
    """

    made: Mapping[str, tuple[str, str, str]]
    gone: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the date columns."""
        return tuple(dict.fromkeys(source for source, _, _ in self.made.values()))

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the columns of parts."""
        return tuple(self.made)

    def apply(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the columns with dates taken apart; a missing date has missing parts."""
        result = {name: values for name, values in columns.items() if name not in self.gone}
        for name, (source, part, wave) in self.made.items():
            values = columns[source]
            holes = np.isnat(values)
            number = PARTS[part](values).astype(np.float64)
            if wave:
                number = _turned(part, wave, number)
            number[holes] = np.nan
            result[name] = number
        return result

    @property
    def supports_single_row(self) -> bool:
        """Return true: the calendar is the same everywhere."""
        return True

    def apply_row(self, row: dict[str, Any]) -> None:
        """Take the dates of one row apart."""
        moments = {source: row[source] for source in self._sources}
        for name in self.gone:
            row.pop(name, None)
        for name, source, part, turns in self._row_parts:
            moment = moments[source]
            if moment is None:
                row[name] = math.nan
            else:
                row[name] = part(moment) if turns is None else turns[part(moment)]

    @cached_property
    def _sources(self) -> tuple[str, ...]:
        return self.inputs

    @cached_property
    def _row_parts(self) -> tuple[tuple[str, str, Callable[[datetime], int], tuple[float, ...] | None], ...]:
        return tuple(
            (name, source, PARTS_OF_ONE[part], _turns(part, wave) if wave else None)
            for name, (source, part, wave) in self.made.items()
        )

    def null_propagation(self) -> Mapping[str, frozenset[str]]:
        """Return the date for each part."""
        return {name: frozenset({source}) for name, (source, _, _) in self.made.items()}

    def describe(self, schema: Schema) -> Schema:
        """Return the schema with parts in place of, or beside, the dates."""
        nullable = {column.name: column.nullable for column in schema.each()}
        return schema.without(self.gone).adding(
            _described(name, part, wave, is_nullable=nullable.get(source, True))
            for name, (source, part, wave) in self.made.items()
        )

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        """Return the transform for the wanted parts only."""
        made = {name: how for name, how in self.made.items() if name in wanted}
        return DateParts(made, self.gone) if made else None


class DatesParams(Params):
    """Which dates become which numbers."""

    columns: tuple[str, ...] = columns(
        "table",
        types=[ColumnType.DATE],
        title="Columns",
        description="Dates to take apart. None chosen: every date that is a feature.",
    )
    parts: tuple[
        Literal["year", "quarter", "month", "day", "weekday", "hour", "minute", "day_of_year", "weekend", "days"], ...
    ] = setting(
        ("year", "month", "day", "weekday"),
        title="Parts",
        description="Numbers to make of each date. Weekday: 1 is Monday. Days: days since 1970, for trends.",
    )
    cyclic: bool = setting(
        False,
        title="Cyclic",
        description="Give parts that come round again as sine and cosine, so that December lies next to January.",
    )
    keep: bool = setting(False, title="Keep the dates", description="Leave the dates beside their parts.")


class Dates(Node):
    """Takes dates apart into numbers a model can learn from: year, month, weekday, hour.

    The endpoint takes the same dates apart in the same way.
    """

    title = "Date parts"
    icon = "calendar"
    keywords = ("date", "time", "year", "month", "weekday", "hour", "cyclic", "calendar", "season")
    serve = Serving.STATELESS
    is_cheap = True

    @dataclass(frozen=True)
    class Inputs:
        """The table with dates."""

        table: Table

    Params = DatesParams

    @dataclass(frozen=True)
    class Outputs:
        """The table with parts of dates."""

        table: Table

    @staticmethod
    def run(inputs: Inputs, params: DatesParams, context: RunContext) -> Outputs:
        """Return the table with its dates taken apart."""
        learned = _transform(inputs.table.schema, params)
        return Dates.Outputs(inputs.table if learned is None else inputs.table.apply(learned))

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: DatesParams, known: Known) -> Mapping[str, Schema]:
        """Return the columns with parts of dates."""
        schema = schemas["table"]
        if schema is None:
            return {}
        learned = _transform(schema, params)
        return {"table": schema if learned is None else learned.describe(schema)}


def _transform(schema: Schema, params: DatesParams) -> DateParts | None:
    if not params.parts:
        raise NodeError(Message("dates.no_part", "No part of the dates is chosen. Choose at least one."), param="parts")
    picked = chosen(schema, params.columns, types={ColumnType.DATE})
    if not picked:
        return None
    made: dict[str, tuple[str, str, str]] = {}
    for column in picked:
        for part in params.parts:
            waves = ("sin", "cos") if params.cyclic and part in CYCLES else ("",)
            for wave in waves:
                made["_".join(filter(None, (column.name, part, wave)))] = (column.name, part, wave)
    gone = () if params.keep else tuple(column.name for column in picked)
    refuse_existing_columns(schema.without(gone), made)
    return DateParts(made, gone)


def _described(name: str, part: str, wave: str, *, is_nullable: bool) -> Column:
    if wave:
        return Column(name=name, type=ColumnType.NUMBER, nullable=is_nullable, minimum=-1.0, maximum=1.0)
    kind = ColumnType.BOOLEAN if part == "weekend" else ColumnType.INTEGER
    return Column(name=name, type=kind, nullable=is_nullable)

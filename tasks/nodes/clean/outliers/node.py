"""Clean: rein in values far from all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.fields import Params, columns, setting
from tasks.contract.node import Node, Serving
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Table
from tasks.contract.transform import Columns, Transform, transform
from tasks.graph.fixes import COLUMN, FixPurpose
from tasks.graph.messages import Message
from tasks.nodes.column_selection import chosen, refuse_existing_columns

NUMBERS = frozenset({ColumnType.NUMBER, ColumnType.INTEGER})


@transform("clean.clip", aliases=("tasks.nodes.clean.outliers:Reined",))
class Clipped(Transform):
    """Clips values to learned limits, or notes beside them that they lie outside.

    ``clips`` and ``flags``: column to (lowest, highest), both included.
    """

    clips: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    flags: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the columns that have limits."""
        return (*self.clips, *self.flags)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the clipped columns and the flags."""
        return (*self.clips, *map(flag_name, self.flags))

    @property
    def imputes(self) -> tuple[str, ...]:
        """Return the flagged columns that are not clipped: a missing value is no outlier."""
        return tuple(name for name in self.flags if name not in self.clips)

    def apply(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the columns within their limits."""
        made = dict(columns)
        for name, (low, high) in self.clips.items():
            values = np.where(columns[name] < low, low, columns[name])
            made[name] = np.where(values > high, high, values)
        for name, (low, high) in self.flags.items():
            values = columns[name]
            made[flag_name(name)] = ((values < low) | (values > high)).astype(np.float64)
        return made

    @property
    def supports_single_row(self) -> bool:
        """Return true: values are compared with numbers."""
        return True

    def apply_row(self, row: dict[str, Any]) -> None:
        """Rein in one row; what is noted is the value as it came."""
        for name, (low, high) in self.flags.items():
            value = float(row[name])
            row[flag_name(name)] = 1.0 if value < low or value > high else 0.0
        for name, (low, high) in self.clips.items():
            value = float(row[name])
            row[name] = low if value < low else high if value > high else value

    def null_propagation(self) -> Mapping[str, frozenset[str]]:
        """Return each clipped column for itself; a missing value is no outlier, so flags have none."""
        return {
            **{name: frozenset({name}) for name in self.clips},
            **{flag_name(name): frozenset() for name in self.flags},
        }

    def describe(self, schema: Schema) -> Schema:
        """Return the schema with clipped ranges and flags."""
        clipped = schema.adding(self._described(column) for column in schema.each() if column.name in self.clips)
        return clipped.adding(Column(name=flag_name(n), type=ColumnType.BOOLEAN, nullable=False) for n in self.flags)

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        """Return the transform for the wanted columns only."""
        clips = {name: limits for name, limits in self.clips.items() if name in wanted}
        flags = {name: limits for name, limits in self.flags.items() if flag_name(name) in wanted}
        return Clipped(clips, flags) if clips or flags else None

    def _described(self, column: Column) -> Column:
        low, high = self.clips[column.name]
        minimum = low if column.minimum is None else min(max(column.minimum, low), high)
        maximum = high if column.maximum is None else max(min(column.maximum, high), low)
        return column.changed(minimum=minimum, maximum=maximum)


class OutliersParams(Params):
    """What counts as far, and what to do about it."""

    columns: tuple[str, ...] = columns(
        "table", types=sorted(NUMBERS), title="Columns", description="Columns to look at. None chosen: every number."
    )
    method: Literal["iqr", "zscore"] = setting(
        "iqr",
        title="Method",
        description=(
            "What is an outlier. IQR: farther from the middle half of the values than so many times its width. "
            "Z-score: farther from the mean than so many standard deviations."
        ),
    )
    times: float = setting(
        1.5,
        gt=0.0,
        le=20.0,
        title="Limit",
        unit="times",
        description="1.5 to 3 is usual for IQR, 3 for Z-score. More lets more values pass.",
    )
    action: Literal["clip", "drop", "flag"] = setting(
        "clip",
        title="Action",
        description=(
            "Clip: bring them to the limit, in the endpoint too. Drop: leave out such training rows; the endpoint "
            "answers all rows. Flag: add a yes/no column beside."
        ),
    )


class Outliers(Node):
    """Reins in values far from all others, which pull averages and linear models towards them.

    Limits are learned from the training rows only. Rows kept aside for tests are never dropped, or the scores would
    be too good.
    """

    title = "Outliers"
    icon = "scissors"
    keywords = ("outlier", "clip", "winsorize", "iqr", "z-score", "extreme", "infinite")
    serve = Serving.FITTED
    is_cheap = True
    fixes: ClassVar = {FixPurpose.HANDLE_INFINITE: {"columns": [COLUMN]}}

    @dataclass(frozen=True)
    class Inputs:
        """The table to look at."""

        table: Table

    Params = OutliersParams

    @dataclass(frozen=True)
    class Outputs:
        """The table without wild values, or with a note beside them."""

        table: Table

    @staticmethod
    def run(inputs: Inputs, params: OutliersParams, context: RunContext) -> Outputs:
        """Return the table with its outliers clipped, dropped or flagged."""
        table = inputs.table
        limits: dict[str, tuple[float, float]] = {}
        for column in chosen(table.schema, params.columns, types=NUMBERS):
            found = _limits(table.training(column.name), column, params)
            if found is None:
                context.log(
                    Message(
                        "outliers.left",
                        "“{column}” was left as it is: more than half of its values are equal.",
                        column=column.name,
                    )
                )
            else:
                limits[column.name] = found
        if params.action == "drop":
            return Outliers.Outputs(table.filter(_to_keep(table, limits)))
        if params.action == "flag":
            refuse_existing_columns(table.schema, map(flag_name, limits))
        learned = Clipped(clips=limits) if params.action == "clip" else Clipped(flags=limits)
        return Outliers.Outputs(table.apply(learned))

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: OutliersParams, known: Known) -> Mapping[str, Schema]:
        """Return the same columns, with flags where the values are spread enough to have limits."""
        schema = schemas["table"]
        if schema is None:
            return {}
        found = chosen(schema, params.columns, types=NUMBERS)
        if params.action != "flag" or not found:
            return {"table": schema}
        flagged = schema.adding(Column(name=flag_name(c.name), type=ColumnType.BOOLEAN, nullable=False) for c in found)
        return {"table": flagged.model_copy(update={"is_open": True})}

    @staticmethod
    def headline(inputs: Inputs, outputs: Outputs) -> str:
        """Return how many values were clipped; an empty string when rows were dropped."""
        before, after = inputs.table, outputs.table
        if before.rows != after.rows:
            return ""
        learned = after.transforms[-1] if len(after.transforms) > len(before.transforms) else None
        if not isinstance(learned, Clipped):
            return ""
        if learned.flags:
            count = sum(int(after.columns[flag_name(name)].sum()) for name in learned.flags)
            return Message("outliers.flagged", "{count:,} values flagged", one="1 value flagged", count=count)
        changed = ((before.columns[n] != after.columns[n]) & ~np.isnan(before.columns[n]) for n in learned.clips)
        count = sum(int(mask.sum()) for mask in changed)
        return Message("outliers.clipped", "{count:,} values clipped", one="1 value clipped", count=count)


def flag_name(column: str) -> str:
    """Return the name of the column that notes the outliers of ``column``."""
    return f"{column}_is_outlier"


def _limits(values: np.ndarray, column: Column, params: OutliersParams) -> tuple[float, float] | None:
    """Return the lowest and highest value that are not outliers, or ``None`` where there is no spread to go by."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        if params.method == "iqr":
            low, high = (float(value) for value in np.quantile(finite, [0.25, 0.75]))
            spread = high - low
        else:
            low = high = float(finite.mean())
            spread = float(finite.std())
        reach = params.times * spread
    if not np.isfinite(reach) or not np.isfinite(low) or reach <= 0:
        return None
    lowest, highest = low - reach, high + reach
    if column.type is ColumnType.INTEGER:
        lowest, highest = float(np.ceil(lowest)), float(np.floor(highest))
    return (lowest, highest) if lowest <= highest else None


def _to_keep(table: Table, limits: Mapping[str, tuple[float, float]]) -> np.ndarray:
    keep = np.ones(table.rows, dtype=bool)
    for name, (low, high) in limits.items():
        values = table.columns[name]
        keep &= ~((values < low) | (values > high))
    return np.asarray(keep | ~table.training_mask)

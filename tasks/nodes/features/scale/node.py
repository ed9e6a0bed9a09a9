"""Features: bring numbers to a common scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.errors import NodeError
from tasks.contract.fields import Params, columns, setting
from tasks.contract.node import Node, Serving
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Table
from tasks.contract.transform import Columns, Transform, side_by_side, transform
from tasks.graph.messages import Message
from tasks.nodes.column_selection import chosen

SCALED = frozenset({ColumnType.NUMBER, ColumnType.INTEGER})


@transform("features.scale", aliases=("tasks.nodes.features.scale:Scaled",))
class Scaled(Transform):
    """Bends (``powers``: Yeo-Johnson exponents; ``logs``), then moves and stretches columns.

    ``places``: column to (centre, factor): ``(value - centre) * factor``.
    """

    places: Mapping[str, tuple[float, float]]
    powers: Mapping[str, float] = field(default_factory=dict)
    logs: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the scaled columns."""
        return tuple(self.places)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the scaled columns."""
        return tuple(self.places)

    def apply(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the columns on their common scale."""
        made = dict(columns)
        block = None if self.powers or self.logs else side_by_side(columns, self.inputs)
        if block is not None:
            centres, factors = self._places
            made.update(zip(self.places, (block - centres) * factors, strict=True))
            return made
        for name, (centre, factor) in self.places.items():
            values = columns[name]
            if name in self.powers:
                values = yeo_johnson(values, self.powers[name])
            elif name in self.logs:
                values = signed_log(values)
            made[name] = (values - centre) * factor
        return made

    @property
    def supports_single_row(self) -> bool:
        """Return whether nothing is bent: Python's logarithm and NumPy's differ in the last bit."""
        return not self.powers and not self.logs

    def apply_row(self, row: dict[str, Any]) -> None:
        """Scale one row."""
        for name, centre, factor in self._row_places:
            row[name] = (row[name] - centre) * factor

    @cached_property
    def _row_places(self) -> tuple[tuple[str, float, float], ...]:
        return tuple((name, float(centre), float(factor)) for name, (centre, factor) in self.places.items())

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        places = np.asarray(list(self.places.values()), dtype=np.float64)
        return places[:, :1], places[:, 1:]  # each (columns, 1)

    def null_propagation(self) -> Mapping[str, frozenset[str]]:
        """Return each column for itself."""
        return {name: frozenset({name}) for name in self.places}

    def describe(self, schema: Schema) -> Schema:
        """Return the schema with scaled columns as numbers."""
        return schema.adding(_described(column) for column in schema.each() if column.name in self.places)

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        """Return the transform for the wanted columns only."""
        places = {name: place for name, place in self.places.items() if name in wanted}
        if not places:
            return None
        powers = {name: power for name, power in self.powers.items() if name in places}
        return Scaled(places, powers, tuple(name for name in self.logs if name in places))


class ScaleParams(Params):
    """How to scale which columns."""

    columns: tuple[str, ...] = columns(
        "table",
        types=sorted(SCALED),
        title="Columns",
        description="Columns to scale. None chosen: every numeric feature.",
    )
    method: Literal["standard", "minmax", "robust", "log", "power"] = setting(
        "standard",
        title="Method",
        description=(
            "Standard: mean 0, spread 1. Minmax: from 0 to 1. Robust: median 0, middle half 1, whatever the outliers. "
            "Log: logarithm first, for long tails. Power: bent towards a bell shape first (Yeo-Johnson)."
        ),
    )


class Scale(Node):
    """Brings numbers to a common scale, as linear models, neighbours and neural networks need.

    Centre and spread are learned from the training rows only and repeated in the endpoint. Trees do not need it.
    """

    title = "Scale numbers"
    icon = "ruler"
    keywords = ("standardize", "normalize", "z-score", "min-max", "robust", "log", "yeo-johnson", "power")
    serve = Serving.FITTED
    is_cheap = True

    @dataclass(frozen=True)
    class Inputs:
        """The table to scale."""

        table: Table

    Params = ScaleParams

    @dataclass(frozen=True)
    class Outputs:
        """The table with scaled columns."""

        table: Table

    @staticmethod
    def run(inputs: Inputs, params: ScaleParams, context: RunContext) -> Outputs:
        """Return the table with its numbers scaled."""
        table = inputs.table
        places: dict[str, tuple[float, float]] = {}
        powers: dict[str, float] = {}
        for column in chosen(table.schema, params.columns, types=SCALED):
            values = table.training(column.name)
            finite = values[np.isfinite(values)]
            if params.method == "power":
                powers[column.name] = _best_power(finite)
                finite = yeo_johnson(finite, powers[column.name])
            elif params.method == "log":
                finite = signed_log(finite)
            places[column.name] = _place(finite, params.method, column.name)
        logs = tuple(places) if params.method == "log" else ()
        return Scale.Outputs(table.apply(Scaled(places, powers, logs)))

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: ScaleParams, known: Known) -> Mapping[str, Schema]:
        """Return the same columns, the scaled ones as numbers."""
        schema = schemas["table"]
        if schema is None:
            return {}
        return {"table": schema.adding(map(_described, chosen(schema, params.columns, types=SCALED)))}

    @staticmethod
    def headline(inputs: Inputs, outputs: Outputs) -> str:
        """Return how many columns were scaled."""
        learned = outputs.table.transforms[-1]
        return Message("scale.result", "{count:,} columns scaled", one="1 column scaled", count=len(learned.outputs))


def _described(column: Column) -> Column:
    return column.changed(type=ColumnType.NUMBER, minimum=None, maximum=None)


def _place(finite: np.ndarray, method: str, name: str) -> tuple[float, float]:
    """Return centre and factor; a column without values or without spread is only moved."""
    if not len(finite):
        return 0.0, 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        if method == "minmax":
            centre, spread = float(finite.min()), float(finite.max()) - float(finite.min())
        elif method == "robust":
            low, centre, high = (float(value) for value in np.quantile(finite, [0.25, 0.5, 0.75]))
            spread = high - low
        else:
            centre, spread = float(finite.mean()), float(finite.std())
    if not np.isfinite(centre) or not np.isfinite(spread):
        raise NodeError(
            Message(
                "scale.too_large",
                "The values of “{column}” are too large to be scaled (up to {maximum:.3g}). Clip its outliers first.",
                column=name,
                maximum=float(np.abs(finite).max()),
            ),
            param="columns",
            fix="clean.outliers",
        )
    is_flat = spread <= 1e-12 * max(abs(centre), 1e-300)
    return centre, 1.0 if is_flat or not np.isfinite(1.0 / spread) else 1.0 / spread


def signed_log(values: np.ndarray) -> np.ndarray:
    """Return the logarithm of one plus the size, with the sign of the value: defined for every number."""
    logarithm: np.ndarray = np.sign(values) * np.log1p(np.abs(values))
    return logarithm


def yeo_johnson(values: np.ndarray, power: float) -> np.ndarray:
    """Return values after the transform of Yeo and Johnson (2000), doi:10.1093/biomet/87.4.954."""
    made = np.array(values, dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        upper, lower = values >= 0, values < 0
        high, low = values[upper], -values[lower]
        made[upper] = np.log1p(high) if abs(power) < 1e-9 else np.expm1(power * np.log1p(high)) / power
        rest = 2.0 - power
        made[lower] = -np.log1p(low) if abs(rest) < 1e-9 else -np.expm1(rest * np.log1p(low)) / rest
    return made


def _best_power(finite: np.ndarray) -> float:
    """Return the exponent of greatest likelihood between -4 and 4, by golden section on at most 100,000 values."""
    if len(finite) < 3 or finite.min() == finite.max():
        return 1.0
    values = finite[:: max(1, len(finite) // 100_000)]
    bend = np.sum(np.sign(values) * np.log1p(np.abs(values)))

    def loss(power: float) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            spread = float(yeo_johnson(values, power).var())
        if not np.isfinite(spread) or spread <= 0:
            return float("inf")
        return float(len(values) / 2 * np.log(spread) - (power - 1) * bend)

    low, high, ratio = -4.0, 4.0, (5**0.5 - 1) / 2
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return (low + high) / 2

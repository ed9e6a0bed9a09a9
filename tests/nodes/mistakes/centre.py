"""A correct node: it subtracts the median of each column of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.fields import Params, columns, setting
from tasks.contract.node import Node, Serving
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Table
from tasks.contract.transform import Columns, Transform, transform
from tasks.nodes.column_selection import chosen

NUMBERS = frozenset({ColumnType.NUMBER, ColumnType.INTEGER})


@transform("test.shifted")
class Shifted(Transform):
    """Subtracts a number. ``by``: column to number."""

    by: Mapping[str, float]

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(self.by)

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(self.by)

    def apply(self, columns: Columns) -> dict[str, np.ndarray]:
        return {**columns, **{name: columns[name] - number for name, number in self.by.items()}}

    def describe(self, schema: Schema) -> Schema:
        return schema.adding(shifted(schema.column(name)) for name in self.by)

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        kept = {name: number for name, number in self.by.items() if name in wanted}
        return type(self)(kept) if kept else None


def shifted(column: Column) -> Column:
    return column.changed(type=ColumnType.NUMBER, minimum=None, maximum=None)


class CentreParams(Params):
    columns: tuple[str, ...] = columns(
        "table", types=sorted(NUMBERS), title="Columns", description="Columns to centre."
    )
    share: float = setting(1.0, ge=0, le=1, title="Share", description="How much of the median is subtracted.")
    middle: Literal["median", "lowest"] = setting("median", title="Middle", description="What is subtracted.")
    note: str = setting("", max_length=100, title="Note", description="Written to the log.")


class Centre(Node):
    """Subtracts the middle of each column of numbers.

    The middle is learned from the training rows.
    """

    title = "Centre"
    icon = "focus-centered"
    serve = Serving.FITTED

    @dataclass(frozen=True)
    class Inputs:
        table: Table

    Params = CentreParams

    @dataclass(frozen=True)
    class Outputs:
        table: Table

    @classmethod
    def run(cls, inputs, params: CentreParams, context: RunContext):
        table = cls.prepared(inputs.table)
        if params.note:
            context.log(params.note)
        picked = [column.name for column in chosen(table.schema, params.columns, types=NUMBERS)]
        return cls.finished(
            table.apply(cls.transform({name: cls.middle(table, name, params, context) for name in picked}))
        )

    @classmethod
    def prepared(cls, table: Table) -> Table:
        return table

    @classmethod
    def transform(cls, by: dict[str, float]) -> Transform:
        return Shifted(by)

    @classmethod
    def middle(cls, table: Table, name: str, params: CentreParams, context: RunContext) -> float:
        return params.share * cls.of(table.training(name), params)

    @staticmethod
    def of(values: np.ndarray, params: CentreParams) -> float:
        finite = values[np.isfinite(values)]
        if not len(finite):
            return 0.0
        return float(np.median(finite) if params.middle == "median" else finite.min())

    @classmethod
    def finished(cls, table: Table):
        return cls.Outputs(table)

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: CentreParams, known: Known) -> Mapping[str, Schema]:
        schema = schemas["table"]
        if schema is None:
            return {}
        return {"table": schema.adding(shifted(column) for column in chosen(schema, params.columns, types=NUMBERS))}

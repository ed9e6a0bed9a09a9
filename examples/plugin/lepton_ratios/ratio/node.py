"""Divide one column by another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.errors import NodeError
from tasks.contract.fields import Params, column, setting
from tasks.contract.node import Node, Serving
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Table
from tasks.contract.transform import Columns, Transform, transform
from tasks.graph.messages import Message

NUMBERS = (ColumnType.INTEGER, ColumnType.NUMBER)


@transform("ratios.divided")
class Divided(Transform):
    """Makes the column ``name`` of ``numerator`` divided by ``denominator``; missing where that is no number."""

    numerator: str
    denominator: str
    name: str

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.numerator, self.denominator)))

    @property
    def outputs(self) -> tuple[str, ...]:
        return (self.name,)

    def apply(self, columns: Columns) -> dict[str, np.ndarray]:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio = columns[self.numerator] / columns[self.denominator]
        return {**columns, self.name: np.where(np.isfinite(ratio), ratio, np.nan)}

    def describe(self, schema: Schema) -> Schema:
        return schema.adding([Column(name=self.name, type=ColumnType.NUMBER)])


class RatioParams(Params):
    """Which columns to divide."""

    numerator: str = column("table", types=NUMBERS, title="Numerator", description="The column that is divided.")
    denominator: str = column("table", types=NUMBERS, title="Denominator", description="The column to divide by.")
    name: str = setting(
        "", max_length=200, title="Name", description="What the new column is called. Empty: made of the two names."
    )


class Ratio(Node):
    """Divides one column by another and adds the result as a new column.

    Missing where the divisor is zero or missing. The endpoint computes the same.
    """

    title = "Ratio"
    icon = "divide"
    keywords = ("divide", "quotient", "share", "per")
    serve = Serving.STATELESS
    is_cheap = True

    @dataclass(frozen=True)
    class Inputs:
        """The table with both columns."""

        table: Table

    Params = RatioParams

    @dataclass(frozen=True)
    class Outputs:
        """The table with the ratio beside them."""

        table: Table

    @staticmethod
    def run(inputs: Inputs, params: RatioParams, context: RunContext) -> Outputs:
        """Return the table with the ratio; as it is while no columns are chosen."""
        divided = _divided(inputs.table.schema, params)
        return Ratio.Outputs(inputs.table if divided is None else inputs.table.apply(divided))

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: RatioParams, known: Known) -> Mapping[str, Schema]:
        """Return the columns with the ratio."""
        schema = schemas["table"]
        if schema is None:
            return {}
        divided = _divided(schema, params)
        return {"table": schema if divided is None else divided.describe(schema)}


def _divided(schema: Schema, params: RatioParams) -> Divided | None:
    if not params.numerator and not params.denominator:
        return None
    for param in ("numerator", "denominator"):
        name = getattr(params, param)
        found = schema.find(name)
        if found is None or found.type not in NUMBERS or name == schema.target:
            raise NodeError(
                Message(
                    "ratios.no_number",
                    "“{column}” is no column of numbers to divide. Choose one that is no target.",
                    column=name,
                ),
                param=param,
            )
    name = params.name or f"{params.numerator} / {params.denominator}"
    if name in schema:
        raise NodeError(
            Message("ratios.name_taken", "There is already a column “{name}”. Choose another name.", name=name),
            param="name",
        )
    return Divided(params.numerator, params.denominator, name)

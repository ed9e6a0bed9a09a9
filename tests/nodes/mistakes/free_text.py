"""Mistakes of free text: what a person calls a new column may be there already."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.fields import setting
from tasks.contract.node import Serving
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.transform import Columns, Transform, transform
from tasks.graph.messages import Message
from tests.nodes.mistakes.centre import Centre, CentreParams


@transform("test.counted")
class Counted(Transform):
    """Makes the column ``name`` of the number of letters in the name of the column ``of``, plus that column."""

    of: str
    name: str

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.of,)

    @property
    def outputs(self) -> tuple[str, ...]:
        return (self.name,)

    def apply(self, columns: Columns) -> dict[str, np.ndarray]:
        return {**columns, self.name: columns[self.of] + len(self.of)}

    def describe(self, schema: Schema) -> Schema:
        found = schema.find(self.name)
        return schema.adding([Column(name=self.name, type=ColumnType.NUMBER, role=found.role if found else "feature")])


class CountedParams(CentreParams):
    name: str = setting("", max_length=200, title="Name", description="What the new column is called.")


class OverwritesWhatIsThere(Centre):
    """Puts a number for the first column of numbers under a name that a person writes."""

    serve = Serving.STATELESS
    Params = CountedParams

    @classmethod
    def run(cls, inputs, params, context):
        table = inputs.table
        if params.note or params.middle != "median":
            context.log(f"{params.note} {params.middle} {params.share} {params.columns}")
        made = cls.counted(table.schema, params)
        return cls.Outputs(table if made is None else table.apply(made))

    @classmethod
    def counted(cls, schema: Schema, params: CountedParams) -> Counted | None:
        numbers = [column.name for column in schema.features() if column.type is ColumnType.NUMBER]
        if not params.name or not numbers:
            return None
        cls.look(schema, params.name)
        return Counted(numbers[0], params.name)

    @classmethod
    def look(cls, schema: Schema, name: str) -> None:
        """Takes any name."""

    @classmethod
    def infer(cls, schemas: Mapping[str, Schema | None], params, known):
        schema = schemas["table"]
        if schema is None:
            return {}
        made = cls.counted(schema, params)
        return {"table": schema if made is None else made.describe(schema)}


class OverwritesTheTarget(OverwritesWhatIsThere):
    """Refuses the names of features only."""

    @classmethod
    def look(cls, schema, name):
        if name in schema and name != schema.target:
            raise NodeError(Message("mistakes.taken", "There is already a column of this name. Choose another one."))


class RefusesWhatIsThere(OverwritesWhatIsThere):
    """Correct: refuses a name that a column has."""

    @classmethod
    def look(cls, schema, name):
        if name in schema:
            raise NodeError(Message("mistakes.taken", "There is already a column of this name. Choose another one."))

"""Source: a data set that was uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.errors import NodeError
from tasks.contract.fields import Params, column, columns, dataset, rows, setting
from tasks.contract.node import Estimate, Node, NoInputs
from tasks.contract.schema import Column, Role, Schema
from tasks.contract.table import Table
from tasks.graph.messages import Message, Term


class ColumnRole(Params):
    """One column and what it is for."""

    column: str = column("table", title="Column", description="A column of the data set.")
    role: Role = setting(Role.FEATURE, title="Role", description="What the column is for.")


class FileParams(Params):
    """Which data set, and what its columns are for."""

    dataset: str = dataset(title="Data set", description="The data set to start from.")
    target: str = column(
        "table", title="Target", description="The column to predict. Every later node leaves it as it is."
    )
    ignore: tuple[str, ...] = columns(
        "table", title="Ignore", description="Columns that no model may learn from, such as notes or keys."
    )
    max_rows: int = setting(
        0,
        ge=0,
        le=2**31 - 1,
        title="Rows at most",
        unit="rows",
        description="Takes so many rows at random, for data that are too large for the machine. 0: all.",
        advanced=True,
    )
    roles: tuple[ColumnRole, ...] = rows(
        of="table",
        title="Other roles",
        description="Columns that are an id, a weight, a time or a group.",
        advanced=True,
    )


class File(Node):
    """Brings in a data set that was uploaded, and marks the column to predict.

    Mark the target here once; cleaning and encoding leave it alone and models find it by themselves.
    """

    title = "Data set"
    icon = "database"
    keywords = ("csv", "file", "table", "upload", "read", "source", "target")
    is_cheap = True

    Inputs = NoInputs
    Params = FileParams

    @dataclass(frozen=True)
    class Outputs:
        """The data set as it was uploaded."""

        table: Table

    @staticmethod
    def run(inputs: NoInputs, params: FileParams, context: RunContext) -> Outputs:
        """Return the stored table with its roles marked."""
        if not params.dataset:
            raise NodeError(Message("file.not_chosen", "No data set is chosen. Choose one."), param="dataset")
        table = context.dataset(params.dataset)
        schema = with_roles(table.schema, params)
        table = replace(table, schema=schema, raw_schema=schema)
        return File.Outputs(_some_rows(table, params.max_rows, context))

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: FileParams, known: Known) -> Mapping[str, Schema]:
        """Return the data set's columns with their roles."""
        if not params.dataset:
            raise NodeError(Message("file.not_chosen", "No data set is chosen. Choose one."), param="dataset")
        schema = known.dataset(params.dataset)
        return {} if schema is None else {"table": with_roles(schema, params)}

    @staticmethod
    def estimate(rows: int, columns: int, params: FileParams) -> Estimate:
        """Return the cost of reading the stored table."""
        return Estimate(seconds=0.01 + rows * columns * 2e-8, memory_bytes=rows * columns * 16)


def _some_rows(table: Table, most: int, context: RunContext) -> Table:
    """Return so many rows of the table, in their order; all when ``most`` is 0 or not fewer."""
    if not most or table.rows <= most:
        return table
    chosen = np.zeros(table.rows, dtype=np.bool_)
    chosen[np.random.default_rng(context.seed).choice(table.rows, most, replace=False)] = True
    context.log(
        Message("file.some_rows", "{count:,} of {rows:,} rows were taken at random.", count=most, rows=table.rows)
    )
    return table.filter(chosen)


def with_roles(schema: Schema, params: FileParams) -> Schema:
    """Return the schema with the target and other roles marked.

    Raises:
        NodeError: A named column is not there, or has two roles.
    """
    roles: dict[str, Role] = {}
    wanted = [(line.column, line.role, "roles") for line in params.roles]
    wanted += [(name, Role.IGNORE, "ignore") for name in params.ignore]
    wanted += [(params.target, Role.TARGET, "target")] if params.target else []
    for name, role, param in wanted:
        if name not in schema:
            raise NodeError(
                Message(
                    "file.no_column", "The data set has no column “{column}”. Choose one of its columns.", column=name
                ),
                param=param,
            )
        if name in roles and roles[name] is not role:
            raise NodeError(
                Message(
                    "file.two_roles",
                    "“{column}” has two roles, {first} and {second}. Keep one.",
                    column=name,
                    first=Term(f"value:{roles[name]}", str(roles[name])),
                    second=Term(f"value:{role}", str(role)),
                ),
                param=param,
            )
        roles[name] = role
    if sum(role is Role.TARGET for role in roles.values()) > 1:
        raise NodeError(
            Message("columns.two_targets", "Two columns have the role target. A model predicts one."), param="target"
        )
    return Schema.of((_marked(column, roles, params) for column in schema.each()), is_open=schema.is_open)


def _marked(column: Column, roles: Mapping[str, Role], params: FileParams) -> Column:
    """Return the column with its role; the target of the stored table gives way to the one chosen here."""
    if column.name in roles:
        return column.changed(role=roles[column.name])
    if params.target and column.role is Role.TARGET:
        return column.changed(role=Role.FEATURE)
    return column

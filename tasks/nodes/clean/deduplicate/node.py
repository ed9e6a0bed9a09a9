"""Clean: drop rows that are there more than once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.fields import Params, columns, setting
from tasks.contract.folds import value_codes
from tasks.contract.node import Node, Serving
from tasks.contract.schema import Schema
from tasks.contract.table import Table
from tasks.graph.fixes import FixPurpose
from tasks.nodes.column_selection import existing


class DeduplicateParams(Params):
    """When two rows are the same."""

    columns: tuple[str, ...] = columns(
        "table",
        title="Columns",
        description="Rows that agree in these columns are the same. None chosen: in all columns.",
    )
    keep: Literal["first", "last"] = setting(
        "first", title="Keep", description="Which of the same rows stays, in the order of the table."
    )


class Deduplicate(Node):
    """Drops rows that are there more than once, so that a model is not tested on rows it has learned.

    Works on training data only; the endpoint answers every row it is asked.
    """

    title = "Drop duplicates"
    icon = "copy-off"
    keywords = ("unique", "distinct", "duplicate", "repeated", "rows")
    serve = Serving.TRAINING_ONLY
    fixes: ClassVar = {FixPurpose.DROP_DUPLICATES: {}}

    @dataclass(frozen=True)
    class Inputs:
        """The table to thin out."""

        table: Table

    Params = DeduplicateParams

    @dataclass(frozen=True)
    class Outputs:
        """The table with each row once."""

        table: Table

    @staticmethod
    def run(inputs: Inputs, params: DeduplicateParams, context: RunContext) -> Outputs:
        """Return the table with the first or last of the same rows."""
        table = inputs.table
        for name in params.columns:
            existing(table.schema, name, param="columns")
        names = params.columns or table.schema.names
        if not table.rows or not names:
            return Deduplicate.Outputs(table)
        codes = np.zeros(table.rows, dtype=np.int64)
        for name in names:
            found = value_codes(table.columns[name])
            codes = np.unique(codes * (int(found.max()) + 1) + found, return_inverse=True)[1].reshape(-1)
        order = codes if params.keep == "first" else codes[::-1]
        kept = np.unique(order, return_index=True)[1]
        return Deduplicate.Outputs(table.filter(np.sort(kept if params.keep == "first" else table.rows - 1 - kept)))

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: DeduplicateParams, known: Known) -> Mapping[str, Schema]:
        """Return the same columns."""
        schema = schemas["table"]
        if schema is None:
            return {}
        for name in params.columns:
            existing(schema, name, param="columns")
        return {"table": schema}

"""How much each row counts: the column with the role weight."""

from __future__ import annotations

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.schema import Role
from tasks.contract.table import Table
from tasks.graph.messages import Message, Term


def row_weights(table: Table) -> np.ndarray | None:
    """Return how much each row counts by the column with the role weight; ``None`` if no column has it.

    Raises:
        NodeError: Its values are no weights.
    """
    marked = table.schema.with_role(Role.WEIGHT)
    if not marked:
        return None
    name, values = marked[0].name, table.columns[marked[0].name]
    if len(marked) > 1:
        raise NodeError(
            Message(
                "training.two_weights",
                "“{first}” and “{second}” both have the role weight. Keep one.",
                first=name,
                second=marked[1].name,
            ),
            fix="clean.columns",
        )
    if values.dtype.kind != "f":
        raise NodeError(
            Message(
                "training.weight_type",
                "“{column}” has the role weight but is a column of type {type}. Convert it to a number with Columns.",
                column=name,
                type=Term(f"type.{marked[0].type}", str(marked[0].type)),
            ),
            fix="clean.columns",
        )
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        raise NodeError(
            Message(
                "training.weight_values",
                "{count:,} values of the weight “{column}” are missing, negative or infinite. Every row needs a weight "
                "of 0 or more. Fill or correct them first.",
                one="1 value of the weight “{column}” is missing, negative or infinite. Every row needs a weight of 0 "
                "or more. Fill or correct it first.",
                count=int(wrong.sum()),
                column=name,
            ),
            fix="clean.impute",
        )
    if not values[table.training_mask].any():
        raise NodeError(
            Message(
                "training.weights_zero",
                "All training rows have the weight 0 in “{column}”, so there is nothing to learn from.",
                column=name,
            )
        )
    return values

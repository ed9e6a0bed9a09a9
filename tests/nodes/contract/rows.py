"""The rows that come out are those that came in: an endpoint answers every row, scores count every row kept aside."""

from __future__ import annotations

import numpy as np

from tasks.contract.node import Node, Serving
from tasks.contract.table import Table
from tests.nodes.contract.broken import require
from tests.nodes.contract.kinds import is_source
from tests.nodes.contract.variants import Variant


def check_rows(node: type[Node], table: Table, made: Table, variant: Variant) -> None:
    """Row ids, their order and their parts of the split are those of the input; a training-only node may change them.

    A fitted node may drop training rows where a parameter asks for it and it adds no transform: there it works in
    training only.
    """
    if is_source(node):
        return
    kept = np.isin(table.row_ids, made.row_ids)
    require(
        np.isin(made.row_ids, table.row_ids).all(),
        "It gave rows whose row_ids are none of its input's. A row keeps the id it has in the source: change columns "
        "with table.apply(...), and let table.filter(...) choose rows.",
    )
    if node.serve not in {Serving.STATELESS, Serving.FITTED}:
        return
    is_in_order = made.row_ids.tolist() == table.row_ids[kept].tolist()
    require(is_in_order, "It gave its rows in another order. Leave them in that of the input.")
    _check_dropped(node, table, made, variant, ~kept)
    before = None if table.partition is None else table.partition[kept].tolist()
    require(
        before == (None if made.partition is None else made.partition.tolist()),
        "It changed which rows are training, validation and test. Leave table.partition alone, or set serve = "
        "Serving.TRAINING_ONLY for a node that divides rows.",
    )


def _check_dropped(node: type[Node], table: Table, made: Table, variant: Variant, dropped: np.ndarray) -> None:
    if not dropped.any():
        return
    what = f"It says it is {node.serve.value} and dropped {dropped.sum()} of {table.rows} rows"
    way_out = (
        "Give every row: fill what is missing, or add a yes/no column beside. A node that drops rows sets serve = "
        "Serving.TRAINING_ONLY."
    )
    is_choice = node.serve is Serving.FITTED and variant.name and len(made.transforms) == len(table.transforms)
    require(is_choice, f"{what}, and an endpoint answers every row. {way_out}")
    require(
        not (dropped & ~table.training_mask).any(),
        f"{what}, some of them kept aside, and scores without them are too good. Drop training rows only.",
    )

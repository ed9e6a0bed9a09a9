"""What a node learns: from training rows only, never from the target of the same row, and as it says of serving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.node import Node, Serving
from tasks.contract.schema import ColumnType
from tasks.contract.table import Partition, Table
from tasks.contract.transform import prune
from tests.nodes.contract.broken import Broken, require
from tests.nodes.contract.equality import learned, missing_like, same
from tests.nodes.contract.kinds import is_source, require_repeatable, run, tables_in, with_columns
from tests.nodes.contract.variants import Variant, variants
from tests.tables import table_of


def check_target(node: type[Node], table: Table, made: Table, variant: Variant) -> None:
    """The target stays as it is, and no column is computed from it: an endpoint has none."""
    target = table.schema.target
    if not target or variant.names_columns or is_source(node):
        return
    require(
        target in made.schema and made.schema.target == target, f"The target {target} is gone or no target any more."
    )
    at = {row: place for place, row in enumerate(table.row_ids.tolist())}
    kept = [at[row] for row in made.row_ids.tolist()]
    require(same(made.columns[target], table.columns[target][kept]), f"The target {target} was changed.")
    for name in made.schema.names:
        if name != target:
            needed = prune(made.transforms, [name])[1]
            require(
                target not in needed, f"The column {name} is computed from the target {target}, which no endpoint has."
            )


def unrelated(rows: int = 80) -> Table:
    """Return a split table whose columns have nothing to do with the target; every word is there once."""
    random_values = np.random.default_rng(5)
    columns = {
        "code": ("category", [f"c{at}" for at in range(rows)]),
        "noise": ("number", random_values.normal(size=rows).tolist()),
        "y": ("number", random_values.normal(size=rows).tolist()),
    }
    marks = np.where(np.arange(rows) % 4 == 3, Partition.TEST, Partition.TRAIN)
    return table_of(columns, target="y").split(marks)


def check_own_target_is_not_told(node: type[Node]) -> None:
    """No training row's feature tells that row's own target, where nothing can be known of it."""
    table = unrelated()
    target = table.training("y")
    for variant in variants(node, table.schema):
        if variant.names_columns:
            continue
        for made in tables_in(run(node, table, variant)):
            for column in made.schema.features():
                values = made.training(column.name) if column.type.is_numeric else np.zeros(0)
                if len(values) != len(target) or not np.isfinite(values).all() or values.std() == 0:
                    continue
                told = abs(float(np.corrcoef(values, target)[0, 1]))
                require(
                    told < 0.8,
                    f"With {variant} the column {column.name} tells the target of its own row, though nothing is to be "
                    "known of it: learn a row's value without the row (cross-fitting).",
                )


def check_learned_from_training_rows(node: type[Node], table: Table, variant: Variant) -> None:
    """Whatever the rows kept aside hold, training rows come out the same and so does what was learned.

    A node that makes a split of its own is left out: it decides which rows train.
    """
    one = run(node, table, variant)
    try:
        _check_rows_kept_aside(node, table, variant, one)
    except Broken:
        require_repeatable(node, table, variant, one)  # or what differs is no matter of rows
        raise


def _check_rows_kept_aside(
    node: type[Node], table: Table, variant: Variant, one: Mapping[str, Any] | NodeError
) -> None:
    for changed in (_other_values(table), _gaps_aside(table)):
        two = run(node, changed, variant)
        is_same_answer = isinstance(one, NodeError) == isinstance(two, NodeError)
        require(is_same_answer, f"With {variant} whether it refuses depends on the rows kept aside.")
        for left, right in zip(tables_in(one), tables_in(two), strict=True):
            if left.at_split is not table.at_split:
                continue
            is_same = [learned(transform) for transform in left.transforms] == [
                learned(transform) for transform in right.transforms
            ]
            require(
                is_same,
                f"With {variant} it learned from rows kept aside for the test. Fit on table.training(...) only.",
            )
            one_rows, two_rows = (made.row_ids[made.training_mask] for made in (left, right))
            # Which of several equal rows is kept may depend on rows kept aside: equal ones among them count too.
            is_free = node.serve is Serving.TRAINING_ONLY and variant.names_columns
            is_same = is_free or one_rows.tolist() == two_rows.tolist()
            require(is_same, f"With {variant} which training rows it keeps depends on rows kept aside for the test.")
            in_both = np.intersect1d(one_rows, two_rows)
            for name, values in left.columns.items():
                is_same = name in right.columns and same(
                    values[np.isin(left.row_ids, in_both)], right.columns[name][np.isin(right.row_ids, in_both)]
                )
                require(is_same, f"With {variant} the training rows' {name} depends on rows kept aside for the test.")


def _other_values(table: Table) -> Table:
    """Return the table with wild values in the rows kept aside: numbers far away, one word, later dates."""
    aside = ~table.training_mask
    changed = {}
    for name, values in table.columns.items():
        wild = values.copy()
        if values.dtype.kind == "f":
            is_yes_no = table.schema.column(name).type is ColumnType.BOOLEAN
            wild[aside] = 1.0 if is_yes_no else values[aside] * 1000 + 1
        elif values.dtype.kind == "M":
            wild[aside] = values[aside] + np.timedelta64(4000, "D")
        else:
            words = [word for word in values.tolist() if word is not None]
            wild[aside] = max(words) if words else None
        changed[name] = wild
    return with_columns(table, changed)


def _gaps_aside(table: Table) -> Table:
    """Return the table with nothing in the rows kept aside, the target apart."""
    aside = ~table.training_mask
    changed = {}
    for name, values in table.columns.items():
        if name != table.schema.target and table.schema.column(name).nullable:
            changed[name] = values.copy()
            changed[name][aside] = missing_like(values[:1])[0]
    return with_columns(table, changed)


def check_serving(node: type[Node], tables: list[Table]) -> None:
    """Stateless: transforms are the same for other values. Fitted: it has transforms. Training only: it has none."""
    ever = False
    for table, variant in [(given, variant) for given in tables for variant in variants(node, given.schema)]:
        one, two = run(node, table, variant), run(node, _other_training(table), variant)
        for left, right in zip(tables_in(one), tables_in(two), strict=False):
            ever = ever or bool(left.transforms)
            if node.serve is Serving.STATELESS:
                is_same = [learned(transform) for transform in left.transforms] == [
                    learned(transform) for transform in right.transforms
                ]
                if not is_same:
                    require_repeatable(node, table, variant, one)
                require(
                    is_same, f"It says it is stateless, and with {variant} its transforms depend on the rows: FITTED."
                )
            if node.serve is Serving.TRAINING_ONLY:
                require(
                    not left.transforms,
                    f"It says that it works in training only, and with {variant} it adds a transform.",
                )
    if node.serve is Serving.FITTED:
        require(ever, "It says it is fitted and never adds a transform: TRAINING_ONLY, or the endpoint leaves it out.")


def _other_training(table: Table) -> Table:
    """Return the table with other values of the same kinds in all rows."""
    changed = {}
    for name, values in table.columns.items():
        if values.dtype.kind == "f" and table.schema.column(name).type is not ColumnType.BOOLEAN:
            changed[name] = values * 3 + 1
        else:
            changed[name] = np.sort(values)[::-1].copy() if values.dtype.kind == "M" else _uneven(values)
    return with_columns(table, changed)


def _uneven(values: np.ndarray) -> np.ndarray:
    """Return the values with the first of them in most rows."""
    made = values.copy()
    made[: len(made) * 2 // 3] = made[0] if len(made) else None
    return made

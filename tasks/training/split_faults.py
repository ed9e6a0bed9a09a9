"""What makes judged rows no new rows: copies of training rows, days and customers that the model knows."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from tasks.contract.folds import value_codes
from tasks.contract.node import Node, Serving
from tasks.contract.schema import Column, ColumnType, Role
from tasks.contract.table import Partition, Table, is_missing
from tasks.graph.group_names import is_birth_name, is_group_name
from tasks.graph.messages import Message, Term
from tasks.training.repeated_groups import repeated_groups
from tasks.verdict.values import Caveat

MOST_COLUMNS = 50
MOST_ROWS = 5000
MOST_GROUPED_ROWS = 100_000
FEWEST_ROWS = 40
MANY_TWINS = 0.2
FEW_TWINS = 0.01
FEWEST_TWINS = 5
MOSTLY_DIFFERENT = 0.85
MANY_DATES = 20
FEWEST_GROUPS = 10
ROWS_OF_A_GROUP = 1.5
MANY_CUT = 0.5


def sampled(table: Table, *parts: Partition) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows of the table's sample are in these parts: positions in the sample and in the table."""
    order = np.argsort(table.row_ids, kind="stable")
    place = np.searchsorted(table.row_ids, table.sample.row_ids, sorter=order)
    place[place == len(order)] = 0
    at = order[place] if len(order) else place
    known = table.row_ids[at] == table.sample.row_ids if len(order) else np.zeros(len(place), dtype=bool)
    chosen = np.flatnonzero(known & table.mask(*parts)[at] if len(order) else known)[:MOST_ROWS]
    return chosen, at[chosen]


def split_caveats(table: Table, names: list[str], truth: np.ndarray) -> Iterator[Caveat]:
    """Iterate over what to know about the split of a table that a model learned from.

    Args:
        table: Rows with a known target.
        names: The raw columns that the model needs.
        truth: Shape (rows,): values, or positions of the classes.
    """
    spec = table.split_spec
    if spec is None or table.partition is None:
        return
    if spec.method in {"random", "stratified"}:
        dated = next(_date_columns(table), None)
        if dated is not None:
            message = Message(
                "verdict.date_under_random_split",
                "Rows were kept aside at random although “{column}” dates them, so it was judged on days it had seen. "
                "Split by time to know how it does on new ones.",
                column=dated,
            )
            yield Caveat("date_under_random_split", message)
        yield from _cut_groups(table)
    yield from _fits_before_split(table)
    twins, judged = _twins(table, names[:MOST_COLUMNS], truth)
    if judged and twins >= MANY_TWINS * judged:
        message = Message(
            "verdict.duplicates_across_split",
            "{count:,} of {rows:,} judged rows looked at are among the training rows too, answer included. Drop "
            "duplicates before the split.",
            count=twins,
            rows=judged,
        )
        yield Caveat("duplicates_across_split", message)
    elif twins >= max(FEWEST_TWINS, FEW_TWINS * judged):
        message = Message(
            "verdict.few_duplicates_across_split",
            "{count:,} of {rows:,} judged rows looked at are among the training rows too, answer included, which makes "
            "the score a little better than it is. Drop duplicates before the split.",
            count=twins,
            rows=judged,
        )
        yield Caveat("few_duplicates_across_split", message)


def _may_be_group(column: Column) -> bool:
    """Return whether values of a column are likely someone or something with several rows, such as a customer."""
    if column.role is Role.GROUP:
        return True
    if column.type in {ColumnType.DATE, ColumnType.NUMBER, ColumnType.BOOLEAN} or column.role is Role.TARGET:
        return False
    return column.role is Role.ID or is_group_name(column.name)


def _group_columns(table: Table) -> Iterator[Column]:
    """Iterate over columns that may be groups: those that are marked or called so, then those that the rows show."""
    named = [column for column in table.schema.each() if _may_be_group(column)]
    yield from named
    values = {name: column[:MOST_GROUPED_ROWS] for name, column in table.columns.items()}
    known = {column.name for column in named}
    for name in repeated_groups(values, table.schema, table.schema.target):
        if name not in known:
            yield table.schema.column(name)


def _cut_groups(table: Table) -> Iterator[Caveat]:
    """Return the first column whose values are on both sides of the split, when most judged rows have such a value."""
    base = table.at_split or table
    if base.partition is None:
        return
    learned = base.partition[:MOST_GROUPED_ROWS] == Partition.TRAIN
    if learned.all() or not learned.any():
        return
    for column in _group_columns(base):
        values = base.columns[column.name][:MOST_GROUPED_ROWS]
        known = ~is_missing(values)
        codes = value_codes(values)
        groups = len(np.unique(codes[known]))
        if groups < FEWEST_GROUPS or known.sum() < ROWS_OF_A_GROUP * groups:
            continue
        judged = ~learned & known
        share = float(np.isin(codes[judged], codes[learned & known]).mean()) if judged.any() else 0.0
        if share >= MANY_CUT:
            message = Message(
                "verdict.groups_across_split",
                "{percent} % of the judged rows have a “{column}” that is among the training rows too, so it was "
                "judged on those it knows. Split by “{column}” to know how it does on new ones.",
                percent=round(100 * share),
                column=column.name,
            )
            yield Caveat("groups_across_split", message)
            return


def _fits_before_split(table: Table) -> Iterator[Caveat]:
    """Return the first node that learned from rows that were held out later, as it stands before the split."""
    for learned in table.at_split.transforms if table.at_split is not None else ():
        package = type(learned).__module__.rpartition(".")[0]
        module = sys.modules.get(f"{package}.node")
        for node in vars(module).values() if module else ():
            if isinstance(node, type) and issubclass(node, Node) and node.serve is Serving.FITTED:
                ident = package.removeprefix("tasks.nodes.")
                message = Message(
                    "verdict.fit_before_split",
                    "{node} stands before the split and learned from the judged rows too. Move it behind the split.",
                    node=Term(f"node:{ident}", node.title),
                )
                yield Caveat("fit_before_split", message)
                return


def _date_columns(table: Table) -> Iterator[str]:
    for column in table.raw_schema.each():
        if column.type is ColumnType.DATE and column.name in table.sample.columns and not is_birth_name(column.name):
            values = table.sample.columns[column.name]
            if len(np.unique(values[~is_missing(values)])) >= MANY_DATES:
                yield column.name


def _twins(table: Table, names: list[str], truth: np.ndarray) -> tuple[int, int]:
    """Return how many judged rows of the sample have an equal training row there, and how many were looked at."""
    rows, at = sampled(table, *Partition)
    if not names or len(rows) < FEWEST_ROWS:
        return 0, 0
    parts = [value_codes(table.sample.columns[name][rows]) for name in names]
    _, answers = np.unique(truth[at], return_inverse=True)
    combined = np.column_stack([*parts, answers.reshape(-1)])
    _, row_codes = np.unique(combined, axis=0, return_inverse=True)
    row_codes = row_codes.reshape(-1)
    training = table.training_mask[at]
    seen = np.unique(row_codes[training])
    # Few different rows are alike by chance: then equal rows say nothing.
    if len(np.unique(row_codes)) < len(rows) / 4:
        return 0, int((~training).sum())
    twins, judged = int(np.isin(row_codes[~training], seen).sum()), int((~training).sum())
    is_chance = twins < MANY_TWINS * judged and len(np.unique(row_codes)) < MOSTLY_DIFFERENT * len(rows)
    return 0 if is_chance else twins, judged

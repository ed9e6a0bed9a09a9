"""What in a table makes scores better than the model is: leaks of the target, and splits that let rows through.

It looks at the raw columns a model needs, on rows of the table's sample, so that it takes a fraction of a second
whatever the size of the table.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

import numpy as np

from tasks.contract.folds import value_codes
from tasks.contract.model import Task
from tasks.contract.schema import Column, ColumnType
from tasks.contract.table import Partition, Table, is_missing
from tasks.graph.messages import Message
from tasks.verdict.values import Caveat

MOST_COLUMNS = 50
MOST_ROWS = 5000
SECONDS = 0.3
FEWEST_ROWS = 40
"""On fewer training rows two columns agree by chance too easily."""

NEARLY = {Task.CLASSIFICATION: 0.98, Task.REGRESSION: 0.995}
"""Share of the way from a constant answer to no mistake from which a column alone is nearly perfect."""

NEARLY_IN_ORDER = 0.9998
"""Rank correlation from which a column has the order of the target."""

MANY_TWINS = 0.2
MANY_DATES = 20


def find_leaks(table: Table, raw: Iterable[str], truth: np.ndarray, task: Task, target: str) -> tuple[Caveat, ...]:
    """Return what to know about the columns and the split of a table that a model learned from.

    Args:
        table: Rows with a known target.
        raw: Names of the raw columns that the model needs.
        truth: Shape (rows,): values, or positions of the classes.
        target: Name of the target.
    """
    until = time.monotonic() + SECONDS
    names = [name for name in table.raw_schema.names if name in set(raw)]
    found = list(_column_leaks(table, names[:MOST_COLUMNS], truth, task, target, until))
    return (*found, *_split_caveats(table, names[:MOST_COLUMNS], truth))


def _column_leaks(
    table: Table, names: list[str], truth: np.ndarray, task: Task, target: str, until: float
) -> Iterator[Caveat]:
    rows, at = sampled(table, Partition.TRAIN)
    if len(rows) < FEWEST_ROWS:
        return
    answers, row_ids = truth[at], table.row_ids[at]
    for name in names:
        if time.monotonic() > until:
            return
        column = table.raw_schema.column(name)
        values = table.sample.columns[name][rows]
        leak = _leak(column, values, answers, task, target) or _counts_rows(column, values, row_ids)
        if leak is not None:
            yield leak


def sampled(table: Table, *parts: Partition) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows of the table's sample are in these parts: positions in the sample and in the table."""
    order = np.argsort(table.row_ids, kind="stable")
    place = np.searchsorted(table.row_ids, table.sample.row_ids, sorter=order)
    place[place == len(order)] = 0
    at = order[place] if len(order) else place
    known = table.row_ids[at] == table.sample.row_ids if len(order) else np.zeros(len(place), dtype=bool)
    chosen = np.flatnonzero(known & table.mask(*parts)[at] if len(order) else known)[:MOST_ROWS]
    return chosen, at[chosen]


def _leak(column: Column, values: np.ndarray, answers: np.ndarray, task: Task, target: str) -> Caveat | None:
    """Return that a column says the target, in order of how sure that is; ``None`` if it does not."""
    equal = Message("verdict.leak_equal", "“{column}” says the same as “{target}”.", column=column.name, target=target)
    if task is Task.CLASSIFICATION:
        if _is_one_to_one(value_codes(values), answers):
            return Caveat("leak_equal", equal)
    elif column.type.is_numeric:
        known = ~is_missing(values)
        own, other = values[known], answers[known]
        if known.mean() > 0.9 and len(np.unique(own)) > 2:
            if np.allclose(own, other, rtol=1e-9, atol=0):
                return Caveat("leak_equal", equal)
            if abs(_correlation(_ranks(own), _ranks(other))) >= NEARLY_IN_ORDER:
                ordered = Message(
                    "verdict.leak_ordered",
                    "“{column}” puts the rows in the order of “{target}”.",
                    column=column.name,
                    target=target,
                )
                return Caveat("leak_ordered", ordered)
    if _alone(column, values, answers, task) < NEARLY[task]:
        return None
    alone = Message(
        "verdict.leak_alone", "“{column}” alone nearly gives “{target}”.", column=column.name, target=target
    )
    return Caveat("leak_alone", alone)


def _is_one_to_one(codes: np.ndarray, answers: np.ndarray) -> bool:
    """Return whether every value goes with one class and every class with one value."""
    pairs = len(np.unique(np.column_stack([codes, answers]), axis=0))
    return pairs == len(np.unique(codes)) == len(np.unique(answers)) and pairs > 1


def _alone(column: Column, values: np.ndarray, answers: np.ndarray, task: Task) -> float:
    """Return how far a tree of this column alone comes from a constant answer to the truth, on rows it has not seen.

    0 is the constant answer, 1 is no mistake; at most 0 for a column that says nothing.
    """
    matrix = _as_numbers(column, values).reshape(-1, 1)
    learn = np.arange(len(answers)) % 2 == 0
    if len(np.unique(answers[learn])) < 2 or np.isnan(matrix).all():
        return 0.0
    if task is Task.REGRESSION:
        from sklearn.tree import DecisionTreeRegressor

        tree = DecisionTreeRegressor(max_leaf_nodes=64, random_state=0).fit(matrix[learn], answers[learn])
        spread = np.square(answers[~learn] - answers[learn].mean()).sum()
        error = np.square(tree.predict(matrix[~learn]) - answers[~learn]).sum()
        return float(1 - error / spread) if spread > 0 else 0.0
    from sklearn.tree import DecisionTreeClassifier

    counts = np.bincount(answers[learn])
    if np.sort(counts)[-2] < 5:  # what is nearly always the same is said by any column
        return 0.0
    tree = DecisionTreeClassifier(max_leaf_nodes=32, random_state=0).fit(matrix[learn], answers[learn])
    wrong = float((tree.predict(matrix[~learn]) != answers[~learn]).mean())
    usual = float((answers[~learn] != int(np.argmax(counts))).mean())
    return 1 - wrong / usual if usual > 0 else 0.0


def _as_numbers(column: Column, values: np.ndarray) -> np.ndarray:
    if column.type.is_numeric:
        return np.where(np.isfinite(values), values, np.nan)
    return value_codes(values).astype(np.float64)


def _counts_rows(column: Column, values: np.ndarray, row_ids: np.ndarray) -> Caveat | None:
    """Return that a column only counts the rows, so that it says in which order they came."""
    if column.type is not ColumnType.INTEGER or is_missing(values).any():
        return None
    steps = np.diff(values[np.argsort(row_ids, kind="stable")])
    if not ((steps > 0).all() or (steps < 0).all()):
        return None
    message = Message(
        "verdict.counts_rows",
        "“{column}” numbers the rows in their order, which no new row has. Exclude it, or give it the role identifier.",
        column=column.name,
    )
    return Caveat("counts_rows", message)


def _split_caveats(table: Table, names: list[str], truth: np.ndarray) -> Iterator[Caveat]:
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
    twins, judged = _twins(table, names, truth)
    if judged and twins >= MANY_TWINS * judged:
        message = Message(
            "verdict.duplicates_across_split",
            "{count:,} of {rows:,} judged rows looked at are among the training rows too, answer included. Drop "
            "duplicates before the split.",
            count=twins,
            rows=judged,
        )
        yield Caveat("duplicates_across_split", message)


def _date_columns(table: Table) -> Iterator[str]:
    for column in table.raw_schema.each():
        if column.type is ColumnType.DATE and column.name in table.sample.columns:
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
    return int(np.isin(row_codes[~training], seen).sum()), int((~training).sum())


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return the place of each value in the order, equal values the same."""
    _, inverse = np.unique(values, return_inverse=True)
    return np.asarray(inverse.reshape(-1), dtype=np.float64)


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])

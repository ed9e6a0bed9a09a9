"""Columns that give a target away: they make scores better than the model is.

The search looks at rows of a table's sample and is bounded by cells, not by a clock: a slow machine finds what a fast
one does, and either takes a fraction of a second whatever the size of the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from tasks.contract.folds import value_codes
from tasks.contract.model import Task
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.spelling import are_compact_dates
from tasks.contract.table import Partition, Table, is_missing
from tasks.graph.messages import Message
from tasks.training.split_faults import sampled, split_caveats
from tasks.verdict.values import Caveat

MOST_CELLS = 200_000
"""Rows times columns that are looked at."""

FEWEST_ROWS = 40
"""On fewer training rows two columns agree by chance too easily."""

NEARLY = {Task.CLASSIFICATION: 0.98, Task.REGRESSION: 0.995}
"""Share of the way from a constant answer to no mistake from which a column alone is nearly perfect."""

NEARLY_IN_ORDER = 0.9998
"""Rank correlation from which a column has the order of the target."""

FEWEST_OF_CLASS = 10
"""Rows of a class, and of the others, from which a column that is filled only there says it."""

PARTLY = 0.5
"""The same share from which a column named after the target counts as made of it."""

FEWEST_LETTERS = 3
"""Letters of a target's name from which another name that contains it says something."""


def find_leaks(table: Table, raw: Iterable[str], truth: np.ndarray, task: Task, target: str) -> tuple[Caveat, ...]:
    """Return what to know about the columns and the split of a table that a model learned from.

    Args:
        table: Rows with a known target.
        raw: Names of the raw columns that the model needs.
        truth: Shape (rows,): values, or positions of the classes.
        target: Name of the target.
    """
    wanted = frozenset(raw)
    names = [name for name in table.raw_schema.names if name in wanted]
    rows, at = sampled(table, Partition.TRAIN)
    columns = {name: table.sample.columns[name][rows] for name in names}
    found = column_leaks(columns, table.raw_schema, truth[at], task, target, table.row_ids[at])
    return (*found.values(), *_unsearched(len(names), len(rows)), *split_caveats(table, names, truth))


def column_leaks(
    columns: Mapping[str, np.ndarray],
    schema: Schema,
    answers: np.ndarray,
    task: Task,
    target: str,
    row_ids: np.ndarray,
) -> dict[str, Caveat]:
    """Return the columns that give the target away, or are no more than a count of the rows, with what they do.

    Args:
        columns: Raw columns, arrays of shape (rows,).
        schema: Has their types.
        answers: Shape (rows,): values of the target, or positions of the classes.
        target: Name of the target.
        row_ids: Shape (rows,): positions in the source.
    """
    found: dict[str, Caveat] = {}
    if len(answers) < FEWEST_ROWS:
        return found
    for name in list(columns)[: column_limit(len(answers))]:
        column, values = schema.column(name), columns[name]
        leak = _leak(column, values, answers, task, target) or counts_rows(column, values, row_ids)
        if leak is not None:
            found[name] = leak
    return found


def column_limit(rows: int) -> int:
    """Return how many columns of so many rows are looked at."""
    return max(1, MOST_CELLS // max(rows, 1))


def is_one_to_one(codes: np.ndarray, others: np.ndarray) -> bool:
    """Return whether every value goes with one of the other column, and every one of those with one value.

    Args:
        codes: Shape (rows,): a number per value.
        others: Shape (rows,): the same of the other column.
    """
    pairs = len(np.unique(np.column_stack([codes, others]), axis=0))
    return pairs == len(np.unique(codes)) == len(np.unique(others)) and pairs > 1


def is_in_order(values: np.ndarray, others: np.ndarray) -> bool:
    """Return whether values put the rows in the order of others, or in the opposite one: both of shape (rows,)."""
    return abs(_correlation(ranks(values), ranks(others))) >= NEARLY_IN_ORDER


def unused_texts(table: Table) -> Iterator[Caveat]:
    """Iterate over texts that reached a model, which learns from numbers only."""
    for column in table.schema.features():
        if column.type is ColumnType.TEXT:
            message = Message(
                "verdict.text_unused",
                "“{column}” is text and was not used: a model learns from numbers. Put “Words of texts” before it.",
                column=column.name,
            )
            yield Caveat("text_unused", message)


def _unsearched(columns: int, rows: int) -> Iterator[Caveat]:
    most = column_limit(rows)
    if columns > most and rows >= FEWEST_ROWS:
        message = Message(
            "verdict.leaks_partly_searched",
            "Whether a column gives the answer away was looked for in the first {most:,} of {count:,} columns only.",
            most=most,
            count=columns,
        )
        yield Caveat("leaks_partly_searched", message)


def _leak(column: Column, values: np.ndarray, answers: np.ndarray, task: Task, target: str) -> Caveat | None:
    """Return that a column says the target, in order of how sure that is; ``None`` if it does not."""
    equal = Message("verdict.leak_equal", "“{column}” says the same as “{target}”.", column=column.name, target=target)
    if task is Task.CLASSIFICATION:
        if is_one_to_one(value_codes(values), answers):
            return Caveat("leak_equal", equal)
    elif column.type.is_numeric:
        known = ~is_missing(values)
        own, other = values[known], answers[known]
        if known.mean() > 0.9 and len(np.unique(own)) > 2:
            if np.allclose(own, other, rtol=1e-9, atol=0):
                return Caveat("leak_equal", equal)
            if is_in_order(own, other):
                ordered = Message(
                    "verdict.leak_ordered",
                    "“{column}” puts the rows in the order of “{target}”.",
                    column=column.name,
                    target=target,
                )
                says_same = is_one_to_one(value_codes(own), value_codes(other))
                return Caveat("leak_ordered", equal if says_same else ordered)
    share = _alone(column, values, answers, task)
    if share >= NEARLY[task]:
        alone = Message(
            "verdict.leak_alone", "“{column}” alone nearly gives “{target}”.", column=column.name, target=target
        )
        return Caveat("leak_alone", alone)
    if task is Task.CLASSIFICATION and _gaps_decide(values, answers):
        gaps = Message(
            "verdict.leak_gaps",
            "Whether “{column}” has a value nearly decides one of the values of “{target}”.",
            column=column.name,
            target=target,
        )
        return Caveat("leak_alone", gaps)
    if share >= PARTLY and _is_named_after(column.name, target):
        made = Message(
            "verdict.made_of_target",
            "“{column}” seems to be made of “{target}”, by its name and its values. Exclude it, if it is only known "
            "after the answer is.",
            column=column.name,
            target=target,
        )
        return Caveat("made_of_target", made)
    return None


def _gaps_decide(values: np.ndarray, answers: np.ndarray) -> bool:
    """Return whether the rows of one class, and nearly no others, are those with a value, or those without one."""
    gaps = is_missing(values)
    for code, count in enumerate(np.bincount(answers)):
        usual = min(count, len(answers) - count)
        wrong = int((gaps != (answers == code)).sum())
        if usual >= FEWEST_OF_CLASS and 1 - min(wrong, len(answers) - wrong) / usual >= NEARLY[Task.CLASSIFICATION]:
            return True
    return False


def _is_named_after(name: str, target: str) -> bool:
    """Return whether all words of the target's name stand in another name, which has more words."""
    own, other = _words(target), _words(name)
    return sum(map(len, own)) >= FEWEST_LETTERS and own < other


def _words(name: str) -> frozenset[str]:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return frozenset(word.casefold() for word in re.findall(r"[^\W\d_]+", parted))


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


def counts_rows(column: Column, values: np.ndarray, row_ids: np.ndarray) -> Caveat | None:
    """Return that a column only counts the rows, so that it says in which order they came; ``None`` if it does not.

    Args:
        values: Shape (rows,).
        row_ids: Shape (rows,): positions in the source.
    """
    if column.type is not ColumnType.INTEGER or is_missing(values).any() or are_compact_dates(values):
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


def ranks(values: np.ndarray) -> np.ndarray:
    """Return the place of each value in the order, shape (rows,); equal values share the middle of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts + 1) / 2)[inverse.reshape(-1)])


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])

"""Columns whose values come again with nearly the same row: shown by the data, not by the name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from tasks.contract.folds import value_codes
from tasks.contract.schema import Column, ColumnType, Role, Schema
from tasks.contract.table import is_missing

FEWEST_GROUPS = 20
ROWS_OF_A_GROUP = 1.5
FEWEST_REPEATS = 20
MOST_COLUMNS = 50
SAME_TARGET = 0.9
"""Share of the spread of the target that lies between groups, from which rows of one group have one answer."""
SAME_VALUES = 0.95
"""The same share of another column, from which rows of one group are copies of each other in it."""
MOSTLY_COPIED = 2 / 3
"""Share of the other columns that have to be copied: a city has one mayor too, and is no group for that."""
KINDS = (ColumnType.CATEGORY, ColumnType.TEXT, ColumnType.INTEGER)
"""Types that may name someone, the likeliest first."""


def repeated_groups(columns: Mapping[str, np.ndarray], schema: Schema, target: str) -> Iterator[str]:
    """Iterate over columns of which one value has several rows that are nearly copies of each other, answer included.

    Rows that are exact copies are looked at once: they say nothing about who they belong to.

    Args:
        columns: Arrays of shape (rows,), those of the target included.
        schema: Has their types.
        target: Name of the target.
    """
    if target not in columns:
        return
    named = [column for column in schema.each() if column.name in columns][:MOST_COLUMNS]
    if target not in {column.name for column in named}:
        named.append(schema.column(target))
    codes = {column.name: value_codes(columns[column.name]) for column in named}
    _, kept = np.unique(np.column_stack(list(codes.values())), axis=0, return_index=True)
    found = {column.name: (column, columns[column.name][kept], codes[column.name][kept]) for column in named}
    answer, answers, answer_codes = found.pop(target)
    for kind in KINDS:
        for name, (column, _, groups) in found.items():
            if column.type is not kind or column.role is Role.TARGET or not _comes_again(groups):
                continue
            if _says_same(answer, answer_codes, groups):
                continue
            if not _between(answer, answers, answer_codes, groups) >= SAME_TARGET:  # nor where it is NaN
                continue
            others = [_between(*other, groups) for key, other in found.items() if key != name]
            varied = [share for share in others if not np.isnan(share)]
            if varied and np.mean([share >= SAME_VALUES for share in varied]) >= MOSTLY_COPIED:
                yield name


def _comes_again(groups: np.ndarray) -> bool:
    known = groups[groups > 0]
    count = len(np.unique(known))
    return count >= FEWEST_GROUPS and len(known) >= max(ROWS_OF_A_GROUP * count, count + FEWEST_REPEATS)


def _says_same(answer: Column, codes: np.ndarray, groups: np.ndarray) -> bool:
    """Return whether a group is only another word for a class: each class is one group."""
    if answer.type in {ColumnType.NUMBER, ColumnType.INTEGER}:
        return False
    return len(np.unique(np.column_stack([codes, groups]), axis=0)) == len(np.unique(codes))


def _between(column: Column, values: np.ndarray, codes: np.ndarray, groups: np.ndarray) -> float:
    """Return which share of a column's spread lies between groups, what chance puts there taken off.

    0 is what groups drawn by lot have, 1 that all rows of a group are alike; NaN for a column of one value. The spread
    of words is how likely two rows differ.
    """
    known = (groups > 0) & ~is_missing(values)
    if not known.any():
        return float("nan")
    _, places = np.unique(groups[known], return_inverse=True)
    places = places.reshape(-1)
    rows, sizes = len(places), np.bincount(places)
    if rows - len(sizes) < FEWEST_REPEATS:
        return float("nan")
    if column.type.is_numeric or column.type is ColumnType.DATE:
        numbers = values[known].astype(np.float64)
        finite = np.isfinite(numbers)
        numbers = numbers - (numbers[finite].mean() if finite.any() else 0.0)
        numbers[~finite] = 0.0
        scale = np.abs(numbers).max()
        numbers = numbers / scale if scale else numbers
        within = np.square(numbers).sum() - (np.square(np.bincount(places, numbers)) / sizes).sum()
        total = np.square(numbers).sum() - numbers.sum() ** 2 / rows
    else:
        words = codes[known]
        pairs, counts = np.unique(np.column_stack([places, words]), axis=0, return_counts=True)
        within = rows - (np.square(counts) / sizes[pairs[:, 0]]).sum()
        total = rows - np.square(np.bincount(words)).sum() / rows
    if total <= 0:
        return float("nan")
    return float(1 - (within / (rows - len(sizes))) / (total / (rows - 1)))

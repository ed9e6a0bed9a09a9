"""Columns of a table that say the same as others: if one is predicted, the other gives it away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tasks.contract.folds import value_codes
from tasks.contract.schema import ColumnType
from tasks.contract.table import Table, is_missing
from tasks.training.leaks import FEWEST_ROWS, MOST_CELLS, is_in_order, is_one_to_one, ranks

MOST_ROWS = 2000
MOST_COLUMNS = 1000
ROWS_OF_A_VALUE = 4
"""So often a value occurs in the mean where the same values on the same rows are no chance."""

FEWEST_OF_A_VALUE = 5
"""On fewer rows beside the commonest value two columns agree by chance too easily."""

MOSTLY_KNOWN = 0.9
LIKELY = 0.99
"""Rank correlation from which two columns are looked at more closely."""

LIKELIEST = 3
"""So many earlier columns are looked at for each: hundreds of counters or wavelengths all rise together."""


@dataclass(frozen=True)
class SameColumn:
    """A column that says what one before it says. ``is_order``: it has its order, but not a value for each value."""

    column: str
    other: str
    is_order: bool


def same_columns(table: Table) -> tuple[SameColumn, ...]:
    """Return the columns that go with an earlier one value by value, or put the rows in its order.

    Up to 2,000 rows are looked at, fewer of a table with more than 100 columns, equal ones once; a table with fewer
    than 40 different rows, or more than 1,000 columns, has none.
    """
    names = list(table.schema.names)
    if not names or len(names) > MOST_COLUMNS:
        return ()
    rows = _looked_at(table.rows, len(names))
    columns = {name: table.columns[name][rows] for name in names}
    codes = np.column_stack([_first_places(values) for values in columns.values()])
    _, first = np.unique(codes, axis=0, return_index=True)
    if len(first) < FEWEST_ROWS:
        return ()
    codes = codes[first]
    found = dict(_one_to_one(names, codes))
    dense = {
        name: columns[name][first]
        for name in names
        if table.schema.column(name).type in {ColumnType.NUMBER, ColumnType.INTEGER, ColumnType.DATE}
    }
    for same in _in_order(dense):
        found.setdefault(same.column, same)
    return tuple(found[name] for name in names if name in found)


def _looked_at(rows: int, columns: int) -> np.ndarray:
    """Return rows spread at random, in their order: the same ones for the same size of the table."""
    most = min(MOST_ROWS, MOST_CELLS // columns)
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def _first_places(values: np.ndarray) -> np.ndarray:
    """Return for each row where its value occurs first: the same for columns that go with each other value by value."""
    _, first, inverse = np.unique(value_codes(values), return_index=True, return_inverse=True)
    return np.asarray(first[inverse.reshape(-1)], dtype=np.int32)


def _one_to_one(names: list[str], codes: np.ndarray) -> Iterator[tuple[str, SameColumn]]:
    earlier: dict[bytes, str] = {}
    for at, name in enumerate(names):
        _, counts = np.unique(codes[:, at], return_counts=True)
        is_telling = 1 < len(counts) <= len(codes) / ROWS_OF_A_VALUE
        if not is_telling or len(codes) - counts.max() < FEWEST_OF_A_VALUE:
            continue
        other = earlier.setdefault(codes[:, at].tobytes(), name)
        if other != name:
            yield name, SameColumn(name, other, is_order=False)


def _in_order(columns: dict[str, np.ndarray]) -> Iterator[SameColumn]:
    """Iterate over columns with an order, each with the first one that has the same or the opposite order."""
    names = [name for name, values in columns.items() if len(np.unique(values[~is_missing(values)])) > 2]
    if len(names) < 2:
        return
    known = [~is_missing(columns[name]) for name in names]
    placed = np.column_stack([_centred(columns[name], there) for name, there in zip(names, known, strict=True)])
    spread = np.square(placed).T @ np.column_stack(known).astype(np.float64)  # of rows that both know
    related = np.abs(placed.T @ placed) / np.sqrt(np.maximum(spread * spread.T, 1e-300))
    for later in range(1, len(names)):
        likely = np.argsort(-related[later, :later], kind="stable")[:LIKELIEST]
        for earlier in np.sort(likely[related[later, likely] >= LIKELY]):
            both = known[later] & known[earlier]
            own, other = columns[names[later]][both], columns[names[earlier]][both]
            if both.mean() >= MOSTLY_KNOWN and is_in_order(own, other):
                is_order = not is_one_to_one(value_codes(own), value_codes(other))
                yield SameColumn(names[later], names[earlier], is_order=is_order)
                break


def _centred(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the places of values in their order, less their mean, 0 where missing: shape (rows,)."""
    made = np.zeros(len(values))
    places = ranks(values[known])
    made[known] = places - places.mean()
    return made

"""Dividing rows into folds: classes alike, groups whole, time in order. One place for all who divide rows again."""

from __future__ import annotations

import numpy as np

from tasks.contract.schema import Role
from tasks.contract.table import Table, is_missing


def value_codes(values: np.ndarray) -> np.ndarray:
    """Return one whole number per different value, 0 where missing: shape (rows,), int64."""
    if values.dtype == object:
        places: dict[str | None, int] = {None: 0}
        return np.fromiter((places.setdefault(v, len(places)) for v in values), dtype=np.int64, count=len(values))
    codes = np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int64) + 1
    codes[is_missing(values)] = 0
    return codes


def groups_of(table: Table) -> np.ndarray | None:
    """Return what may not be torn: shape (rows,), int64, one number per group; ``None`` where rows stand alone.

    Groups are those of the split; without one, those of the column marked as group.
    """
    if table.split_spec is not None:
        return _split_by(table, "group")
    marked = table.schema.with_role(Role.GROUP)
    return value_codes(table.columns[marked[0].name]) if marked else None


def moments_of(table: Table) -> np.ndarray | None:
    """Return each row's place in time, equal for equal moments: shape (rows,), int64; ``None`` if not split by time."""
    return _split_by(table, "time")


def fold_of_each(table: Table, places: np.ndarray, folds: int, *, like: np.ndarray, seed: int) -> np.ndarray:
    """Return a fold for each of ``places``: shape (places,), int64, from 0 to at most ``folds`` - 1.

    Groups stay whole, which may leave folds of different sizes. Otherwise every fold has the same mix of ``like``.

    Args:
        table: Where the rows are from.
        places: Positions of the rows to divide.
        folds: 2 or more.
        like: Shape (places,): classes, or numbers, of which every fold has its share.
        seed: Another number gives other folds.
    """
    random = np.random.default_rng(seed)
    groups = groups_of(table)
    if groups is not None and len(np.unique(groups[places])) > 1:
        return _whole_groups(groups[places], folds, random)
    order = np.lexsort((random.random(len(places)), value_codes(like)))
    made = np.empty(len(places), dtype=np.int64)
    made[order] = _dealt(len(places), folds, random)
    return made


def _dealt(rows: int, folds: int, random: np.random.Generator) -> np.ndarray:
    """Return the folds of rows that lie in order: every ``folds`` neighbours are dealt out, in random order."""
    blocks = -(-rows // folds)
    return np.asarray(np.argsort(random.random((blocks, folds)), axis=1).reshape(-1)[:rows])


def _whole_groups(groups: np.ndarray, folds: int, random: np.random.Generator) -> np.ndarray:
    """Return the fold of each row: the largest group first, each into the fold that has the fewest rows."""
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    filled = np.zeros(folds, dtype=np.int64)
    fold = np.empty(len(sizes), dtype=np.int64)
    for group in np.lexsort((random.random(len(sizes)), -sizes)):
        fold[group] = np.argmin(filled)
        filled[fold[group]] += sizes[group]
    return np.asarray(fold[inverse.reshape(-1)])


def _split_by(table: Table, method: str) -> np.ndarray | None:
    spec, base = table.split_spec, table.at_split or table
    if spec is None or spec.method != method:
        return None
    codes = value_codes(base.columns[spec.by])
    if base.row_ids is table.row_ids:
        return codes
    order = np.argsort(base.row_ids, kind="stable")
    return np.asarray(codes[order[np.searchsorted(base.row_ids, table.row_ids, sorter=order)]])

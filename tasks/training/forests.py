"""Random forests, grown a few trees at a time: how far they are, and where they go on after they were cut off.

A forest that was cut off goes on from its checkpoint and ends tree for tree like one grown in one piece: scikit-learn
draws the seed of each tree from the one seed, in order, however many are grown at a time.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.contract.checkpoint import CheckpointState
from tasks.contract.context import RunContext
from tasks.graph.messages import Message

BATCH = 10
"""Trees between two looks at whether the run was cancelled."""

_SPLITS, _VALUES, _COUNTS, _DEPTHS, _SEEDS = "splits", "values", "counts", "depths", "seeds"


def grow(
    forest: Any, matrix: np.ndarray, truth: np.ndarray, context: RunContext, *, weights: np.ndarray | None = None
) -> None:
    """Grow a forest of scikit-learn; trees of an earlier attempt that was cut off are not grown again.

    Args:
        forest: Not fitted yet, with ``warm_start`` and as many trees as there shall be.
        matrix: What to predict from, shape (rows, features).
        truth: What to predict, shape (rows,).
        context: Is told how far it is, and keeps the trees.
        weights: Shape (rows,); all the same when ``None``.

    Raises:
        Cancelled: The run was cancelled.
    """
    trees, checkpoint = int(forest.n_estimators), context.checkpoint()

    def fit(count: int) -> None:
        context.progress(
            (count - 1) / trees, Message("progress.trees", "{number:,} of {count:,} trees", number=count, count=trees)
        )
        forest.n_estimators = count
        forest.fit(matrix, truth, sample_weight=weights)

    state = checkpoint.read()
    if state is not None:
        fit(1)  # what every tree has in common
        if _is_restored(forest, state):
            context.log(Message("log.continued_tree", "Continued from tree {tree}.", tree=len(forest.estimators_)))
    grown = 0 if state is None else len(forest.estimators_)
    for count in [*range(BATCH, trees, BATCH), trees]:
        if count > grown:
            fit(count)
            checkpoint.write(lambda: _state(forest.estimators_), is_last=count == trees)
    forest.n_estimators = trees


def _state(estimators: Sequence[Any]) -> CheckpointState:
    """Return the trees as arrays: their splits as bytes, one tree after the other."""
    states = [one.tree_.__getstate__() for one in estimators]
    return CheckpointState(
        {},
        {
            _SPLITS: np.concatenate([np.frombuffer(state["nodes"].tobytes(), dtype=np.uint8) for state in states]),
            _VALUES: np.concatenate([state["values"] for state in states]),
            _COUNTS: np.array([state["node_count"] for state in states], dtype=np.int64),
            _DEPTHS: np.array([state["max_depth"] for state in states], dtype=np.int64),
            _SEEDS: np.array([one.random_state for one in estimators], dtype=np.int64),
        },
    )


def _is_restored(forest: Any, state: CheckpointState) -> bool:
    """Give a forest of one tree all that were kept; return false where they are of other rows or another library."""
    first = forest.estimators_[0]
    like, arrays = first.tree_.__getstate__(), state.arrays
    kind, counts = like["nodes"].dtype, arrays[_COUNTS]
    fits = (
        arrays[_VALUES].shape[1:] == like["values"].shape[1:]
        and arrays[_SPLITS].size == kind.itemsize * int(counts.sum())
        and int(arrays[_SEEDS][0]) == first.random_state
        and int(counts[0]) == like["node_count"]
    )
    if not fits:
        return False
    splits = np.frombuffer(arrays[_SPLITS].tobytes(), dtype=kind)
    restored, at = [], 0
    for count, depth, seed in zip(counts.tolist(), arrays[_DEPTHS].tolist(), arrays[_SEEDS].tolist(), strict=True):
        part = slice(at, at + count)
        at += count
        tree = copy.copy(first)
        build, given, *_ = first.tree_.__reduce__()
        tree.tree_ = build(*given)
        grown = {"max_depth": depth, "node_count": count, "nodes": splits[part].copy(), "values": arrays[_VALUES][part]}
        tree.tree_.__setstate__(like | grown)
        tree.random_state = seed
        restored.append(tree)
    forest.estimators_ = restored
    forest.n_estimators = len(restored)
    return True

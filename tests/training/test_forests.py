"""Forests that were cut off and went on are exactly those grown in one piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tasks.nodes.model.forest.node import Forest
from tests.contexts import KeptContext
from tests.nodes.model.samples import fitted, sample

TREES = 34


class Killed(BaseException):
    """What no code may catch."""


@dataclass
class Doomed(KeptContext):
    """Is killed before the trees after ``dies_after`` are grown."""

    dies_after: int = 0

    def progress(self, share, text=""):
        if int(text.split()[0]) > self.dies_after:
            raise Killed
        super().progress(share, text)


def grow(context, *, classes=0, **given):
    return fitted(Forest, sample(classes, gaps=0.1), context, n_estimators=TREES, **given).estimator.model


def trees_of(forest):
    return [tree.tree_.__getstate__() for tree in forest.estimators_]


def assert_same(one, other):
    assert [tree.random_state for tree in one.estimators_] == [tree.random_state for tree in other.estimators_]
    for mine, theirs in zip(trees_of(one), trees_of(other), strict=True):
        for name in mine["nodes"].dtype.names:  # between the fields lie bytes that mean nothing
            np.testing.assert_array_equal(mine["nodes"][name], theirs["nodes"][name])
        np.testing.assert_array_equal(mine["values"], theirs["values"])
    assert (one.n_estimators, one.n_jobs) == (other.n_estimators, other.n_jobs) == (TREES, 1)


@pytest.mark.parametrize("after", [10, 30, TREES])
@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize("given", [{}, {"kind": "extra", "min_samples_leaf": 4}, {"max_depth": 3}], ids=str)
def test_they_end_tree_for_tree_like_those_that_were_never_cut_off(classes, given, after):
    expected = grow(KeptContext(), classes=classes, **given)
    if after == TREES:
        cut = KeptContext()
        grow(cut, classes=classes, **given)
    else:
        cut = Doomed(dies_after=after)
        with pytest.raises(Killed):
            grow(cut, classes=classes, **given)
    context = KeptContext(kept=cut.kept)
    forest = grow(context, classes=classes, **given)
    assert_same(forest, expected)
    assert context.logs[0] == f"Continued from tree {after}."
    assert min(context.shares[1:], default=1.0) >= (after - 1) / TREES, "no tree is grown twice but the first"
    matrix = np.random.default_rng(1).normal(size=(50, 3))
    np.testing.assert_array_equal(forest.predict(matrix), expected.predict(matrix))


def test_so_they_do_with_weights():
    expected = grow(KeptContext(), classes=3, balance_classes=True)
    cut = Doomed(dies_after=20)
    with pytest.raises(Killed):
        grow(cut, classes=3, balance_classes=True)
    assert_same(grow(KeptContext(kept=cut.kept), classes=3, balance_classes=True), expected)


def test_trees_of_another_table_are_not_gone_on_from():
    cut = Doomed(dies_after=20)
    with pytest.raises(Killed):
        grow(cut, classes=3)
    context = KeptContext(kept=cut.kept)
    assert_same(grow(context), grow(KeptContext()))
    assert context.logs == []

"""The importance of columns keeps to its time, however many columns there are."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.contract.errors import Cancelled
from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.training import assessment
from tasks.training.assessment import assess, permutation_importance
from tests.contexts import ListContext
from tests.tables import table_of


def assessed(columns):
    random = np.random.default_rng(0)
    values = random.normal(size=(120, columns))
    table = table_of(
        {
            **{f"c{at}": ("number", values[:, at].tolist()) for at in range(columns)},
            "y": ("number", (5 * values[:, -1] + 0.1 * values[:, 3]).tolist()),
        },
        target="y",
    )
    linear = node_class("model.linear")
    return assess(invoke(linear, {"table": table}, linear.Params(), ListContext())["model"])


class Ticking:
    """A clock that goes on by a second whenever it is read."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def test_wide_tables_are_measured_as_far_as_the_time_goes_and_the_columns_that_matter_come_first():
    context = ListContext()
    found = permutation_importance(assessed(80), context, seconds=30, clock=Ticking())
    assert 5 < len(found) < 40
    assert next(iter(found)) == "c79"
    assert any(f"{len(found)} of 80 columns" in line for line in context.logs)


def test_where_the_time_suffices_for_once_each_column_is_shuffled_once():
    context = ListContext()
    found = permutation_importance(assessed(80), context, seconds=130, clock=Ticking())
    assert len(found) == 80
    assert context.logs == []


def test_with_enough_time_nothing_is_left_out():
    context = ListContext()
    assert len(permutation_importance(assessed(80), context, seconds=1e9, clock=Ticking())) == 80
    assert context.logs == []


def test_rows_are_answered_in_blocks_between_which_a_run_may_end(monkeypatch):
    monkeypatch.setattr(assessment, "ROWS_AT_ONCE", 7)
    whole = assessed(4)
    context = ListContext()
    blocks = assess(whole.model, context=context)
    np.testing.assert_allclose(blocks.predicted, whole.predicted, rtol=1e-12)
    assert blocks.scores == pytest.approx(whole.scores)

    class Cancelling(ListContext):
        def progress(self, share, text=""):
            raise Cancelled

    with pytest.raises(Cancelled):
        assess(whole.model, context=Cancelling())

"""Boosted trees that were cut off and went on are exactly those grown in one piece."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tasks.nodes.model.boosting.node import Boosting
from tests.contexts import KeptContext
from tests.nodes.model.samples import fitted, sample

ROUNDS = 40


class Killed(BaseException):
    """What no code may catch."""


@dataclass
class Doomed(KeptContext):
    """Is killed in the round after ``dies_after``, before that one is kept."""

    dies_after: int = 0

    def metric(self, name: str, value: float, step: float) -> None:
        if step > self.dies_after:
            raise Killed
        super().metric(name, value, step)


def grow(context, *, classes=0, **given):
    table = sample(classes, has_validation=True, gaps=0.1)
    params = {"n_estimators": ROUNDS, "early_stopping_rounds": 0, "min_samples_leaf": 5, **given}
    return fitted(Boosting, table, context, **params).estimator.text


def cut_off(*, after, **given):
    context = Doomed(dies_after=after)
    with pytest.raises(Killed):
        grow(context, **given)
    return context


def steps_of(*contexts, name="valid_loss"):
    return [step for context in contexts for point, _, step in context.points if point == name]


@pytest.mark.parametrize("after", [1, 17, ROUNDS - 1])
@pytest.mark.parametrize(
    "shares",
    [
        {},
        {"max_features": 1.0, "subsample": 1.0},
        {"max_features": 1.0, "subsample": 0.9},
        {"max_features": 0.7, "subsample": 1.0},
        {"max_features": 0.7, "subsample": 0.4},  # so few rows are copied instead of marked
    ],
    ids=str,
)
@pytest.mark.parametrize("classes", [0, 2, 3])
def test_they_end_bit_for_bit_like_those_that_were_never_cut_off(classes, shares, after):
    whole = KeptContext()
    expected = grow(whole, classes=classes, **shares)
    cut = cut_off(after=after, classes=classes, **shares)
    context = KeptContext(kept=cut.kept)
    assert grow(context, classes=classes, **shares) == expected
    assert context.logs[0] == f"Continued from tree {after}."
    assert cut.points + context.points == whole.points


@pytest.mark.parametrize(
    "given", [{"loss": "absolute"}, {"loss": "huber"}, {"classes": 3, "balance_classes": True}], ids=str
)
def test_so_they_do_with_every_loss_and_with_weights(given):
    expected = grow(KeptContext(), **given)
    cut = cut_off(after=23, **given)
    assert grow(KeptContext(kept=cut.kept), **given) == expected


def test_they_may_be_cut_off_again_and_again():
    context = cut_off(after=5)
    for after in (6, 20, 33):
        context = Doomed(kept=context.kept, dies_after=after)
        with pytest.raises(Killed):
            grow(context)
    assert grow(KeptContext(kept=context.kept)) == grow(KeptContext())


def test_they_stop_in_the_same_round_and_up_to_the_same_best_one():
    given = {"n_estimators": 500, "early_stopping_rounds": 6, "learning_rate": 0.3}
    whole = KeptContext()
    expected = grow(whole, **given)
    last = len(steps_of(whole))
    assert last < 500
    cut = cut_off(after=last - 2, **given)
    context = KeptContext(kept=cut.kept)
    assert grow(context, **given) == expected
    assert steps_of(cut, context) == list(range(1, last + 1))
    assert f"{last - 6:,} trees." in context.logs


def test_those_that_were_cut_off_after_their_end_are_not_grown_again():
    for given in ({}, {"n_estimators": 500, "early_stopping_rounds": 6, "learning_rate": 0.3}):
        first = KeptContext()
        expected = grow(first, **given)
        again = KeptContext(kept=first.kept)
        assert grow(again, **given) == expected
        assert again.points == []


def test_trees_of_another_table_are_left_alone():
    cut = cut_off(after=9)
    context = KeptContext(kept=cut.kept)
    assert grow(context, classes=3) == grow(KeptContext(), classes=3)
    assert steps_of(context) == list(range(1, ROUNDS + 1))
    assert not any(line.startswith("Continued") for line in context.logs)

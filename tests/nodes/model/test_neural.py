"""The neural node: live losses, the same seed, a fit that a line cannot give."""

import numpy as np
import pytest

from tasks.nodes.model.linear.node import Linear
from tasks.nodes.model.neural.node import Neural
from tests.contexts import ListContext
from tests.nodes.model.samples import fitted, sample


@pytest.fixture
def context(tmp_path):
    return ListContext(workspace_path=tmp_path)


def test_losses_of_training_and_watched_rows_are_shown_every_epoch(context):
    fitted(Neural, sample(2), context, epochs=5, patience=0)
    for name in ("train_loss", "valid_loss"):
        assert [step for point, _, step in context.points if point == name] == [1, 2, 3, 4, 5]


def test_it_learns_a_curve_that_a_line_cannot(context):
    table = sample(0, rows=2000)
    assert fitted(Neural, table, context).metrics["rmse"] < 0.6 * fitted(Linear, table).metrics["rmse"]


def test_the_same_seed_gives_the_same_network_and_another_seed_another(tmp_path):
    table = sample(3)
    one, two, other = (
        fitted(Neural, table, ListContext(workspace_path=tmp_path, seed=seed), epochs=3).expected for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_balanced_classes_find_more_of_the_rare_one(context):
    table = sample(2, rare=0.05, rows=2000)
    found = [
        (fitted(Neural, table, context, epochs=8, balance_classes=flag).expected[:, 1] > 0.5).mean()
        for flag in (False, True)
    ]
    assert found[1] > found[0]


def test_what_a_network_needs_grows_with_rows_batch_and_width_and_each_way_out_needs_less():
    def needed(rows=1_000_000, **params):
        return Neural.estimate(rows, 100, Neural.Params(**params))

    large = {"batch_size": 1_000_000, "hidden_size": 4096, "num_layers": 10}
    assert needed(**large).gpu_bytes > needed().gpu_bytes > needed(rows=1000).gpu_bytes > 0
    assert needed(**large).memory_bytes > needed().memory_bytes
    changes = list(Neural.lighter(1_000_000, Neural.Params(**large)))
    assert {name for change in changes for name in change} == {"batch_size", "hidden_size"}
    for change in changes:
        assert needed(**{**large, **change}).gpu_bytes < needed(**large).gpu_bytes, change

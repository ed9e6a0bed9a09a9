"""When a crashed node is right: it was struck, and tried, as often as it takes to be given up."""

from __future__ import annotations

import pytest

from tests.chaos.checks import is_hit_often


@pytest.mark.parametrize(
    ("attempts", "struck", "may_crash"),
    [(3, 3, True), (4, 5, True), (3, 2, False), (2, 3, False), (1, 0, False)],
)
def test_a_node_may_crash_that_was_tried_and_struck_three_times(attempts, struck, may_crash):
    nodes = {"a": ("done", 1), "b": ("crashed", attempts)}
    assert is_hit_often("run", nodes, {("run", "b"): struck, ("other", "b"): 9}) is may_crash


def test_a_run_may_not_crash_without_a_node_that_did():
    assert not is_hit_often("run", {"a": ("done", 3)}, {("run", "a"): 3})

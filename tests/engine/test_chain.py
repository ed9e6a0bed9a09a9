"""Which nodes run behind another in one go."""

from __future__ import annotations

import pytest

from tasks.contract.node import Estimate
from tasks.contract.registry import node_class
from tasks.engine import execute
from tests.contexts import ListContext


class Context(ListContext):
    has_checkpoint = False

    def close(self):
        pass


@pytest.fixture
def request_of_three(tmp_path):
    before = {"table": "table"}
    following = [{"type": kind, "params": {}, "before": before} for kind in ("clean.impute", "features.encode")]
    params = {"rows": 60}
    return {"type": "source.sample", "params": params, "following": following, "store": str(tmp_path / "store")}


def run(request, tmp_path):
    said = []
    last = execute.run_nodes(request, lambda: Context(workspace_path=tmp_path), said.append)
    return len(said) + 1, last


def test_cheap_nodes_run_in_one_go(request_of_three, tmp_path):
    count, last = run(request_of_three, tmp_path)
    assert count == 3
    assert "table" in last["outputs"]


def test_a_node_that_is_expected_to_take_long_is_left_for_itself(request_of_three, tmp_path, monkeypatch):
    sizes = []

    def estimate(rows, columns, params):
        sizes.append((rows, columns))
        return Estimate(seconds=3.0, memory_bytes=0)

    monkeypatch.setattr(node_class("features.encode"), "estimate", staticmethod(estimate))
    count, last = run(request_of_three, tmp_path)
    assert count == 2
    assert last["headline"]
    assert sizes[0][0] == 60

"""What a run needs of memory is said before it, and that it will not fit, with fewer rows as the way out."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.common import hooks
from apps.compute.models import Host
from apps.graphs.expected_memory import LIBRARY_BYTES
from tests.factories import drawn, make_dataset, make_graph

GIGABYTE = 1_000_000_000


@pytest.fixture
def dataset(workspace):
    made = make_dataset(workspace)
    made.current.rows = 1_234_567
    made.current.save()
    return made


@pytest.fixture
def graph(workspace, dataset):
    document = drawn("file=source.file tree=model.tree", "file.table>tree.table")
    document["nodes"][0]["params"] = {"dataset": str(dataset.pk), "target": "price"}
    return make_graph(workspace, document=document)


@pytest.fixture
def machine(db):
    def give(attempt_bytes):
        Host.objects.create(
            name="a", memory_bytes=64 * GIGABYTE, attempt_bytes=attempt_bytes, reported_at=timezone.now()
        )

    return give


@pytest.fixture
def checked(as_vera, graph, engine):
    def check(memory_bytes):
        estimates = {"tree": {"seconds": 1.0, "memory_bytes": memory_bytes}}
        engine.answer = {"schemas": {}, "problems": [], "estimates": estimates}
        return as_vera.post(f"/api/v1/graphs/{graph.pk}/check/").json()

    return check


def test_what_the_hungriest_node_needs_is_announced(checked, machine):
    machine(8 * GIGABYTE)
    plan = checked(3.0 * GIGABYTE)
    assert plan["problems"] == []
    assert plan["plan"]["memory_bytes"] == LIBRARY_BYTES + 3 * GIGABYTE
    assert plan["plan"]["nodes"][0]["memory_bytes"] == LIBRARY_BYTES


def test_what_will_not_fit_is_said_with_the_rows_that_do(checked, machine):
    machine(4 * GIGABYTE)
    (problem,) = checked(16.0 * GIGABYTE)["problems"]
    assert problem["message"] == (
        "Tree is expected to need about 16 GB of memory, and one node may use 4.0 GB here. Use fewer rows or columns, "
        "or a machine with more memory."
    )
    assert (problem["severity"], problem["node"], problem["at"]) == ("warning", "file", "nodes.file.params.max_rows")
    assert problem["fix"] == {"kind": "set_params", "type": "source.file", "params": {"max_rows": 240_000}}


def test_what_it_needed_in_earlier_runs_says_more_than_what_it_expects(checked, machine, monkeypatch):
    machine(4 * GIGABYTE)
    monkeypatch.setattr(hooks.past_peaks, "_receivers", [lambda graph_id, document: {"tree": GIGABYTE}])  # noqa: ARG005
    found = checked(16.0 * GIGABYTE)
    assert found["problems"] == []
    assert found["plan"]["memory_bytes"] == GIGABYTE


def test_without_a_machine_that_reported_its_limit_nothing_is_said(checked):
    assert checked(900.0 * GIGABYTE)["problems"] == []

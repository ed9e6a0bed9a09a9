"""What a run needs of memory is said before it, and that it will not fit, with fewer rows as the way out."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.utils import timezone

from apps.common import hooks
from apps.compute.models import Gpu, Host
from apps.graphs import expected_memory, schema_inference
from apps.graphs.expected_memory import LIBRARY_BYTES
from tasks import catalogue as exported
from tasks.graph.description import Catalogue
from tests.factories import drawn, make_dataset, make_graph

GIGABYTE = 2**30


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
    def check(memory_bytes, *, gpu_bytes=0.0, lighter=()):
        schema_inference._cache.clear()
        estimates = {"tree": {"seconds": 1.0, "memory_bytes": memory_bytes, "gpu_bytes": gpu_bytes}}
        engine.answer = {"schemas": {}, "problems": [], "estimates": estimates, "lighter": {"tree": list(lighter)}}
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


LIGHTER = [
    {"params": {"batch": 500_000}, "memory_bytes": 8.0 * GIGABYTE, "gpu_bytes": 5.0 * GIGABYTE},
    {"params": {"batch": 250_000}, "memory_bytes": 2.0 * GIGABYTE, "gpu_bytes": 3.0 * GIGABYTE},
    {"params": {"batch": 125_000}, "memory_bytes": 1.0 * GIGABYTE, "gpu_bytes": 2.0 * GIGABYTE},
    {"params": {"width": 64}, "memory_bytes": 15.0 * GIGABYTE, "gpu_bytes": 9.0 * GIGABYTE},
]


@pytest.fixture
def on_gpu(tmp_path, monkeypatch):
    nodes = exported.catalogue().nodes
    kinds = {ident: one.model_copy(update={"uses_gpu": ident == "model.tree"}) for ident, one in nodes.items()}
    path = tmp_path / "gpu_catalogue.json"
    path.write_text(Catalogue(hash="gpu", nodes=kinds).model_dump_json())
    monkeypatch.setattr(exported, "CATALOGUE_PATH", path)
    exported.catalogue.cache_clear()


@pytest.fixture
def gpu(machine):
    def give(memory_bytes):
        Gpu.objects.create(host=Host.objects.get(), uuid="g", index=0, name="G", memory_bytes=memory_bytes)

    return give


def test_parameters_with_which_it_would_fit_are_ways_out_beside_fewer_rows(checked, machine):
    machine(4 * GIGABYTE)
    (problem,) = checked(16.0 * GIGABYTE, lighter=LIGHTER)["problems"]
    assert problem["fix"]["params"] == {"max_rows": 240_000}
    assert problem["more_fixes"] == [
        {"kind": "set_params", "type": "model.tree", "params": {"batch": 250_000}, "node": "tree"}
    ]


def test_memory_of_a_gpu_is_announced_where_there_is_one_and_warned_of_where_it_is_too_small(
    checked, machine, on_gpu, gpu
):
    machine(64 * GIGABYTE)
    without = checked(1.0 * GIGABYTE, gpu_bytes=8.0 * GIGABYTE)
    assert without["plan"]["gpu_bytes"] == 0
    gpu(10 * GIGABYTE)
    fitting = checked(1.0 * GIGABYTE, gpu_bytes=8.0 * GIGABYTE)
    assert (fitting["problems"], fitting["plan"]["gpu_bytes"]) == ([], 8 * GIGABYTE)
    (problem,) = checked(1.0 * GIGABYTE, gpu_bytes=16.0 * GIGABYTE, lighter=LIGHTER)["problems"]
    assert problem["message"] == (
        "Tree is expected to need about 16 GB of GPU memory, and the largest GPU here has 10 GB. Use fewer rows or "
        "columns, or a smaller model."
    )
    fixes = [problem["fix"], *problem["more_fixes"]]
    assert [fix["params"] for fix in fixes] == [{"max_rows": 610_000}, {"batch": 500_000}]


def test_what_trains_the_model_of_another_node_needs_its_memory_of_a_gpu(monkeypatch):
    monkeypatch.setattr(expected_memory, "gpu_memory", lambda: 0)
    steps = [
        SimpleNamespace(node="net", depends_on=(), uses_gpu=True, is_reused=False),
        SimpleNamespace(node="tune", depends_on=("net",), uses_gpu=True, is_reused=False),
        SimpleNamespace(node="score", depends_on=("tune",), uses_gpu=False, is_reused=False),
    ]
    found = expected_memory.expected_gpu_bytes(SimpleNamespace(steps=steps), {"net": {"gpu_bytes": 7.0}})
    assert found == {"net": 7, "tune": 7, "score": 0}

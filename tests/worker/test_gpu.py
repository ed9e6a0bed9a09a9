"""Nodes that want a GPU, on a worker whose GPU is one that a list names."""

from __future__ import annotations

import random
import time

import psutil
import pytest

from tests.worker.stack import Stack, node, wait_until

pytestmark = pytest.mark.worker


@pytest.fixture(scope="module")
def with_gpu(tmp_path_factory):
    made = Stack(tmp_path_factory.mktemp("gpu") / "data")
    made.environment["LEPTON_GPUS"] = "Arc A770:16"
    try:
        made.start_all()
        wait_until(lambda: made.call("GET", "session/")["has_gpu"], "the machine reported its GPU")
        yield made
    finally:
        made.close()


def wanting(*names, **params):
    nodes = [node(name, "wants_gpu", value=random.random(), **params) for name in names]
    return {"nodes": nodes, "edges": []}


def values(stack, run, name):
    return stack.call("GET", f"runs/{run}/nodes/{name}/outputs/metrics/")["values"]


def started(stack, run):
    told = stack.call("GET", f"runs/{run}/events/?limit=500")["events"]
    return [e for e in told if e["kind"] == "node.status" and e["state"] == "running"]


def test_one_gpu_serves_one_node_at_a_time_in_a_fresh_process(with_gpu):
    run = with_gpu.new_run(wanting("a", "b", "c"))
    assert with_gpu.ended(run, 60)["state"] == "done"
    assert {event["device"] for event in started(with_gpu, run)} == {"Arc A770"}  # said when it starts
    seen = sorted((values(with_gpu, run, name) for name in "abc"), key=lambda one: one["began"])
    assert all(one["has_gpu"] == 1.0 and one["visible"] == 0.0 for one in seen)
    assert len({one["process"] for one in seen}) == 3
    for before, after in zip(seen, seen[1:], strict=False):
        assert before["ended"] <= after["began"]


def test_a_gpu_is_free_again_after_a_cancel_and_after_a_death(with_gpu, tmp_path):
    go = tmp_path / "go"
    run = with_gpu.new_run(wanting("a", until=str(go)))
    with_gpu.wait_for(run, lambda now: now["nodes"][0]["progress_text"] == "waits")
    asked = time.monotonic()
    with_gpu.call("POST", f"runs/{run}/cancel/")
    assert with_gpu.ended(run)["state"] == "cancelled"
    run = with_gpu.new_run(wanting("a", until=str(go)))
    with_gpu.wait_for(run, lambda now: now["nodes"][0]["progress_text"] == "waits", 20)
    assert started(with_gpu, run)[0]["device"] == "Arc A770"
    assert time.monotonic() - asked < 20
    engine = next(e for e in with_gpu.children_of("worker") if "ZE_AFFINITY_MASK" in e.environ())
    go.touch()
    psutil.Process(engine.pid).kill()
    assert with_gpu.ended(run, 60)["nodes"][0]["device"] == "Arc A770"


def test_without_a_gpu_the_node_runs_on_the_cpu_and_says_so_when_it_starts(stack):
    run = stack.new_run(wanting("a"))
    done = stack.ended(run)
    assert (done["state"], done["nodes"][0]["device"]) == ("done", "cpu")
    assert started(stack, run)[0]["device"] == "cpu"
    told = stack.call("GET", f"runs/{run}/events/")["events"]
    assert any("runs on the CPU" in line for e in told if e["kind"] == "node.log" for line in e["lines"])
    assert values(stack, run, "a")["has_gpu"] == 0.0

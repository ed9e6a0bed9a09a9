"""Chains of cheap nodes that run in one go: nobody can tell from what is seen of them, except by the time."""

from __future__ import annotations

import random

import psutil
import pytest

from tests.worker.stack import node, wait_until, wire

pytestmark = pytest.mark.worker
LENGTH = 10


def chain(**params_of):
    """Return a chain of quick nodes; params by the name of the node."""
    names = [f"q{at}" for at in range(LENGTH)]
    nodes = [node(name, "quick", **params_of.get(name, {})) for name in names]
    nodes[0]["params"]["value"] = random.randrange(10**9)  # nothing is cached
    return {"nodes": nodes, "edges": [wire(a, b) for a, b in zip(names, names[1:], strict=False)]}


def states(run):
    return [found["state"] for found in run["nodes"]]


def told(stack, run):
    return stack.call("GET", f"runs/{run}/events/?limit=2000")


def ends(stack, run):
    return [e["node"] for e in told(stack, run)["events"] if e["kind"] == "node.status" and e["state"] == "done"]


def test_each_node_of_a_chain_has_its_own_state_result_log_and_end(stack):
    document = chain()
    run = stack.new_run(document)
    done = stack.ended(run)
    first = document["nodes"][0]["params"]["value"]
    assert done["state"] == "done", done
    for at, found in enumerate(done["nodes"]):
        assert (found["state"], found["attempt"], found["device"]) == ("done", 1, "cpu")
        content = stack.call("GET", f"runs/{run}/nodes/q{at}/outputs/metrics/")
        assert content["values"] == {"value": first + at + 1.0}
        assert found["started_at"] <= found["finished_at"]
    events = told(stack, run)
    assert [e["seq"] for e in events["events"]] == list(range(1, events["last_seq"] + 1))
    assert [e["node"] for e in events["events"] if e["kind"] == "node.log"] == [f"q{at}" for at in range(LENGTH)]
    assert ends(stack, run) == [f"q{at}" for at in range(LENGTH)]
    claimed = [e for e in events["events"] if e["kind"] == "node.status" and e["state"] == "running"]
    assert len(claimed) < LENGTH  # it was one go, not ten
    again = stack.ended(stack.new_run(document))
    assert all(found["is_cached"] for found in again["nodes"])


def test_a_node_that_takes_long_in_a_chain_is_seen_at_work_with_those_before_it_done(stack, tmp_path):
    go = tmp_path / "go"
    run = stack.new_run(chain(q4={"until": str(go)}))
    seen = stack.wait_for(run, lambda now: now["nodes"][4]["progress_text"] == "waits")
    assert states(seen) == ["done"] * 4 + ["running"] + ["pending"] * 5
    go.touch()
    assert stack.ended(run)["state"] == "done"
    assert ends(stack, run) == [f"q{at}" for at in range(LENGTH)]


def test_a_failure_in_the_middle_is_told_of_the_right_node(stack):
    done = stack.ended(stack.new_run(chain(q3={"is_bad": True})))
    assert done["state"] == "failed"
    assert states(done) == ["done"] * 3 + ["failed"] + ["skipped"] * 6
    assert done["nodes"][3]["error"]["message"] == "This cannot be done."


def test_a_process_that_dies_in_the_middle_costs_only_the_node_it_died_at(stack, tmp_path):
    run = stack.new_run(chain(q6={"mark": str(tmp_path / "mark")}))
    done = stack.ended(run)
    assert done["state"] == "done"
    assert [found["attempt"] for found in done["nodes"]] == [1] * 6 + [3] + [1] * 3  # one more was spent on the fence
    assert ends(stack, run) == [f"q{at}" for at in range(LENGTH)]


def test_cancelling_in_the_middle_keeps_what_is_done(stack, tmp_path):
    run = stack.new_run(chain(q2={"until": str(tmp_path / "never")}))
    stack.wait_for(run, lambda now: now["nodes"][2]["progress_text"] == "waits")
    stack.call("POST", f"runs/{run}/cancel/")
    done = stack.ended(run, 15)
    assert done["state"] == "cancelled"
    assert states(done) == ["done"] * 2 + ["cancelled"] * 8


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.full), pytest.param(2, marks=pytest.mark.full)])
def test_a_worker_killed_in_the_middle_of_a_chain_loses_nothing(stack, tmp_path, seed):
    at = random.Random(seed).randrange(LENGTH)
    go = tmp_path / "go"
    run = stack.new_run(chain(**{f"q{at}": {"until": str(go)}}))
    stack.wait_for(run, lambda now: now["nodes"][at]["progress_text"] == "waits")
    engines = stack.children_of("worker")
    stack.stop("worker")
    wait_until(lambda: not any(map(psutil.pid_exists, (e.pid for e in engines))), "its engine processes are gone")
    go.touch()
    stack.start_worker()
    assert stack.ended(run, 90)["state"] == "done"
    assert ends(stack, run) == [f"q{at}" for at in range(LENGTH)]


def test_a_branch_in_the_chain_is_not_kept_waiting(stack, tmp_path):
    go = tmp_path / "go"
    nodes = [node(name, "quick", value=random.random()) for name in "abcd"]
    nodes[3]["params"]["until"] = str(go)
    edges = [wire("a", "b"), wire("b", "c"), wire("b", "d"), wire("d", "c", "b")]
    run = stack.new_run({"nodes": nodes, "edges": edges})
    seen = stack.wait_for(
        run, lambda now: now["nodes"][3]["state"] == "running" or now["nodes"][2]["state"] == "running"
    )
    assert {found["node"]: found["state"] for found in seen["nodes"]}["c"] == "pending"
    go.touch()
    assert stack.ended(run)["state"] == "done"

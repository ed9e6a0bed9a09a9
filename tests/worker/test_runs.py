"""A real worker on a real Redis: what people see when they run graphs, and when things break."""

from __future__ import annotations

import random
import time

import psutil
import pytest

from tests.worker.stack import node, wait_until, wire

pytestmark = pytest.mark.worker


def states(run):
    return {found["node"]: found["state"] for found in run["nodes"]}


def unique():
    return random.random()  # a value that no earlier run had, so that nothing is cached


def test_a_chain_runs_to_its_end_with_every_event_in_order(stack):
    document = {
        "nodes": [node("a", "nothing", value=unique()), node("b", "talks", points=500), node("c", "nothing")],
        "edges": [wire("a", "b"), wire("b", "c")],
    }
    run = stack.new_run(document)
    done = stack.ended(run)
    assert done["state"] == "done", done
    assert states(done) == {"a": "done", "b": "done", "c": "done"}
    assert done["nodes"][1]["headline"] == "points 500"

    told = stack.call("GET", f"runs/{run}/events/")
    assert [event["seq"] for event in told["events"]] == list(range(1, told["last_seq"] + 1))
    points = [point for event in told["events"] if event["kind"] == "metric.points" for point in event["points"]]
    assert [point["step"] for point in points] == list(range(500))
    assert {"halfway"} == {line for e in told["events"] if e["kind"] == "node.log" for line in e["lines"]}
    assert told["events"][-1]["kind"] == "run.status"
    assert told["events"][-1]["state"] == "done"

    content = stack.call("GET", f"runs/{run}/nodes/b/outputs/metrics/")
    assert content["wire"] == "metrics"
    assert content["values"] == {"points": 500.0}


def test_equal_work_is_not_done_again_and_a_change_redoes_only_what_follows(stack):
    value = unique()

    def document(points):
        return {
            "nodes": [node("a", "nothing", value=value), node("b", "talks", points=points)],
            "edges": [wire("a", "b")],
        }

    stack.ended(stack.new_run(document(3)))
    again = stack.ended(stack.new_run(document(3)))
    assert [(n["is_cached"], n["state"], n["attempt"]) for n in again["nodes"]] == [(True, "done", 0)] * 2
    changed = stack.ended(stack.new_run(document(4)))
    assert [n["is_cached"] for n in changed["nodes"]] == [True, False]
    assert changed["nodes"][1]["headline"] == "points 4"


def test_run_to_a_node_leaves_the_rest_alone(stack):
    document = {
        "nodes": [node("a", "nothing", value=unique()), node("b", "nothing"), node("c", "fails")],
        "edges": [wire("a", "b"), wire("b", "c")],
    }
    done = stack.ended(stack.new_run(document, to="b"))
    assert done["state"] == "done"
    assert states(done) == {"a": "done", "b": "done"}


def test_a_failed_branch_leaves_the_others_and_names_what_was_skipped(stack):
    document = {
        "nodes": [
            node("root", "nothing", value=unique()),
            node("bad", "fails"),
            node("after_bad", "nothing"),
            node("long", "talks", points=3),
            node("after_long", "nothing"),
        ],
        "edges": [wire("root", "bad"), wire("bad", "after_bad"), wire("root", "long"), wire("long", "after_long")],
    }
    run = stack.ended(stack.new_run(document))
    assert run["state"] == "failed"
    assert states(run) == {
        "root": "done",
        "bad": "failed",
        "after_bad": "skipped",
        "long": "done",
        "after_long": "done",
    }
    error = next(n for n in run["nodes"] if n["node"] == "bad")["error"]
    assert error["message"] == "This cannot be done. Choose something else."
    assert (error["param"], error["fix"]) == ("how", "test.nothing")
    assert "Traceback" in error["trace"]


@pytest.mark.parametrize("how", ["bug", "memory"])
def test_an_unexpected_error_is_a_sentence_with_the_trace_apart(stack, how):
    run = stack.ended(stack.new_run({"nodes": [node("x", "fails", how=how)], "edges": []}))
    error = run["nodes"][0]["error"]
    assert run["state"] == "failed"
    assert "Traceback" in error["trace"]
    assert "Traceback" not in error["message"]


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.full), pytest.param(2, marks=pytest.mark.full)])
def test_cancelling_at_any_moment_ends_a_run_that_blocks_in_c_within_5_seconds(stack, tmp_path, seed):
    delay = random.Random(seed).uniform(0, 1.5)
    started = tmp_path / "started"
    run = stack.new_run({"nodes": [node("x", "blocks", started=str(started))], "edges": []})
    wait_until(started.exists, "the node runs")
    moment = time.monotonic() + delay
    wait_until(lambda: time.monotonic() >= moment, "the moment has come")
    asked = time.monotonic()
    stack.call("POST", f"runs/{run}/cancel/")
    ended = stack.ended(run)
    assert ended["state"] == "cancelled"
    assert states(ended) == {"x": "cancelled"}
    assert time.monotonic() - asked < 5
    after = stack.ended(stack.new_run({"nodes": [node("y", "nothing", value=unique())], "edges": []}))
    assert after["state"] == "done"  # the slot is free again


def test_a_killed_engine_process_is_replaced_and_its_node_tried_again(stack, tmp_path):
    run = stack.new_run({"nodes": [node("x", "dies", folder=str(tmp_path), times=1)], "edges": []})
    done = stack.ended(run)
    assert done["state"] == "done", done
    assert done["nodes"][0]["headline"] == "deaths 1"


def test_a_node_that_always_kills_its_process_is_given_up_with_the_cause(stack, tmp_path):
    run = stack.new_run({"nodes": [node("x", "dies", folder=str(tmp_path), times=9)], "edges": []})
    crashed = stack.ended(run, 90)
    assert crashed["state"] == "crashed"
    assert "SIGKILL" in crashed["nodes"][0]["error"]["message"]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_killed_worker_loses_nothing(stack, tmp_path):
    go = tmp_path / "go"
    document = {
        "nodes": [node("a", "nothing", value=unique()), node("b", "talks", until=str(go)), node("c", "nothing")],
        "edges": [wire("a", "b"), wire("b", "c")],
    }
    run = stack.new_run(document)
    stack.wait_for(run, lambda now: states(now)["b"] == "running")
    engines = stack.children_of("worker")
    stack.stop("worker")
    wait_until(lambda: not any(map(psutil.pid_exists, (e.pid for e in engines))), "its engine processes are gone")
    go.touch()
    stack.start_worker()
    done = stack.ended(run, 90)
    assert done["state"] == "done"
    assert states(done) == {"a": "done", "b": "done", "c": "done"}
    assert next(n for n in done["nodes"] if n["node"] == "a")["attempt"] == 1
    ends = [e for e in stack.call("GET", f"runs/{run}/events/")["events"] if e.get("state") == "done"]
    assert sorted(e.get("node", "") for e in ends) == ["", "a", "b", "c"]  # each ended once


def test_a_stopped_worker_hands_its_work_back_at_once(stack, tmp_path):
    go = tmp_path / "go"
    run = stack.new_run({"nodes": [node("b", "talks", until=str(go), points=7)], "edges": []})
    stack.wait_for(run, lambda now: states(now)["b"] == "running")
    asked = time.monotonic()
    stack.stop("worker", 15)
    stack.wait_for(run, lambda now: states(now)["b"] == "queued", 20)
    assert time.monotonic() - asked < 20  # without waiting for the lease of 30 seconds
    go.touch()
    stack.start_worker()
    assert stack.ended(run)["state"] == "done"


def test_an_emptied_redis_loses_nothing(stack):
    stack.stop("worker")
    run = stack.new_run({"nodes": [node("a", "nothing", value=unique())], "edges": []})
    stack.stop("redis")
    stack.start_redis()
    stack.start_worker()
    assert stack.ended(run, 90)["state"] == "done"


def test_runs_go_on_while_redis_is_away(stack):
    stack.stop("redis")
    try:
        run = stack.new_run({"nodes": [node("a", "nothing", value=unique()), node("b", "nothing")], "edges": []})
        assert stack.ended(run, 90)["state"] == "done"
    finally:
        stack.start_redis()


def test_a_stranger_finds_nothing(stack):
    run = stack.new_run({"nodes": [node("a", "nothing")], "edges": []})
    with pytest.raises(AssertionError, match="404"):
        stack.call("GET", f"runs/{run}/", who="charlie")
    with pytest.raises(AssertionError, match="404"):
        stack.call("POST", f"runs/{run}/cancel/", who="charlie")

"""Trainings that are cut off go on from their last checkpoint: no epoch twice, none missing, and the same result."""

from __future__ import annotations

import psutil
import pytest

from tests.worker.stack import Stack, wait_until

pytestmark = pytest.mark.worker
EPOCHS = 120
ROUNDS = 300


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    made = Stack(tmp_path_factory.mktemp("resume") / "data", slots=1)
    made.environment["LEPTON_CHECKPOINT_SECONDS"] = "0"
    try:
        made.start_all()
        yield made
    finally:
        made.close()


def wire(source, source_port, target, target_port):
    return {"source": source, "source_port": source_port, "target": target, "target_port": target_port}


def training(seed, **params):
    given = {"epochs": EPOCHS, "patience": 0, "hidden_size": 16, "batch_size": 64, **params}
    return learning(seed, "model.neural", **given)


def learning(seed, kind, **params):
    nodes = [
        {"id": "s", "type": "source.sample", "params": {}},
        {"id": "e", "type": "features.encode", "params": {}},
        {"id": "i", "type": "clean.impute", "params": {}},
        {"id": "m", "type": kind, "params": {"target": "price", **params}},
    ]
    edges = [wire(a, "table", b, "table") for a, b in (("s", "i"), ("i", "e"), ("e", "m"))]
    return {"nodes": nodes, "edges": edges, "seed": seed}


def found(run, node):
    return next(one for one in run["nodes"] if one["node"] == node)


def told(stack, run, kind, node):
    events, after = [], 0
    while page := stack.call("GET", f"runs/{run}/events/?after={after}&limit=2000")["events"]:
        events, after = events + page, page[-1]["seq"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    return [event for event in events if event["kind"] == kind and event["node"] == node]


def epochs_of(stack, run, name="train_loss"):
    """Return the curve as a page shows it: what was sent again after a kill replaces what was sent before."""
    curve = []
    for event in told(stack, run, "metric.points", "m"):
        for point in event["points"]:
            if point["name"] == name:
                curve = [(step, value) for step, value in curve if step < point["step"]]
                curve.append((point["step"], point["value"]))
    return curve


def logged(stack, run, node="m"):
    return [line for event in told(stack, run, "node.log", node) for line in event["lines"]]


def wait_for_epoch(stack, run, least, word="Epoch"):
    def is_there(now):
        text = found(now, "m")["progress_text"]
        return text.startswith(word) and int(text.split()[1].replace(",", "")) >= least

    return stack.wait_for(run, is_there)


def check_like_undisturbed(stack, run, steps=EPOCHS):
    """Check the curve and the result against the same training made anew in one piece."""
    graph = stack.call("GET", f"runs/{run}/")["graph"]
    whole = stack.call("POST", f"graphs/{graph}/runs/", {"start": "m"})["id"]
    expected = stack.ended(whole)
    done = stack.call("GET", f"runs/{run}/")
    assert (found(expected, "m")["is_cached"], found(expected, "m")["attempt"]) == (False, 1)
    assert [step for step, _ in epochs_of(stack, run)] == list(range(1, steps + 1))
    assert epochs_of(stack, run) == epochs_of(stack, whole)
    for port in ("model", "metrics"):  # addressed by content: the same address is the same bytes
        assert found(done, "m")["outputs"][port]["address"] == found(expected, "m")["outputs"][port]["address"]


def checkpoints(stack):
    return [path for path in (stack.folder / "artifacts" / "checkpoints").glob("*/*/*") if path.is_file()]


def kill_engine(stack):
    for child in stack.children_of("worker"):
        child.kill()


def kill_worker(stack):
    engines = stack.children_of("worker")
    stack.stop("worker")
    wait_until(lambda: not any(map(psutil.pid_exists, (e.pid for e in engines))), "its engine processes are gone")
    stack.start_worker()


@pytest.mark.parametrize("kill", [kill_engine, pytest.param(kill_worker, marks=pytest.mark.full)])
def test_a_training_that_was_killed_goes_on_and_ends_as_if_nothing_was(stack, kill):
    document = training(seed=1 if kill is kill_engine else 2)
    run = stack.new_run(document)
    wait_for_epoch(stack, run, 20)
    assert checkpoints(stack)
    kill(stack)
    done = stack.ended(run, 90)
    assert done["state"] == "done", done
    assert found(done, "m")["attempt"] > 1
    lines = [line for line in logged(stack, run) if line.startswith("Continued from epoch ")]
    assert len(lines) == 1
    assert int(lines[0].rstrip(".").split()[-1]) >= 1
    check_like_undisturbed(stack, run)
    wait_until(lambda: not checkpoints(stack), "the checkpoints are removed")


@pytest.mark.full
def test_boosted_trees_that_were_killed_go_on_and_end_as_if_nothing_was(stack):
    run = stack.new_run(learning(6, "model.boosting", n_estimators=ROUNDS, early_stopping_rounds=0))
    wait_for_epoch(stack, run, 20, word="Tree")
    kill_engine(stack)
    done = stack.ended(run, 90)
    assert done["state"] == "done", done
    assert any(line.startswith("Continued from tree ") for line in logged(stack, run))
    check_like_undisturbed(stack, run, ROUNDS)


@pytest.mark.full
def test_a_training_that_was_cancelled_goes_on_when_the_run_is_resumed(stack):
    document = training(seed=3)
    run = stack.new_run(document)
    wait_for_epoch(stack, run, 20)
    stack.call("POST", f"runs/{run}/cancel/")
    assert stack.ended(run)["state"] == "cancelled"
    assert checkpoints(stack)
    stack.call("POST", f"runs/{run}/resume/")
    assert stack.ended(run, 90)["state"] == "done"
    assert any(line.startswith("Continued from epoch ") for line in logged(stack, run))
    check_like_undisturbed(stack, run)


@pytest.mark.full
def test_a_search_that_was_killed_goes_on_with_the_trials_it_made(stack):
    document = training(seed=4, epochs=3)
    trials = 12
    document["nodes"].append({"id": "t", "type": "tune.tune", "params": {"n_trials": trials, "timeout": 600}})
    document["edges"].append(wire("m", "model", "t", "model"))
    run = stack.new_run(document)
    stack.wait_for(run, lambda now: found(now, "t")["progress_text"].startswith("Trial 4 "))
    kill_engine(stack)
    done = stack.ended(run, 120)
    assert done["state"] == "done", done
    # The one that was sent just before the kill may come again; a page replaces it.
    numbers = [event["trial"]["number"] for event in told(stack, run, "trial.finished", "t")]
    assert list(dict.fromkeys(numbers)) == list(range(trials))
    assert len(numbers) <= trials + 1
    assert any(line.startswith("Continued from trial ") for line in logged(stack, run, "t"))
    graph = done["graph"]
    expected = stack.ended(stack.call("POST", f"graphs/{graph}/runs/", {"start": "t"})["id"], 120)
    assert found(done, "t")["outputs"]["model"]["address"] == found(expected, "t")["outputs"]["model"]["address"]


def test_the_checkpoints_of_a_run_that_is_gone_are_removed(stack):
    run = stack.new_run(training(seed=5))
    wait_for_epoch(stack, run, 5)
    stack.call("POST", f"runs/{run}/cancel/")
    graph = stack.ended(run)["graph"]
    assert checkpoints(stack)
    stack.run("manage.py", "shell", "-v", "0", "-c", "from tasks.jobs.checkpoints import remove_stale; remove_stale()")
    assert checkpoints(stack)  # it may be resumed
    stack.call("DELETE", f"graphs/{graph}/")
    stack.run("manage.py", "shell", "-v", "0", "-c", "from tasks.jobs.checkpoints import remove_stale; remove_stale()")
    assert not checkpoints(stack)

"""Limits of one attempt: memory and time. What is over them ends alone, and says why."""

from __future__ import annotations

import os
import threading
import time

import pytest

from apps.common.engine_process import EngineProcess, EngineProcessDied, EngineProcessOutOfMemory
from apps.runs.models import NodeRun
from tasks.graph.messages import parts_of
from tasks.jobs import lease_renewal, process_pool
from tests.worker.stack import Stack, node, wait_until

pytestmark = pytest.mark.worker
DEADLINE_SECONDS = 30  # on a busy machine the greediest node took longer than 12 to be over its memory
LIMIT_MEGABYTES = 1500
LIMIT = "1.5 GB"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    made = Stack(tmp_path_factory.mktemp("limits") / "data")
    made.environment |= {
        "LEPTON_ATTEMPT_MEMORY_MB": str(LIMIT_MEGABYTES),
        "LEPTON_NODE_DEADLINE_SECONDS": str(DEADLINE_SECONDS),
    }
    try:
        made.start_all()
        yield made
    finally:
        made.close()


def fault_of(stack, kind, **params):
    """Return the fault of a node that fails at its first attempt, after a neighbour ran as if nothing was."""
    document = {"nodes": [node("bad", kind, **params), node("good", "talks", points=5)], "edges": []}
    ended = stack.ended(stack.new_run(document))
    bad, good = ended["nodes"]
    assert (good["state"], bad["state"], bad["attempt"]) == ("done", "failed", 1), ended
    assert stack.ended(stack.new_run({"nodes": [node("after", "talks", points=3)], "edges": []}))["state"] == "done"
    return bad["error"]["message"]


def test_asking_for_too_much_at_once_names_what_was_asked_for_and_the_limit(stack):
    message = fault_of(stack, "grows", gigabytes=41)
    assert f"41 GB more were requested, the limit is {LIMIT}" in message


def test_growing_over_the_limit_in_processes_of_its_own_is_stopped_with_the_figures(stack):
    message = fault_of(stack, "hoards", megabytes=600, processes=3)
    assert message.startswith("Killed: used ")
    assert f"limit {LIMIT}" in message
    wait_until(lambda: not [c for c in stack.children_of("worker") if c.children()], "what it started is gone")


@pytest.mark.full
def test_a_loop_in_c_ends_at_its_deadline(stack):
    started = time.monotonic()
    message = fault_of(stack, "blocks")
    assert f"more than {DEADLINE_SECONDS} seconds" in message
    assert time.monotonic() - started < DEADLINE_SECONDS + 20


def test_a_process_that_is_refused_memory_deep_in_a_library_is_told_from_one_that_crashed():
    code = "import os, sys; sys.stderr.write(\"terminate called: 'std::bad_alloc'\\n\"); sys.stderr.flush(); os.abort()"
    child = EngineProcess(("python3", "-c", code), memory_bytes=2 * 2**30)
    with pytest.raises(EngineProcessOutOfMemory, match=r"limit of 2\.0 GB"):
        child.request({"op": "run"})


def test_the_last_words_of_a_process_are_waited_for(monkeypatch):
    on_stderr_line = EngineProcess.on_stderr_line

    def hear_after_death(child, line):
        child._process.wait()
        threading.Event().wait(0.3)  # a busy machine
        on_stderr_line(child, line)

    monkeypatch.setattr(EngineProcess, "on_stderr_line", hear_after_death)
    child = EngineProcess(("python3", "-c", "import os; os.write(2, b'the disk is on fire\\n'); os._exit(3)"))
    with pytest.raises(EngineProcessDied, match=r"code 3\. the disk is on fire") as caught:
        child.request({"op": "run"})
    assert parts_of(caught.value.message) == {
        "id": "engine.ended",
        "params": {"code": 3, "last": " the disk is on fire"},
    }


def test_an_engine_process_that_never_starts_is_killed_and_the_node_is_not_to_blame(monkeypatch):
    monkeypatch.setattr(lease_renewal, "SECONDS_TO_START", 0.0)
    child = EngineProcess(("sleep", "600"))
    child.start()
    watched = lease_renewal.NodeLease(NodeRun(attempt=1), child)
    watched.stop_if_due()
    assert not child.is_alive
    assert watched.fault == ""
    assert "did not start" in str(child._exit_error())
    child.close()


@pytest.mark.parametrize(
    ("served", "age", "used", "needs_recycling"),
    [
        (1, 0, 0, False),
        (process_pool.MAX_REQUESTS, 0, 0, True),
        (1, 7 * 3600, 0, True),
        (10, 0, 2 * 1024**3, True),
        (10, 0, 10**8, False),
    ],
)
def test_a_process_that_served_long_or_grew_is_replaced(monkeypatch, served, age, used, needs_recycling):
    child = EngineProcess()
    child.served, child.started_at = served, time.monotonic() - age
    monkeypatch.setattr(EngineProcess, "memory_used", lambda self: used)
    assert process_pool._needs_recycling(child) == needs_recycling


def test_without_a_setting_the_attempts_share_most_of_the_machine(settings):
    settings.LEPTON_ATTEMPT_MEMORY_MB, settings.LEPTON_WORKER_SLOTS = 0, 2
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 2 * process_pool.memory_limit() <= max(whole * 0.8, 2 * 1024**3)
    settings.LEPTON_ATTEMPT_MEMORY_MB = 700
    assert process_pool.memory_limit() == 700 * 1024**2


def test_a_node_with_a_time_limit_of_its_own_ends_at_it_and_is_not_reused(stack):
    document = {"nodes": [{**node("x", "blocks"), "time_limit_seconds": 2}], "edges": []}
    for _ in range(2):
        found = stack.ended(stack.new_run(document))["nodes"][0]
        assert (found["state"], found["is_cached"], found["attempt"]) == ("failed", False, 1)
        assert "more than 2 seconds, its time limit" in found["error"]["message"]

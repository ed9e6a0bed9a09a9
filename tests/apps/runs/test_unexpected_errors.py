"""An attempt ends with its true cause, whatever the worker, its database or the machine raises."""

from __future__ import annotations

import errno
import sys

import pytest

from apps.common.engine_process import EngineProcess
from apps.runs.claims import Outcome
from apps.runs.models import NodeRun
from tasks.jobs import execute, ingest, process_pool
from tests.apps.runs.conftest import NO_ARTIFACT, states
from tests.factories import make_dataset

pytestmark = pytest.mark.django_db
NO_MEMORY = OSError(errno.ENOMEM, "Cannot allocate memory")
MADE = {"out": {"wire": "metrics", "address": NO_ARTIFACT, "bytes": 1, "summary": {}}}


@pytest.fixture(autouse=True)
def pool(monkeypatch):
    made = process_pool.EngineProcessPool()
    for module in (execute, ingest):
        monkeypatch.setattr(module, "engine_processes", made)
    yield made
    made.close()


def raising(error):
    def fail(*_, **__):
        raise error

    return fail


def message_of(run, node="a"):
    return NodeRun.objects.get(run=run, node=node).error["message"]


def test_a_machine_that_gives_no_process_is_tried_again_after_a_pause_and_named_at_last(start, monkeypatch):
    monkeypatch.setattr(EngineProcess, "_spawn", raising(NO_MEMORY))
    run = start("a")
    for _ in range(2):
        execute.work(run.pk, "cpu")
        assert states(run) == {"a": "queued"}
        assert NodeRun.objects.get(run=run).not_before is not None
        NodeRun.objects.update(not_before=None)
    execute.work(run.pk, "cpu")
    assert states(run) == {"a": "crashed"}
    assert "could not be started (Cannot allocate memory). This happened 3 times" in message_of(run)


@pytest.mark.parametrize("error", [MemoryError(), NO_MEMORY, RuntimeError("can't start new thread")], ids=repr)
def test_a_shortage_of_the_worker_itself_is_an_interruption(start, monkeypatch, error):
    monkeypatch.setattr(execute, "attempt", raising(error))
    run = start("a")
    execute.work(run.pk, "cpu")
    assert (states(run), NodeRun.objects.get(run=run).lost_attempts) == ({"a": "queued"}, 1)


def test_an_error_that_nobody_expected_fails_the_node_and_says_what_it_was(start, monkeypatch):
    monkeypatch.setattr(execute, "attempt", raising(KeyError("half a \ud83d")))
    run = start("a b", "a>b")
    execute.work(run.pk, "cpu")
    assert states(run) == {"a": "failed", "b": "skipped"}
    assert "unexpected error (KeyError" in message_of(run)
    assert "Traceback" in NodeRun.objects.get(run=run, node="a").error["trace"]


def test_an_outcome_that_cannot_be_written_fails_the_node(start, monkeypatch):
    outcomes = [Outcome(NodeRun.State.DONE, {"out": {}}), Outcome(NodeRun.State.DONE, MADE)]
    monkeypatch.setattr(execute, "attempt", lambda *_: outcomes.pop(0))
    run = start("a b")
    execute.work(run.pk, "cpu")
    execute.work(run.pk, "cpu")
    assert states(run) == {"a": "failed", "b": "done"}
    assert "unexpected error (KeyError" in message_of(run)


def test_a_checkpoint_that_cannot_be_removed_leaves_the_next_node_as_it_is(start, monkeypatch):
    monkeypatch.setattr(execute, "attempt", lambda *_: Outcome(NodeRun.State.DONE, MADE, has_checkpoint=True))
    monkeypatch.setattr(execute.checkpoints, "forget", raising(OSError("stale file handle")))
    run = start("a b", "a>b")
    execute.work(run.pk, "cpu")
    assert states(run) == {"a": "done", "b": "done"}


def test_half_an_emoji_or_a_nul_is_replaced_where_it_enters_the_worker():
    code = (
        "import json; input()\n"
        "print(json.dumps({'request': 1, 'done': {'\\ud83d': ['a\\x00', '\\U0001f600']}}), flush=True); input()"
    )
    child = EngineProcess((sys.executable, "-c", code))
    try:
        assert child.request({})["done"] == {"\ufffd": ["a\ufffd", "\U0001f600"]}
    finally:
        child.close()


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyError("rows"), "failed", "unexpected error (KeyError: 'rows')"),
        (NO_MEMORY, "pending", ""),
    ],
    ids=["a bug", "a shortage"],
)
def test_a_reading_that_fails_unexpectedly_ends_with_its_cause(workspace, monkeypatch, error, status, message):
    version = make_dataset(workspace, status="pending").current
    monkeypatch.setattr(ingest, "_read", raising(error))
    ingest.read(version.pk)
    version.refresh_from_db()
    assert version.status == status
    assert message in version.error_message

"""A chain that runs in one go while one of its commits, each in its turn, gets no answer or fails."""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connections

from apps.common import database_retry
from apps.runs import fusion, scheduling
from apps.runs.claims import LastEvent, Outcome
from apps.runs.models import NodeRun, RunEvent
from tasks.jobs import event_writer, execute
from tests.apps.runs.conftest import NO_ARTIFACT

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = "a b c d e"
WIRES = "a>b b>c c>d d>e"
MADE = {"out": {"wire": "metrics", "address": NO_ARTIFACT, "bytes": 1, "summary": {}}}


class Engine:
    """Stands in for the engine process: says a line of each node and how it ended, and counts what it did.

    ``most``: nodes it runs in one go before it says that the rest would take long.
    """

    served, started_at, is_ready, is_alive = 1, time.monotonic(), True, True

    def __init__(self):
        self.done = Counter()
        self.most = 99  # nodes in one go

    def memory_used(self):
        return 0

    def kill(self, reason=""):
        raise AssertionError(f"the process was killed: {reason}")

    def request(self, request, *, on_events, on_idle=None):
        steps = [request, *request["following"]][: self.most]
        for at, step in enumerate(steps):
            name = step["params"]["amount"]
            self.done[name] += 1
            on_events([{"event": "log", "lines": [f"at {name}"]}])
            ended = {"outputs": MADE, "headline": f"{name} done", "began": time.time(), "ended": time.time()}
            if at < len(steps) - 1:
                on_events([{"event": "ended", **ended}])
        return {"done": {**ended, "has_checkpoint": False}}


class Fault:
    """Makes one commit go wrong. ``strikes_at``: its number from 0; ``count``: commits so far."""

    def __init__(self):
        self.strikes_at, self.count, self.happens = -1, 0, True

    def arm(self, at, *, happens):
        self.strikes_at, self.count, self.happens = at, 0, happens


@pytest.fixture
def engine(monkeypatch):
    made = Engine()

    @contextmanager
    def lend(gpu=None):
        yield made

    monkeypatch.setattr(execute.engine_processes, "acquire", lend)
    monkeypatch.setattr(fusion, "_may_fuse", lambda node: True)
    monkeypatch.setattr(database_retry, "FIRST_PAUSE_SECONDS", 0.0)
    return made


@pytest.fixture
def fault(monkeypatch):
    made, database = Fault(), type(connections["default"])
    honest = database._commit

    def commit(self):
        at, made.count = made.count, made.count + 1
        is_now = at == made.strikes_at
        if is_now and not made.happens:
            raise OperationalError("the commit failed")
        honest(self)
        if is_now:
            raise OperationalError("no answer to the commit, which happened")

    monkeypatch.setattr(database, "_commit", commit)
    return made


def check(run, engine):
    nodes = list(NodeRun.objects.filter(run=run))
    assert [(node.state, node.headline) for node in nodes] == [
        ("done", f"{node.params['amount']} done") for node in nodes
    ]
    assert engine.done == Counter({node.params["amount"]: 1 for node in nodes})
    run.refresh_from_db()
    assert (run.state, run.remaining) == ("done", 0)
    events = [
        json.loads(body) for body in RunEvent.objects.filter(run=run).order_by("seq").values_list("body", flat=True)
    ]
    assert [event["seq"] for event in events] == list(range(1, run.last_seq + 1))
    ends = [event["node"] for event in events if event["kind"] == "node.status" and event["state"] == "done"]
    assert ends == NAMES.split()
    lines = [line for event in events if event["kind"] == "node.log" for line in event["lines"]]
    assert lines == [f"at {node.params['amount']}" for node in nodes]


@pytest.mark.parametrize("happens", [True, False], ids=["it happened", "it did not"])
@pytest.mark.parametrize("pause", [-1.0, 60.0], ids=["a long chain", "a short chain"])
def test_at_every_commit_no_node_is_done_twice_and_none_is_lost(start, engine, fault, monkeypatch, pause, happens):
    monkeypatch.setattr(event_writer, "SECONDS_BETWEEN_WRITES", pause)
    at, struck = 0, True
    while struck:
        fault.arm(-1, happens=happens)
        engine.done.clear()
        run = start(NAMES, WIRES, **{name: {"amount": float(100 * at + nth)} for nth, name in enumerate(NAMES.split())})
        fault.arm(at, happens=happens)
        execute.work(run.pk, "cpu")
        struck = fault.count > at
        check(run, engine)
        at += 1
    assert at > (len(NAMES.split()) if pause < 0 else 1)  # each node of a long chain is a commit of its own


def test_a_worker_that_lost_a_chain_says_nothing_more_of_it(start, engine):
    run = start(NAMES, WIRES)
    claim = scheduling.claim_next(run.pk, queue="cpu", owner="slow")
    NodeRun.objects.filter(pk=claim.node.pk).update(attempt=claim.node.attempt + 1)
    told = [
        {"event": "log", "lines": ["late"]},
        {"event": "ended", "outputs": MADE, "headline": "", "began": 0, "ended": 0},
    ]
    assert scheduling.commit_progress(claim, told, owner="slow", last_event=LastEvent()) is None
    outcome = Outcome(NodeRun.State.DONE, MADE, events=told)
    assert scheduling.finish(claim, outcome, owner="slow") is None
    assert not RunEvent.objects.filter(run=run, body__contains="late").exists()


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_chain_that_the_engine_ends_early_goes_on_with_the_rest(start, engine, fault, most):
    engine.most = most
    run = start(NAMES, WIRES, **{name: {"amount": float(nth)} for nth, name in enumerate(NAMES.split())})
    execute.work(run.pk, "cpu")
    check(run, engine)

"""Work whose worker is gone, whose database did not answer, or for whose result there was no room."""

from __future__ import annotations

import errno
import subprocess
import sys
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError, connections, transaction
from django.db.models.functions import Now

from apps.common import worker_identity
from apps.common.database_retry import retry_on_disconnect
from apps.runs import node_events, scheduling, services
from apps.runs.claims import Outcome, write_durably
from apps.runs.fusion import Follower
from apps.runs.models import NodeRun, Run, RunEvent
from apps.runs.reconciler import reconcile
from apps.runs.run_transaction import _one_writer, run_transaction
from tasks.artifacts.folders import LocalFolders
from tasks.artifacts.store import Store
from tasks.contract.values import Metrics
from tasks.engine import __main__ as engine
from tasks.jobs import execute
from tests.apps.runs.conftest import NO_ARTIFACT, Worker, states

NO_SPACE = {
    "kind": "storage",
    "message": "The disk that stores results is full.",
    "param": "",
    "fix": "",
    "trace": "",
}


@pytest.fixture
def dead_owner():
    """The name of a process of this machine that has ended."""
    code = "from apps.common.worker_identity import worker_id; print(worker_id())"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def lying(monkeypatch):
    """Let the next commits happen and be reported as failed."""

    def lie(times: int) -> None:
        database = type(connections["default"])
        honest = database._commit
        left = [times]

        def commit(self):
            honest(self)
            if left[0]:
                left[0] -= 1
                raise OperationalError("no answer to the commit")

        monkeypatch.setattr(database, "_commit", commit)

    return lie


@pytest.mark.django_db
def test_the_node_of_a_worker_that_died_here_is_given_back_without_waiting_for_its_lease(start, dead_owner):
    run = start("a")
    Worker(dead_owner).take(run)
    reconcile()
    assert states(run) == {"a": "queued"}
    assert NodeRun.objects.get(run=run).lost_attempts == 1


@pytest.mark.django_db
@pytest.mark.parametrize("change", [lambda own: own, lambda own: own.replace(":", "-elsewhere:", 1), lambda own: "x"])
def test_the_node_of_a_worker_that_lives_or_may_live_elsewhere_stays_with_it(start, change):
    run = start("a")
    Worker(change(worker_identity.worker_id())).take(run)
    reconcile()
    assert states(run) == {"a": "running"}


def test_a_process_number_used_again_is_not_taken_for_the_one_before():
    host, pid, started, *rest = worker_identity.worker_id().split(":")
    assert not worker_identity.is_dead(":".join([host, pid, started, *rest]))
    assert worker_identity.is_dead(":".join([host, pid, str(int(started) - 1), *rest]))


@pytest.mark.django_db(transaction=True)
def test_a_node_that_was_taken_in_a_commit_without_an_answer_is_worked_on(start, lying):
    run = start("a b", "a>b")
    lying(1)
    claim = retry_on_disconnect(
        lambda is_retry: scheduling.claim_next(run.pk, queue="cpu", owner="me", is_retry=is_retry)
    )
    assert (claim.node.node, claim.node.attempt) == ("a", 1)


@pytest.mark.django_db(transaction=True)
def test_a_result_that_was_written_in_a_commit_without_an_answer_is_written_once_and_the_next_node_goes_on(
    start, lying
):
    run = start("a b", "a>b")
    claim = scheduling.claim_next(run.pk, queue="cpu", owner="me")
    output = {"out": {"wire": "metrics", "address": NO_ARTIFACT, "bytes": 1, "summary": {}}}
    outcome = Outcome(NodeRun.State.DONE, output, "done")
    lying(2)
    following = retry_on_disconnect(lambda is_retry: scheduling.finish(claim, outcome, owner="me", is_retry=is_retry))
    assert following.node.node == "b"
    assert following.inputs == {"a": NO_ARTIFACT}
    assert states(run) == {"a": "done", "b": "running"}
    told = RunEvent.objects.filter(run=run, body__contains='"state":"done"')
    assert told.count() == 1


@pytest.mark.django_db(transaction=True)
def test_points_that_were_kept_in_a_commit_without_an_answer_are_kept_once(start, worker, lying):
    run = start("a")
    claim = worker.take(run)
    points = [{"name": "loss", "step": 1.0, "value": 0.5}]
    lying(1)
    node_events.store_events(run.pk, claim.node, [{"event": "metric", "points": points}])
    assert RunEvent.objects.filter(run=run, body__contains="metric.points").count() == 1
    run.refresh_from_db()
    assert run.last_seq == RunEvent.objects.filter(run=run).count()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_away_is_not_asked_for_ever():
    def fail(*, is_retry):
        raise OperationalError("away")

    with pytest.raises(OperationalError):
        retry_on_disconnect(fail, seconds=0.3)


def test_a_full_disk_is_told_apart_from_a_fault_of_the_node(monkeypatch):
    def fails_with(number):
        def perform(request, channel, events):
            raise OSError(number, "says the system")

        monkeypatch.setattr(engine, "_perform", perform)
        return engine._answer({}, None, None)["error"]["kind"]

    assert fails_with(errno.ENOSPC) == "storage"
    assert fails_with(errno.EDQUOT) == "storage"
    assert fails_with(errno.EACCES) == "bug"


def test_a_store_that_does_not_answer_is_not_the_fault_of_the_node(monkeypatch, tmp_path):
    store = Store(tmp_path)

    def fail(self, address, files):
        raise OSError(errno.EIO, "says the disk")

    monkeypatch.setattr(LocalFolders, "write", fail)
    monkeypatch.setattr(engine, "_perform", lambda *_: store.put(Metrics({"x": 1.0}, "x")))
    error = engine._answer({}, None, None)["error"]
    assert error["kind"] == "storage"
    assert error["message"].startswith("The store of results did not answer")


def test_a_result_that_is_not_there_is_no_fault_of_the_store(monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "_perform", lambda *_: Store(tmp_path).get(NO_ARTIFACT))
    assert engine._answer({}, None, None)["error"]["kind"] == "bug"


@pytest.mark.django_db
def test_a_node_without_room_for_its_result_says_so_and_is_tried_until_there_is(start, worker):
    run = start("a")
    for _ in range(5):
        claim = worker.take(run)
        scheduling.finish(claim, execute._outcome_of_error(NO_SPACE), owner=worker.name)
        node = NodeRun.objects.get(run=run)
        assert (node.state, node.lost_attempts, node.error["message"]) == ("queued", 0, NO_SPACE["message"])
        assert worker.take(run) is None  # not at once
        NodeRun.objects.update(not_before=Now() - timedelta(seconds=1))
    assert worker.work(run) == ["a"]
    assert Run.objects.get(pk=run.pk).state == "done"
    assert NodeRun.objects.get(run=run).error is None


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", [NO_SPACE, None])
def test_a_node_that_comes_back_after_its_run_was_cancelled_is_cancelled(start, worker, outcome):
    run = start("a b", "a>b")
    claim = worker.take(run)
    services.cancel(run=run)
    lost = Outcome(NodeRun.State.QUEUED, {})
    scheduling.finish(claim, execute._outcome_of_error(outcome) if outcome else lost, owner=worker.name)
    assert states(run) == {"a": "cancelled", "b": "cancelled"}
    assert Run.objects.get(pk=run.pk).state == "cancelled"


@pytest.mark.django_db
def test_a_run_in_which_nobody_works_and_something_could_is_woken(start, worker):
    run = start("a b c", "a>b b>c")
    claim = worker.take(run)
    worker.finish(claim, goes_on=False)
    NodeRun.objects.filter(run=run, node="b").update(state="pending", unmet_dependencies=1)
    reconcile()
    assert states(run) == {"a": "done", "b": "queued", "c": "pending"}
    assert worker.work(run) == ["b", "c"]
    assert Run.objects.get(pk=run.pk).state == "done"


@pytest.mark.django_db(transaction=True)
def test_a_chain_whose_commit_failed_is_written_at_the_next_try(start, monkeypatch):
    run = start("a b c", "a>b b>c")
    monkeypatch.setattr(scheduling, "followers_of", _two_behind)
    claim = scheduling.claim_next(run.pk, queue="cpu", owner="me")
    output = {"out": {"wire": "metrics", "address": NO_ARTIFACT, "bytes": 1, "summary": {}}}
    end = {"event": scheduling.ENDED, "outputs": output, "headline": "", "began": 1.0, "ended": 2.0}
    outcome = Outcome(NodeRun.State.DONE, output, events=(end, end), began_at=2.0, ended_at=3.0)
    database = type(connections["default"])
    honest, failing = database._commit, [True]

    def commit(self):
        if failing:
            failing.pop()
            raise OperationalError("the commit failed")
        honest(self)

    monkeypatch.setattr(database, "_commit", commit)
    write_durably(claim, partial(scheduling.finish, claim, outcome, owner="me"))
    assert states(run) == {"a": "done", "b": "done", "c": "done"}
    assert Run.objects.get(pk=run.pk).state == "done"


def _two_behind(change, node):
    run = change.run
    behind = list(NodeRun.objects.filter(run=run).exclude(pk=node.pk).order_by("position"))
    for other in behind:
        other.run = run
    return tuple(Follower(other, {}, {}) for other in behind)


def test_a_node_that_is_claimed_after_its_pause_is_not_put_off_any_more(start, worker):
    run = start("a")
    NodeRun.objects.update(not_before=Now() - timedelta(seconds=1))
    worker.take(run)
    assert NodeRun.objects.get(run=run).not_before is None


@pytest.mark.django_db(transaction=True)
def test_no_thread_waits_for_messages_that_another_sends_after_its_commit(start):
    was_held = []
    with run_transaction(start("a").pk):
        transaction.on_commit(lambda: was_held.append(_one_writer.locked()))
    assert was_held == [False]
    assert not _one_writer.locked()

"""The state machine: order, fence, failure, cancellation, resumption. The worker is played by the test."""

from __future__ import annotations

import json
import random

import pytest
from django.db.models import F
from django.db.models.functions import Now

from apps.common.errors import ApplicationError
from apps.common.leases import LEASE
from apps.runs import node_events, services
from apps.runs.api.serializers import NodeRunSerializer
from apps.runs.models import NodeRun, Run, RunEvent
from apps.runs.reconciler import reconcile
from tests.apps.runs.conftest import NO_ARTIFACT, states

pytestmark = pytest.mark.django_db

DIAMOND = ("a b c d", "a>b a>c b>d.a c>d.b")


def told(run):
    return [
        json.loads(body) for body in RunEvent.objects.filter(run=run).order_by("seq").values_list("body", flat=True)
    ]


def expire(run):
    NodeRun.objects.filter(run=run, state="running").update(lease_until=Now() - LEASE)


def wait_is_over(run):
    NodeRun.objects.filter(run=run).update(not_before=None)


def test_a_node_waits_for_everything_before_it(start, worker):
    run = start(*DIAMOND)
    assert states(run) == {"a": "queued", "b": "pending", "c": "pending", "d": "pending"}
    order = worker.work(run)
    assert order[0] == "a"
    assert order[-1] == "d"
    run.refresh_from_db()
    assert (run.state, run.remaining) == ("done", 0)
    assert run.graph.__class__.objects.get(pk=run.graph_id).last_run_headline == "d done"


def test_inputs_are_the_addresses_of_what_came_before(start, worker):
    run = start(*DIAMOND)
    last = worker.take(run)
    while last.node.node != "d":
        last = worker.finish(last)
    assert last.inputs == {"a": NO_ARTIFACT, "b": NO_ARTIFACT}


@pytest.mark.parametrize("seed", range(5))
def test_every_event_is_numbered_without_gaps_in_any_graph(start, worker, seed):
    chance = random.Random(seed)
    names = [f"n{i}" for i in range(12)]
    wires = [
        f"{source}>{target}.{port}"
        for at, target in enumerate(names)
        for port, source in zip("abc", chance.sample(names[:at], min(at, chance.randrange(4))), strict=False)
    ]
    run = start(" ".join(names), " ".join(wires))
    order = worker.work(run, failing=chance.sample(names, 2))
    events = told(run)
    run.refresh_from_db()
    assert [event["seq"] for event in events] == list(range(1, run.last_seq + 1))
    assert run.state == "failed"
    assert set(states(run).values()) <= {"done", "failed", "skipped"}
    ran = {name for name, state in states(run).items() if state != "skipped"}
    assert set(order) == ran
    last = {event["node"]: event["state"] for event in events if event["kind"] == "node.status"}
    assert last == states(run)


def test_a_node_is_taken_once(start, worker, other_worker):
    run = start("a")
    assert worker.take(run) is not None
    assert other_worker.take(run) is None


def test_a_stale_attempt_writes_nothing(start, worker, other_worker):
    run = start("a b", "a>b")
    stale = worker.take(run)
    expire(run)
    reconcile()
    wait_is_over(run)
    fresh = other_worker.take(run)
    assert fresh.node.attempt > stale.node.attempt

    before = Run.objects.get(pk=run.pk).last_seq
    worker.finish(stale, goes_on=False)
    node_events.store_events(run.pk, stale.node, [{"event": "progress", "share": 0.9, "text": "stale"}])
    run.refresh_from_db()
    assert run.last_seq == before
    assert states(run) == {"a": "running", "b": "pending"}

    other_worker.finish(fresh)
    worker.finish(stale, goes_on=False)
    assert states(run) == {"a": "done", "b": "running"}


def test_a_lease_that_is_renewed_is_not_taken_back(start, worker):
    run = start("a")
    worker.take(run)
    reconcile()
    assert states(run) == {"a": "running"}


def test_a_node_whose_worker_is_lost_three_times_is_given_up_with_the_reason(start, worker):
    run = start("a b", "a>b")
    for _ in range(3):
        wait_is_over(run)
        assert worker.take(run) is not None
        expire(run)
        reconcile()
    run.refresh_from_db()
    assert run.state == "crashed"
    assert states(run) == {"a": "crashed", "b": "skipped"}
    error = NodeRun.objects.get(run=run, node="a").error
    assert "3 times" in error["message"]
    assert error["message_params"]["reason"]["message_id"] == "worker.no_heartbeat"


def test_a_worker_that_hands_back_does_not_use_up_attempts(start, worker):
    run = start("a")
    for _ in range(5):
        claim = worker.take(run)
        worker.finish(claim, NodeRun.State.QUEUED, goes_on=False)
    assert NodeRun.objects.get(run=run).lost_attempts == 0
    assert states(run) == {"a": "queued"}


def test_a_failure_skips_what_follows_and_nothing_else(start, worker):
    run = start("a bad x y other", "a>bad bad>x x>y a>other")
    worker.work(run, failing={"bad"})
    assert states(run) == {"a": "done", "bad": "failed", "x": "skipped", "y": "skipped", "other": "done"}
    run.refresh_from_db()
    assert run.state == "failed"


def test_a_failed_run_says_in_every_list_which_node_failed_and_why(start, worker):
    run = start("a b", "a>b")
    claim = worker.take(run)
    error = {"message": "Too few rows: 3.", "message_id": "rows.too_few", "message_params": {"rows": 3}}
    worker.finish(claim, NodeRun.State.FAILED, error=error)
    run.refresh_from_db()
    title = NodeRun.objects.get(run=run, node="a").title
    assert run.message == f"{title}: Too few rows: 3."
    assert run.message_parts["id"] == "run.failed_at"
    assert run.message_parts["params"]["reason"]["message_params"] == {"rows": 3}
    graph = run.graph.__class__.objects.get(pk=run.graph_id)
    assert (graph.last_run_headline, graph.last_run_headline_parts) == (run.message, run.message_parts)


def test_cancelling_stops_what_waits_at_once_and_what_runs_when_its_worker_obeys(start, worker):
    run = start("a b", "a>b")
    claim = worker.take(run)
    services.cancel(run=run)
    assert states(run) == {"a": "running", "b": "cancelled"}
    assert worker.take(run) is None
    worker.finish(claim, NodeRun.State.CANCELLED)
    run.refresh_from_db()
    assert (run.state, states(run)["a"]) == ("cancelled", "cancelled")


def test_a_run_that_nobody_took_is_cancelled_at_once(start, worker):
    run = start("a b", "a>b")
    services.cancel(run=run)
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert worker.take(run) is None


def test_a_worker_that_does_not_obey_loses_its_node(start, worker):
    run = start("a")
    claim = worker.take(run)
    services.cancel(run=run)
    Run.objects.filter(pk=run.pk).update(cancel_requested_at=Now() - LEASE)
    reconcile()
    run.refresh_from_db()
    assert run.state == "cancelled"
    worker.finish(claim)
    assert states(run) == {"a": "cancelled"}


def test_resuming_keeps_what_is_done_and_tries_the_rest_again(start, worker):
    run = start("a bad x", "a>bad bad>x")
    worker.work(run, failing={"bad"})
    services.resume(run=run)
    run.refresh_from_db()
    assert run.state == "queued"
    assert states(run) == {"a": "done", "bad": "queued", "x": "pending"}
    assert worker.work(run) == ["bad", "x"]
    run.refresh_from_db()
    assert run.state == "done"
    assert NodeRun.objects.get(run=run, node="bad").error is None


def test_a_run_that_goes_on_cannot_be_resumed(start):
    run = start("a")
    with pytest.raises(ApplicationError):
        services.resume(run=run)


def test_the_same_key_starts_one_run(start):
    first = start("a", key="click-1")
    assert start("a", key="click-1").pk == first.pk
    assert start("a", key="click-2").pk != first.pk
    assert start("a").pk != start("a").pk


def test_runs_of_a_graph_are_numbered(start):
    assert [start("a").number for _ in range(3)] == [1, 2, 3]


def test_a_bell_is_rung_for_what_is_ready_and_again_when_nobody_came(start, sent_jobs):
    with sent_jobs():
        run = start("a b", "a>b")
    assert sent_jobs == [("runs.execute_node", {"run": str(run.pk), "pool": "cpu"})]
    reconcile()  # notes that somebody should come
    Run.objects.filter(pk=run.pk).update(next_notification_at=Now() - LEASE)
    with sent_jobs():
        reconcile()
    assert len(sent_jobs) == 2


def test_a_hanging_run_is_ended(start, worker):
    run = start("a")
    worker.work(run)
    Run.objects.filter(pk=run.pk).update(state="running", remaining=F("remaining") + 1)
    reconcile()
    run.refresh_from_db()
    assert run.state == "done"


def test_what_a_node_says_is_kept_with_its_progress(start, worker):
    run = start("a")
    claim = worker.take(run)
    said = [
        {"event": "metric", "points": [{"name": "loss", "step": 1.0, "value": None}]},
        {"event": "trial", "trial": {"number": 0, "params": {"x": 1}, "value": 0.5, "state": "done"}},
        {"event": "log", "lines": ["hello"]},
        {"event": "progress", "share": 0.25, "text": "a quarter"},
    ]
    node_events.store_events(run.pk, claim.node, said)
    kinds = [event["kind"] for event in told(run)[-4:]]
    assert kinds == ["metric.points", "trial.finished", "node.log", "node.progress"]
    assert NodeRun.objects.get(run=run).progress == 0.25
    assert NodeRun.objects.get(run=run).progress_text_parts is None


def test_what_a_node_does_is_stored_and_told_with_its_id_and_parameters_until_it_is_claimed_again(start, worker):
    run = start("a")
    claim = worker.take(run)
    parts = {"id": "progress.trial", "params": {"trial": 2, "count": 5}}
    said = [{"event": "progress", "share": 0.2, "text": "Trial 2 of 5", "parts": parts}]
    node_events.store_events(run.pk, claim.node, said)
    node = NodeRun.objects.get(run=run)
    assert (node.progress_text, node.progress_text_parts) == ("Trial 2 of 5", parts)
    assert NodeRunSerializer(node).data["progress_text_parts"] == parts
    assert (told(run)[-1]["text"], told(run)[-1]["text_parts"]) == ("Trial 2 of 5", parts)
    expire(run)
    reconcile()
    wait_is_over(run)
    worker.take(run)
    node.refresh_from_db()
    assert (node.state, node.progress_text, node.progress_text_parts) == ("running", "", None)


def test_an_event_of_an_unknown_kind_is_refused_and_not_lost(start, worker):
    run = start("a")
    claim = worker.take(run)
    with pytest.raises(ValueError, match=r"event of a kind that is not known here: gpu_memory"):
        node_events.store_events(run.pk, claim.node, [{"event": "gpu_memory", "bytes": 1}])


def test_a_failure_and_its_log_are_written_down_whatever_they_quote(start, worker):
    run = start("a")
    claim = worker.take(run)
    node_events.store_events(run.pk, claim.node, [{"event": "log", "lines": ["half: \ud83d"]}])
    worker.finish(claim, NodeRun.State.FAILED, error={"message": "“\ud83d\0” is not valid.", "param": "x"})
    assert states(run) == {"a": "failed"}
    assert NodeRun.objects.get(run=run).error["message"] == "“\ufffd\ufffd” is not valid."
    assert ["half: \ufffd"] in [event.get("lines") for event in told(run)]

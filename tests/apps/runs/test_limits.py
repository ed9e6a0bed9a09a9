"""The longest a node and a run may take: from the drawn graph to the worker that watches, and to the reconciler."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.runs import scheduling, services
from apps.runs.models import NodeRun, Run
from apps.runs.reconciler import reconcile
from tasks.graph.document import Document, GraphNode
from tasks.graph.messages import parts_of
from tasks.jobs import lease_renewal
from tests.apps.runs.conftest import document, states

HOUR = timedelta(hours=1)


class Child:
    """Stands in for an engine process that is at work."""

    is_ready, started_at, reason = True, 0.0, ""

    def memory_used(self):
        return 0

    def kill(self, reason=""):
        self.reason = reason


@pytest.fixture
def limited(graph, alice):
    def start(**limits):
        drawn = document("a b c", "a>b b>c")
        for node in drawn["nodes"]:
            node["time_limit_seconds"] = limits.get(node["id"], 0)
        return services.start(graph=graph, user=alice, document=drawn)

    return start


@pytest.mark.django_db
def test_the_limit_of_a_node_reaches_the_worker_that_watches_it(limited, worker):
    run = limited(b=30)
    claim = worker.finish(worker.take(run))
    assert (claim.node.node, claim.node.time_limit_seconds) == ("b", 30)
    watched = lease_renewal.NodeLease(claim.node, Child(), began_at=time.monotonic() - 29)
    watched.stop_if_due()
    assert watched.fault == ""
    watched.began_at -= 2
    watched.stop_if_due()
    assert (
        watched.fault == "Stopped: the node ran for more than 30 seconds, its time limit. Raise the limit or do less."
    )
    assert watched.process.reason == watched.fault
    assert parts_of(watched.fault) == {"id": "worker.time_limit", "params": {"seconds": 30}}


def test_the_limit_of_all_nodes_holds_beside_that_of_one(settings):
    settings.LEPTON_NODE_DEADLINE_SECONDS = 10
    watched = lease_renewal.NodeLease(
        NodeRun(attempt=1, time_limit_seconds=30), Child(), began_at=time.monotonic() - 11
    )
    watched.stop_if_due()
    assert "more than 10 seconds, the longest a node may run here" in watched.fault


@pytest.mark.django_db
def test_the_limit_does_not_change_what_a_result_is_reused_for(limited):
    first, second = limited(), limited(b=30)
    prints = [list(run.nodes.values_list("fingerprint", flat=True)) for run in (first, second)]
    assert prints[0] == prints[1]


def test_a_graph_without_limits_is_written_as_it_always_was():
    node = GraphNode(id="a", type="test.step")
    assert "time_limit_seconds" not in Document(nodes=(node,)).model_dump(mode="json")["nodes"][0]
    limited = Document(nodes=(node.model_copy(update={"time_limit_seconds": 5}),))
    assert Document.model_validate(limited.model_dump(mode="json")) == limited


def overdue(run, by=2 * HOUR):
    Run.objects.filter(pk=run.pk).update(started_at=Now() - by)


@pytest.mark.django_db
def test_a_run_that_takes_longer_than_any_may_is_stopped(start, worker, settings):
    settings.LEPTON_RUN_DEADLINE_SECONDS = 3600
    run = start("a b c d", "a>b b>c")
    claim = worker.take(run)
    reconcile()
    assert states(run)["a"] == "running"
    overdue(run)
    reconcile()
    run.refresh_from_db()
    assert (run.state, run.remaining) == ("failed", 0)
    assert states(run) == {"a": "failed", "b": "skipped", "c": "skipped", "d": "skipped"}
    assert "more than 3,600 seconds" in NodeRun.objects.get(run=run, node="a").error["message"]
    assert worker.finish(claim) is None  # what the worker still brings is refused
    assert states(run)["a"] == "failed"


@pytest.mark.django_db
def test_a_run_of_which_nothing_runs_at_its_deadline_fails_too(start, worker, settings):
    settings.LEPTON_RUN_DEADLINE_SECONDS = 3600
    run = start("a b", "a>b")
    worker.finish(worker.take(run), goes_on=False)
    overdue(run)
    reconcile()
    run.refresh_from_db()
    assert run.state == "failed"
    assert states(run) == {"a": "done", "b": "failed"}


@pytest.mark.django_db
def test_a_run_that_was_resumed_has_its_whole_time_again(start, worker, settings):
    settings.LEPTON_RUN_DEADLINE_SECONDS = 3600
    run = start("a b", "a>b")
    worker.take(run)
    overdue(run)
    reconcile()
    services.resume(run=run)
    assert scheduling.claim_next(run.pk, queue="cpu", owner="me") is not None
    reconcile()
    assert states(run)["a"] == "running"


@pytest.mark.django_db
def test_without_a_deadline_a_run_may_take_for_ever(start, worker, settings):
    settings.LEPTON_RUN_DEADLINE_SECONDS = 0
    run = start("a")
    worker.take(run)
    overdue(run, timedelta(days=3650))
    reconcile()
    assert states(run) == {"a": "running"}

"""Space is freed by what nobody used for longest, and never by what somebody artifact_references."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.common.errors import ApplicationError
from apps.runs import planning, scheduling, selectors, services
from apps.runs.claims import Outcome
from apps.runs.models import MaintenanceRun, NodeRun
from tasks.artifacts.store import Store
from tasks.contract.values import Metrics
from tasks.jobs import artifact_references, eviction, storage_maintenance
from tests.apps.runs.conftest import document, states
from tests.apps.runs.stored import LONG, finished, put
from tests.factories import make_dataset
from tests.factories.serving import make_endpoint, make_release

pytestmark = pytest.mark.django_db


def free(store, wanted=1):
    return eviction.free(store.scan(), wanted).bytes


def everything(store):
    return free(store, 10**12)


def evicted(run):
    return {node.node for node in NodeRun.objects.filter(run=run).exclude(evicted_at=None)}


def test_what_was_not_used_for_longest_goes_first_and_no_more_than_needed(start, worker, store):
    made = [finished(start, worker, store, days, days_ago=days) for days in (1, 3, 2)]
    assert free(store, 15_000) > 15_000
    assert [store.exists(address) for _, address in made] == [True, False, False]
    assert [evicted(run) for run, _ in made] == [set(), {"a"}, {"a"}]


def test_a_result_that_was_used_again_counts_as_new(start, worker, store):
    old, kept = finished(start, worker, store, 1, days_ago=9)
    _, gone = finished(start, worker, store, 2, days_ago=5)
    again = start("a", a={"amount": 1.0})
    assert NodeRun.objects.get(run=again).is_cached
    free(store)
    assert (store.exists(kept), store.exists(gone)) == (True, False)
    assert evicted(old) == set()


def test_a_removed_result_says_so_and_is_made_again(start, worker, store):
    run, address = finished(start, worker, store, 1)
    everything(store)
    with pytest.raises(
        ApplicationError, match="was removed on .* Open its graph and choose “Run to this node”"
    ) as refused:
        selectors.output(run, "a", "out")
    assert (refused.value.status, refused.value.code) == (410, "result_removed")
    assert refused.value.details["address"] == f"/graphs/{run.graph_id}"
    again = start("a", a={"amount": 1.0})
    assert states(again) == {"a": "queued"}
    assert not store.exists(address)


def test_what_a_run_under_way_needs_stays(start, worker, store):
    run = start("a b", "a>b")
    address = put(store, 1)
    made = {"out": {"wire": "metrics", "address": address, "bytes": 1, "summary": {}}}
    worker_outcome = Outcome(NodeRun.State.DONE, made)
    scheduling.finish(worker.take(run), worker_outcome, owner=worker.name)
    assert everything(store) == 0
    assert store.exists(address)


def test_what_a_data_set_or_a_release_needs_stays(start, worker, store, workspace):
    _, of_data = finished(start, worker, store, 1)
    _, of_release = finished(start, worker, store, 2)
    make_dataset(workspace, address=of_data)
    make_release(make_endpoint(workspace), address=of_release)
    assert everything(store) == 0


def test_what_a_frozen_node_keeps_stays(start, worker, store, graph):
    _, older = finished(start, worker, store, 1, days_ago=3)
    _, kept = finished(start, worker, store, 2, days_ago=2)
    graph.draft.document = document("a*", a={"amount": 2.0})
    graph.draft.save()
    everything(store)
    assert (store.exists(older), store.exists(kept)) == (False, True)


def test_what_another_result_refers_to_goes_after_it(start, worker, store, monkeypatch):
    _, base = finished(start, worker, store, 1, days_ago=9)
    _, part = finished(start, worker, store, 2, days_ago=1)
    monkeypatch.setattr(
        artifact_references, "references_of", lambda address: frozenset({base} if address == part else ())
    )
    removed = []
    delete = Store.delete_older
    monkeypatch.setattr(Store, "delete_older", lambda own, at, age: removed.append(at) or delete(own, at, age))
    everything(store)
    assert removed == [part, base]


def test_what_was_put_a_moment_ago_stays_and_putting_it_again_makes_it_new(start, worker, store):
    _, address = finished(start, worker, store, 1)
    store.put(Metrics({"x": 1.0}, "x", LONG))  # a node that is not done yet counts on it
    assert everything(store) == 0
    assert store.exists(address)
    assert json.loads(store.read_file(address, "metrics.json"))["values"] == {"x": 1.0}


def test_one_that_is_put_while_it_is_taken_away_is_put_back(store):
    address = put(store, 1, hours_ago=0)
    assert not store.delete_older(address, 3600)
    assert store.exists(address)


def test_a_run_created_after_the_rows_were_looked_at_keeps_what_it_uses(start, worker, store, monkeypatch):
    _, address = finished(start, worker, store, 1)
    give_up = eviction._abandon

    def meanwhile(*given):
        assert NodeRun.objects.get(run=start("a", a={"amount": 1.0})).is_cached
        return give_up(*given)

    monkeypatch.setattr(eviction, "_abandon", meanwhile)
    assert everything(store) == 0
    assert store.exists(address)


def test_a_run_planned_before_a_result_was_removed_makes_it_again(start, worker, store, monkeypatch):
    finished(start, worker, store, 1)
    prepare, plans = planning.prepare, []

    def and_then_removed(*given, **more):
        plans.append(prepare(*given, **more))
        if len(plans) == 1:
            assert everything(store) > 0
        return plans[-1]

    monkeypatch.setattr(planning, "prepare", and_then_removed)
    run = start("a", a={"amount": 1.0})
    assert len(plans) == 2
    assert states(run) == {"a": "queued"}


def test_resuming_makes_again_what_is_needed_and_was_removed(start, worker, store):
    run = start("a b c", "a>b b>c")
    for name in ("a", "b"):
        made = {"out": {"wire": "metrics", "address": put(store, ord(name)), "bytes": 1, "summary": {}}}
        claim = worker.take(run)
        scheduling.finish(claim, Outcome(NodeRun.State.DONE, made), owner=worker.name, goes_on=False)
    services.cancel(run=run)
    everything(store)
    assert evicted(run) == {"a", "b"}
    services.resume(run=run)
    assert states(run) == {"a": "queued", "b": "pending", "c": "pending"}
    assert worker.work(run) == ["a", "b", "c"]
    run.refresh_from_db()
    assert (run.state, run.remaining) == ("done", 0)


def test_it_is_looked_at_by_one_worker_at_a_time_and_only_above_the_limit(start, worker, store, settings, monkeypatch):
    freed = []
    monkeypatch.setattr(
        storage_maintenance, "free", lambda kept, wanted: freed.append(wanted) or eviction.EvictionResult()
    )
    finished(start, worker, store, 1)
    storage_maintenance.maintain_if_due()
    assert freed == []
    assert MaintenanceRun.objects.get(pk="eviction").facts["bytes"] > 10_000
    monkeypatch.setattr(storage_maintenance, "GIGABYTE", 5_000)
    storage_maintenance.maintain_if_due()
    assert freed == []  # another look so soon is not due
    MaintenanceRun.objects.update(due_at=Now() - timedelta(seconds=1))
    storage_maintenance.maintain_if_due()
    assert len(freed) == 1
    MaintenanceRun.objects.update(due_at=Now() - timedelta(seconds=1))
    settings.LEPTON_CACHE_GB = 0
    storage_maintenance.maintain_if_due()
    assert len(freed) == 1

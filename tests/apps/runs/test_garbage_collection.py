"""What nothing names any more goes from the store by itself; what anybody may yet name stays, however old it looks."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import fsspec
import pytest
from django.db.models.functions import Now
from django.utils import timezone

from apps.common.errors import ApplicationError
from apps.datasets import services as datasets
from apps.graphs import services as graphs
from apps.graphs.models import Draft
from apps.registry.models import ModelVersion, RegisteredModel
from apps.runs import scheduling, services, storage_usage
from apps.runs.claims import Outcome
from apps.runs.models import CleanupRequest, MaintenanceRun, NodeRun, Run
from apps.runs.reconciler import reconcile
from tasks.artifacts.errors import StoreUnavailable
from tasks.artifacts.store import Store
from tasks.contract.values import Metrics
from tasks.jobs import artifact_references, eviction, storage_maintenance
from tasks.jobs.garbage_collection import collect_garbage
from tests.apps.runs.stored import finished, made, put
from tests.factories import make_dataset, make_graph
from tests.factories.serving import make_endpoint, make_release

pytestmark = pytest.mark.django_db


def collected(store):
    return collect_garbage(store.scan()).removed


@pytest.fixture
def reading_run(graph, alice, workspace, store, worker):
    """A finished run of a node that gives its data set's table as it is."""

    def run_it(value=1):
        address = put(store, value)
        dataset = make_dataset(workspace, address=address)
        drawn = {"nodes": [{"id": "s", "type": "test.source", "params": {"dataset": str(dataset.pk)}}], "edges": []}
        run = services.start(graph=graph, user=alice, document=drawn)
        scheduling.finish(
            worker.take(run), Outcome(NodeRun.State.DONE, made(address)), owner=worker.name, goes_on=False
        )
        return dataset, run, address

    return run_it


def test_results_of_a_deleted_graph_go_and_those_of_others_stay(start, worker, store, graph, alice, workspace):
    _, gone = finished(start, worker, store, 1)
    other = make_graph(workspace, name="other")
    Run.objects.filter(pk=finished(start, worker, store, 2)[0].pk).update(graph=other)
    assert collected(store) == 0
    graphs.delete(graph=graph, user=alice)
    assert collected(store) == 1
    assert not store.exists(gone)
    assert len(store.scan()) == 1


def test_the_table_of_a_deleted_data_set_goes_though_runs_gave_it_on(reading_run, store, alice):
    dataset, run, address = reading_run()
    assert collected(store) == 0
    datasets.delete(dataset=dataset, user=alice)
    assert collected(store) == 1
    assert not store.exists(address)
    assert NodeRun.objects.get(run=run).evicted_at is not None


def test_the_table_stays_while_another_data_set_or_a_run_under_way_needs_it(reading_run, store, alice, workspace):
    dataset, run, address = reading_run()
    other = make_dataset(workspace, name="same file", address=address)
    datasets.delete(dataset=dataset, user=alice)
    assert collected(store) == 0
    Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING, started_at=timezone.now())
    datasets.delete(dataset=other, user=alice)
    assert collected(store) == 0
    Run.objects.filter(pk=run.pk).update(state=Run.State.DONE)
    assert collected(store) == 1
    assert not store.exists(address)


def test_a_run_whose_data_set_was_deleted_is_not_resumed(reading_run, alice):
    dataset, run, _ = reading_run()
    NodeRun.objects.filter(run=run).update(state=NodeRun.State.FAILED)
    Run.objects.filter(pk=run.pk).update(state=Run.State.FAILED)
    datasets.delete(dataset=dataset, user=alice)
    with pytest.raises(ApplicationError, match="was deleted. Choose another one"):
        services.resume(run=run)


def test_packages_of_deleted_models_and_endpoints_go_when_both_are_gone(workspace, store):
    address = put(store, 1)
    endpoint = make_endpoint(workspace)
    make_release(endpoint, address=address)
    endpoint.delete()
    assert collected(store) == 0
    ModelVersion.objects.all().delete()
    RegisteredModel.objects.all().delete()
    assert collected(store) == 1


def test_what_is_written_and_not_yet_named_stays_though_the_machine_slept_for_hours(start, worker, store):
    run = start("a", a={"amount": 1.0})
    claim = worker.take(run)
    Run.objects.filter(pk=run.pk).update(started_at=Now() - timedelta(hours=9))
    address = put(store, 1, hours_ago=8)
    assert collected(store) == 0
    scheduling.finish(claim, Outcome(NodeRun.State.DONE, made(address)), owner=worker.name)
    assert collected(store) == 0
    assert store.exists(address)


def test_what_an_attempt_left_that_never_named_it_goes_when_its_run_is_over(start, worker, store):
    run = start("a", a={"amount": 1.0})
    claim = worker.take(run)
    address = put(store, 1, hours_ago=2)
    Run.objects.filter(pk=run.pk).update(started_at=Now() - timedelta(hours=3))
    worker.finish(claim, NodeRun.State.FAILED, error={"message": "No."})
    assert collected(store) == 1
    assert not store.exists(address)


def test_what_is_put_again_between_the_look_and_the_removal_stays(store, monkeypatch):
    address = put(store, 1)
    give_up = eviction._abandon

    def meanwhile(batch, seen):
        put(store, 1, hours_ago=0)  # an attempt made the same, and will name it in a moment
        return give_up(batch, seen)

    monkeypatch.setattr(eviction, "_abandon", meanwhile)
    assert collected(store) == 0
    assert store.exists(address)


def test_what_comes_to_be_named_between_the_look_and_the_removal_stays(store, workspace, monkeypatch):
    address = put(store, 1)
    give_up = eviction._abandon

    def meanwhile(batch, seen):
        make_dataset(workspace, address=address)
        return give_up(batch, seen)

    monkeypatch.setattr(eviction, "_abandon", meanwhile)
    assert collected(store) == 0
    assert store.exists(address)


def test_what_something_named_refers_to_stays_and_goes_with_it(start, worker, store, graph, alice, monkeypatch):
    base = put(store, 1)
    _, part = finished(start, worker, store, 2)
    monkeypatch.setattr(
        artifact_references, "references_of", lambda address: frozenset({base} if address == part else ())
    )
    assert collected(store) == 0
    graphs.delete(graph=graph, user=alice)
    assert collected(store) == 2


def test_what_a_removal_that_was_cut_off_left_goes(store):
    address = put(store, 1)
    folder = store.local_path(address, "metrics.json").parent
    (folder / "manifest.json").unlink()
    assert collected(store) == 0  # as young as the folder
    os.utime(folder, (0, 0))
    assert collected(store) == 1
    assert not folder.exists()


@pytest.mark.parametrize("document", [{"nodes": None}, [], "text", {"nodes": [None]}, {"nodes": [{"is_frozen": True}]}])
def test_a_document_that_cannot_be_read_stops_nothing_and_its_graph_keeps_its_results(
    start, worker, store, graph, alice, workspace, document, caplog, monkeypatch
):
    monkeypatch.setattr(artifact_references, "_logged_documents", set())
    _, kept = finished(start, worker, store, 1)
    other = make_graph(workspace, name="other")
    run, gone = finished(start, worker, store, 2)
    Run.objects.filter(pk=run.pk).update(graph=other)
    Draft.objects.filter(graph=graph).update(document=document)
    graphs.delete(graph=other, user=alice)
    assert kept in artifact_references.pinned()
    assert collected(store) == 1
    assert (store.exists(kept), store.exists(gone)) == (True, False)
    [line] = [record.getMessage() for record in caplog.records if str(graph.pk) in record.getMessage()]
    assert "cannot be read" in line


def test_results_in_an_object_store_go_too(start, worker, graph, alice, settings, store):
    settings.LEPTON_ARTIFACTS_URL = "memory://collected"
    files = fsspec.filesystem("memory")
    elsewhere = Store(settings.LEPTON_ARTIFACTS_URL)
    address = elsewhere.put(value_of(1.0)).digest
    kept = elsewhere.put(value_of(2.0)).digest
    for file in files.store.values():
        file.created = timezone.now() - timedelta(hours=2)
    for value, at in ((1, address), (2, kept)):
        run = start("a", a={"amount": float(value)})
        scheduling.finish(worker.take(run), Outcome(NodeRun.State.DONE, made(at)), owner=worker.name)
    Run.objects.filter(pk=run.pk).update(graph=make_graph(graph.workspace, name="other"))
    graphs.delete(graph=graph, user=alice)
    assert collected(elsewhere) == 1
    assert (elsewhere.exists(address), elsewhere.exists(kept)) == (False, True)
    files.store.clear()


def value_of(number):
    return Metrics({"x": number}, "x", {})


def due(*names):
    MaintenanceRun.objects.filter(pk__in=names or ("eviction", "sweep")).update(due_at=Now() - timedelta(seconds=1))


def test_a_deletion_makes_the_next_collection_due_and_what_went_is_written_down(
    start, worker, store, graph, alice, django_capture_on_commit_callbacks
):
    finished(start, worker, store, 1)
    storage_maintenance.maintain_if_due()
    assert CleanupRequest.objects.count() == 0
    with django_capture_on_commit_callbacks(execute=True):
        graphs.delete(graph=graph, user=alice)
    storage_maintenance.maintain_if_due()
    cleared = CleanupRequest.objects.get()
    assert (cleared.reason, cleared.state, cleared.removed) == ("leftovers", "done", 1)
    assert cleared.freed_bytes > 10_000
    assert storage_usage.current_usage()["bytes"] == 0


def test_what_takes_how_much_is_told(start, worker, store, workspace):
    finished(start, worker, store, 1)
    make_dataset(workspace, address=put(store, 2))
    make_release(make_endpoint(workspace), address=put(store, 3))
    storage_maintenance.maintain_if_due()
    found = storage_usage.current_usage()
    sizes = {one.bytes for one in store.scan().values()}
    assert {found["used"][name] for name in ("results", "datasets", "models")} <= sizes
    assert found["bytes"] == sum(one.bytes for one in store.scan().values())
    assert found["disk_free_bytes"] > 0


def test_what_somebody_asks_for_is_done_once_and_says_what_it_gave(start, worker, store, admin):
    _, old = finished(start, worker, store, 1, days_ago=9)
    _, young = finished(start, worker, store, 2, days_ago=1)
    storage_usage.request_cleanup(user=admin, unused_days=7)
    with pytest.raises(ApplicationError, match="being freed just now"):
        storage_usage.request_cleanup(user=admin, unused_days=None)
    storage_maintenance.maintain_if_due()
    asked = CleanupRequest.objects.get(reason="asked")
    assert (asked.state, asked.removed, asked.asked_by) == ("done", 1, admin)
    assert (store.exists(old), store.exists(young)) == (False, True)
    storage_usage.request_cleanup(user=admin, unused_days=0)
    storage_maintenance.maintain_if_due()
    assert not store.exists(young)


def test_a_store_that_does_not_answer_is_said_and_somebody_may_ask_again(store, admin, monkeypatch):
    def unavailable(*_):
        raise StoreUnavailable("The store of results did not answer. Timeout")

    monkeypatch.setattr(Store, "scan", unavailable)
    storage_usage.request_cleanup(user=admin, unused_days=0)
    storage_maintenance.maintain_if_due()
    asked = CleanupRequest.objects.get()
    assert (asked.state, "did not answer" in asked.message) == ("failed", True)
    assert asked.message_parts["id"] == "space.not_all_freed"
    assert storage_usage.request_cleanup(user=admin, unused_days=0).pk != asked.pk


def test_what_a_worker_died_over_is_done_by_another(store, admin):
    storage_usage.request_cleanup(user=admin, unused_days=None)
    lost = storage_usage.claim(owner="worker-1")
    assert storage_usage.claim(owner="worker-2") is None
    CleanupRequest.objects.update(lease_until=Now() - timedelta(seconds=1))
    reconcile()
    storage_maintenance.maintain_if_due()
    done = CleanupRequest.objects.get()
    assert (done.state, done.lost_attempts) == ("done", 1)
    assert not storage_usage.finish(lost, message="Too late."), "the worker that was taken for dead"


def test_a_request_that_loses_three_workers_is_given_up_with_the_reason(store, admin):
    storage_usage.request_cleanup(user=admin, unused_days=None)
    for _ in range(3):
        assert storage_usage.claim(owner="worker-1") is not None
        CleanupRequest.objects.update(lease_until=Now() - timedelta(seconds=1))
        reconcile()
    given_up = CleanupRequest.objects.get()
    assert (given_up.state, "3 times" in given_up.message) == ("failed", True)
    assert given_up.message_parts == {"id": "space.worker_stopped", "params": {"count": 3}}


def test_nothing_is_removed_just_after_the_clock_jumped(start, worker, store, graph, alice, monkeypatch):
    finished(start, worker, store, 1)
    graphs.delete(graph=graph, user=alice)
    monkeypatch.setattr(storage_maintenance._clock, "jumped_recently", lambda: True)
    storage_maintenance.maintain_if_due()
    assert len(store.scan()) == 1


def test_only_the_newest_lines_are_kept(db, monkeypatch):
    monkeypatch.setattr(storage_usage, "MAX_STORED_REQUESTS", 3)
    for number in range(1, 6):
        storage_usage.record_cleanup(reason=CleanupRequest.Reason.LIMIT, removed=number, freed_bytes=1)
    assert [line.removed for line in CleanupRequest.objects.all()] == [5, 4, 3]


def test_facts_are_plain_json(store):
    storage_maintenance.maintain_if_due()
    json.dumps(MaintenanceRun.objects.get(pk="eviction").facts)


@pytest.mark.parametrize("kind", ["graph", "data set"])
def test_who_deletes_has_the_next_collection_due_at_once(kind, reading_run, alice, django_capture_on_commit_callbacks):
    dataset, run, _ = reading_run()
    later = timezone.now() + timedelta(hours=1)
    MaintenanceRun.objects.update_or_create(pk=storage_usage.GARBAGE_COLLECTION, defaults={"due_at": later})
    with django_capture_on_commit_callbacks(execute=True):
        if kind == "graph":
            graphs.delete(graph=run.graph, user=alice)
        else:
            datasets.delete(dataset=dataset, user=alice)
    assert MaintenanceRun.objects.get(pk=storage_usage.GARBAGE_COLLECTION).due_at < later - timedelta(minutes=30)

"""In an object store others remove too: what went there is not shown from a copy, nor counted on by a new run."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import fsspec
import pytest
from django.db.models.functions import Now

from apps.common import artifacts
from apps.runs import scheduling
from apps.runs.claims import Outcome
from apps.runs.models import NodeRun, Run
from tasks.artifacts.store import Store
from tasks.contract.values import Metrics
from tasks.jobs import artifact_references, eviction, garbage_collection
from tests.apps.runs.conftest import states
from tests.apps.runs.stored import LONG, made
from tests.cluster import remote

pytestmark = pytest.mark.django_db


def lent(settings, url):
    """Return the store that the settings name, and a filesystem that knows nothing of what the others remember."""
    settings.LEPTON_ARTIFACTS_URL = url
    settings.LEPTON_CACHE_GB = 1
    for known in (artifacts._folders, artifact_references.store_at):
        known.cache_clear()
    artifact_references._references.clear()
    files, root = fsspec.core.url_to_fs(url, skip_instance_cache=True)
    return SimpleNamespace(store=Store(url), files=files, root=root)


@pytest.fixture
def memory(settings):
    yield lent(settings, "memory://lent")
    fsspec.filesystem("memory").store.clear()
    artifacts._folders.cache_clear()


@pytest.fixture
def s3(settings, tmp_path, monkeypatch):
    with remote.object_store(tmp_path) as names:
        for name, value in names.items():
            monkeypatch.setenv(name, value)
        clear = pytest.importorskip("s3fs").S3FileSystem.clear_instance_cache
        clear()  # it remembers the store of another test
        yield lent(settings, names["LEPTON_ARTIFACTS_URL"])
        clear()
        artifacts._folders.cache_clear()


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.worker)])
def elsewhere(request):
    return request.getfixturevalue(request.param)


def gave(start, worker, elsewhere, value):
    """Return a finished run and the address that its node gave."""
    address = elsewhere.store.put(Metrics({"x": float(value)}, "x", LONG)).digest
    run = start("a", a={"amount": float(value)})
    scheduling.finish(worker.take(run), Outcome(NodeRun.State.DONE, made(address)), owner=worker.name)
    return run, address


def remove(elsewhere, address):
    """Remove a result as a rule of the bucket would, unknown to everybody here."""
    elsewhere.files.rm(f"{elsewhere.root}/{address[:2]}/{address[2:]}", recursive=True)


def shown(person, run):
    answer = person.get(f"/api/v1/runs/{run.pk}/nodes/a/outputs/out/")
    return answer.status_code, answer.json()


def test_what_was_removed_there_is_told_so_although_a_copy_is_here(start, worker, elsewhere, as_bob):
    run, address = gave(start, worker, elsewhere, 1)
    assert shown(as_bob, run)[0] == 200
    assert artifacts.renew(address)  # looks at the folder, which the filesystem then remembers
    again = start("a", a={"amount": 1.0})
    assert NodeRun.objects.get(run=again).is_cached
    remove(elsewhere, address)
    assert not elsewhere.store.exists(address)
    status, body = shown(as_bob, run)
    assert (status, body["code"], body["address"]) == (410, "result_removed", f"/graphs/{run.graph_id}")
    assert "is not in the store any more" in body["message"]
    assert states(start("a", a={"amount": 1.0})) == {"a": "queued"}


def test_a_new_run_counts_on_what_is_there_and_on_nothing_else(start, worker, elsewhere):
    for value in (1, 2):
        _, address = gave(start, worker, elsewhere, value)
    remove(elsewhere, address)
    again = start("a b", a={"amount": 1.0}, b={"amount": 2.0})
    assert states(again) == {"a": "done", "b": "queued"}


def test_a_store_that_does_not_answer_has_lost_nothing(start, worker, memory, as_bob, monkeypatch):
    run, _ = gave(start, worker, memory, 1)
    assert shown(as_bob, run)[0] == 200

    def silent(*_, **__):
        raise TimeoutError("no answer")

    monkeypatch.setattr(type(memory.files), "info", silent)
    monkeypatch.setattr(type(memory.files), "cat_file", silent)
    assert shown(as_bob, run)[0] == 200, "from the copy"


@pytest.mark.worker
def test_results_are_removed_from_s3_by_age_and_when_nothing_names_them(start, worker, s3, as_bob, monkeypatch):
    for module in (eviction, garbage_collection):
        monkeypatch.setattr(module, "GRACE_SECONDS", -2.0)  # the store counts in seconds
    made_by_runs = [gave(start, worker, s3, value) for value in (1, 2)]
    (old, gone), (_, kept) = made_by_runs
    left = s3.store.put(Metrics({"x": 3.0}, "x", LONG)).digest
    Run.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(days=3))
    assert set(s3.store.scan()) == {gone, kept, left}
    freed = eviction.free(s3.store.scan(), 1)
    assert (freed.removed, freed.bytes > 10_000) == (1, True)
    assert garbage_collection.collect_garbage(s3.store.scan()).removed == 1
    assert set(s3.store.scan()) == {kept}
    assert {place.split("/")[-2] for place in s3.files.find(s3.root)} == {kept[2:]}, "nothing is left of the others"
    assert (shown(as_bob, old)[0], s3.store.exists(kept)) == (410, True)

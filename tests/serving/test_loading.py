"""The order in which packages are loaded, and when one that cannot be loaded is tried again."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import threading

import pytest

from tasks.artifacts.errors import ArtifactDamaged, ArtifactMissing, StoreUnavailable
from tasks.inference.server.deployments import model_repository
from tasks.inference.server.deployments.model_repository import ModelRepository
from tasks.inference.server.deployments.snapshot import Snapshot
from tasks.inference.server.http.fast_path import not_ready
from tests.serving.test_side_by_side import entry, package_of


class Clock:
    """The monotonic clock of the repository, moved by the test."""

    seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(model_repository, "monotonic", made)
    return made


class Store:
    """Loads any package but those that are gone."""

    def __init__(self, *gone):
        self.gone = set(gone)
        self.tried = []
        self.reason = "gone"

    def __call__(self, address):
        self.tried.append(address)
        if address in self.gone:
            raise OSError(self.reason)
        return package_of(2, address)


def snapshot_of(revision, *addresses):
    return Snapshot(revision, {address: entry(address, address=address) for address in addresses})


async def test_a_new_package_is_not_kept_waiting_by_those_that_fail(clock):
    store = Store("bad1", "bad2")
    repository = ModelRepository(store)
    repository.adopt(snapshot_of(1, "bad1", "bad2"))
    await repository.load_missing()
    store.tried.clear()
    repository.adopt(snapshot_of(2, "bad1", "bad2", "good"))
    await repository.load_missing()
    assert store.tried == ["good"]
    assert repository.endpoints["good"].release is not None
    assert repository.endpoints["bad1"].failure == "Its package cannot be read (gone)."
    assert repository.is_settled


async def test_a_new_package_is_loaded_while_one_that_failed_is_tried_again(clock):
    begun, may_end = threading.Event(), threading.Event()

    def load(address):
        if address == "good":
            return package_of(2, address)
        if clock.seconds > 1000:
            begun.set()
            may_end.wait(10)
        raise OSError("gone")

    repository = ModelRepository(load)
    repository.adopt(snapshot_of(1, "bad"))
    await repository.load_missing()
    clock.seconds += 6
    retrying = asyncio.ensure_future(repository.retry_failures())
    await asyncio.to_thread(begun.wait, 10)
    repository.adopt(snapshot_of(2, "bad", "good"))
    await repository.load_missing()
    assert repository.endpoints["good"].release is not None
    assert not retrying.done()
    may_end.set()
    assert await retrying == 1


class HangingStore(Store):
    """Loads any package, but those that hang not before `release` is set."""

    def __init__(self, *hanging):
        super().__init__()
        self.hanging = set(hanging)
        self.release = threading.Event()

    def __call__(self, address):
        self.tried.append(address)
        if address in self.hanging:
            self.release.wait(30)
        return package_of(2, address)


@pytest.fixture
def hanging():
    store = HangingStore("slow1", "slow2")
    yield store
    store.release.set()


async def answers(repository, slug):
    while repository.endpoints[slug].release is None:
        await asyncio.sleep(0)


async def test_a_package_that_is_wanted_while_another_one_hangs_is_loaded(hanging):
    repository = ModelRepository(hanging)
    repository.adopt(snapshot_of(1, "slow1"))
    loading = asyncio.ensure_future(repository.load_missing())
    await asyncio.sleep(0)
    repository.adopt(snapshot_of(2, "slow1", "quick"))
    async with asyncio.timeout(10):
        await answers(repository, "quick")
    assert not repository.is_settled
    assert repository.endpoints["slow1"].failure == ""
    hanging.release.set()
    await loading
    assert repository.is_settled
    assert hanging.tried == ["slow1", "quick"]


async def test_packages_that_hang_fail_after_a_time_and_others_go_on(hanging):
    repository = ModelRepository(hanging, load_timeout_seconds=0.05)
    repository.adopt(snapshot_of(1, "slow1", "slow2", "quick"))
    async with asyncio.timeout(10):
        await repository.load_missing()
    assert repository.is_settled
    assert repository.endpoints["quick"].release is not None
    assert repository.endpoints["slow1"].failure == "It is not loaded after 0.05 seconds."
    assert repository.endpoints["slow2"].failure.id == "load.timeout"
    assert repository.report()["slow1"]["failure_parts"]["release"]["id"] == "load.timeout"


async def test_a_package_that_hangs_is_not_begun_again_and_answers_once_it_is_loaded(hanging, clock):
    repository = ModelRepository(hanging, load_timeout_seconds=0.05)
    repository.adopt(snapshot_of(1, "slow1"))
    await repository.load_missing()
    clock.seconds += 60
    assert await repository.retry_failures() == 1
    assert hanging.tried == ["slow1"]
    hanging.release.set()
    async with asyncio.timeout(10):
        await answers(repository, "slow1")
    assert repository.endpoints["slow1"].failure == ""
    clock.seconds += 60
    assert await repository.retry_failures() == 0


async def test_what_fails_is_tried_again_after_pauses_that_grow(clock):
    store = Store("bad")
    repository = ModelRepository(store)
    repository.adopt(snapshot_of(1, "bad"))
    await repository.load_missing()
    begun, moments = clock.seconds, []
    while clock.seconds < begun + 300:
        clock.seconds += 1
        if await repository.retry_failures():
            moments.append(clock.seconds - begun)
    assert moments == [5, 15, 35, 75, 135, 195, 255]
    store.gone.clear()
    clock.seconds += 60
    assert await repository.retry_failures() == 1
    assert repository.endpoints["bad"].release is not None
    assert repository.endpoints["bad"].failure == ""
    assert await repository.retry_failures() == 0


async def test_another_release_of_an_endpoint_that_failed_is_tried_at_once(clock):
    store = Store("bad")
    repository = ModelRepository(store)
    repository.adopt(Snapshot(1, {"house": entry("house", 1, "bad")}))
    await repository.load_missing()
    repository.adopt(Snapshot(2, {"house": entry("house", 2, "good")}))
    await repository.load_missing()
    assert repository.endpoints["house"].release.entry.release == 2
    clock.seconds += 60
    assert await repository.retry_failures() == 0


async def test_a_package_that_fails_again_for_the_same_reason_is_not_logged_again(clock, caplog):
    caplog.set_level(logging.WARNING, model_repository.__name__)
    store = Store("bad")
    repository = ModelRepository(store)
    repository.adopt(snapshot_of(1, "bad"))
    await repository.load_missing()
    for reason in ("gone", "gone", "denied", "denied"):
        store.reason = reason
        clock.seconds += 60
        repository.adopt(snapshot_of(repository.revision + 1, "bad"))
        assert await repository.retry_failures() == 1
    gone, denied = "Its package cannot be read (gone).", "Its package cannot be read (denied)."
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [gone, denied]
    assert repository.endpoints["bad"].failure == denied


@pytest.mark.parametrize(
    ("error", "message_id"),
    [
        (StoreUnavailable("no answer"), "load.store_away"),
        (OSError(errno.EMFILE, "Too many open files"), "load.too_many_files"),
        (ArtifactMissing("no file"), "load.missing"),
        (ArtifactDamaged("not signed"), "load.damaged"),
        (ValueError("form 9"), "load.failed"),
        (OSError(), "load.failed"),
    ],
)
async def test_the_report_says_why_in_a_form_that_the_page_can_translate(error, message_id):
    def load(address):
        raise error

    repository = ModelRepository(load)
    repository.adopt(snapshot_of(1, "bad"))
    await repository.load_missing()
    report = repository.report()["bad"]
    parts = {"id": message_id, "params": {"error": str(error) or "OSError"}}
    assert report["failure_parts"] == {"release": parts}
    assert parts["params"]["error"] in report["failures"]["release"]


async def test_a_caller_is_told_that_a_release_cannot_be_loaded_and_why():
    repository = ModelRepository(Store("bad"))
    repository.adopt(snapshot_of(1, "bad"))
    waiting = json.loads(not_ready(repository.endpoints["bad"]).body)
    assert (waiting["code"], waiting["message"]) == ("not_ready", "This endpoint is not ready yet.")
    await repository.load_missing()
    error = not_ready(repository.endpoints["bad"])
    body = json.loads(error.body)
    assert (error.status, body["code"]) == (503, "release_not_loadable")
    assert body["message"] == "Release 1 of “bad” cannot be loaded: Its package cannot be read (gone)."
    assert body["message_params"]["reason"]["message_id"] == "load.failed"

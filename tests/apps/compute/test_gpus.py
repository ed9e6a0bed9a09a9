"""Machines and their GPUs: reported, held by attempts, free again."""

from __future__ import annotations

import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db.models.functions import Now

from apps.common.leases import holder_name
from apps.compute import selectors, services
from apps.compute.models import Gpu, Host
from apps.datasets.ingestion import begin_ingest
from apps.datasets.models import DatasetVersion
from apps.runs.reconciler import reconcile
from tasks.jobs.gpus import gpus_here, local_gpus
from tests.factories import make_dataset

pytestmark = pytest.mark.django_db
GIB = 1024**3


def report(*free_gib, host="one"):
    gpus = [
        services.GpuReport(
            uuid=f"{host}-{at}", index=at, name="H100", memory_bytes=80 * GIB, free_bytes=int(free * GIB)
        )
        for at, free in enumerate(free_gib)
    ]
    report_as_seen(gpus, host)


def report_as_seen(gpus, host="one"):
    services.report_host(name=host, slots=2, cores=8, memory_bytes=64 * GIB, gpus=gpus)


def let_age(age):
    Gpu.objects.update(seen_at=Now() - age)


@pytest.fixture
def attempt(workspace):
    """Makes an attempt that holds a row, and gives the name under which it holds GPUs."""

    def begin():
        version = begin_ingest(make_dataset(workspace, status="pending").current.pk)
        return holder_name(version, version.attempt)

    return begin


def end(holder):
    DatasetVersion.objects.filter(pk=holder.split(":")[1]).update(status="ready")


def acquire(holder, host="one", **more):
    return [gpu.index for gpu in services.acquire_gpus(host_name=host, holder=holder, **more)]


def test_the_gpu_with_most_free_memory_is_given_first_and_only_once(attempt):
    report(10, 70)
    first = attempt()
    assert (acquire(first), acquire(attempt())) == ([1], [0])
    assert acquire(attempt()) == []
    end(first)
    assert acquire(attempt()) == [1]


def test_a_full_gpu_a_disabled_one_and_one_elsewhere_are_not_given(attempt):
    report(0.5, 70)
    report(70, host="two")
    Gpu.objects.filter(uuid="one-1").update(is_enabled=False)
    assert acquire(attempt()) == []


def test_a_gpu_is_free_as_soon_as_the_attempt_that_holds_it_is_lost(attempt):
    report(70)
    lost = attempt()
    assert acquire(lost) == [0]
    DatasetVersion.objects.update(lease_until=Now() - timedelta(seconds=1))
    other = attempt()
    assert acquire(other) == [], "until the reconciler has taken the row back the process may still run"
    reconcile()
    assert acquire(attempt()) == [0]


def test_several_gpus_are_acquired_all_or_none(attempt):
    report(70, 60, 50)
    assert acquire(attempt(), count=2) == [0, 1]
    alone = attempt()
    assert acquire(alone, count=2) == []
    assert not Gpu.objects.filter(holder=alone).exists()
    assert acquire(alone) == [2]


def test_what_another_worker_acquires_meanwhile_is_not_given_twice(attempt, monkeypatch):
    report(70, 60)
    mine, others = attempt(), attempt()
    honest = services.is_held
    seen = []

    def taken_meanwhile(holder):
        if not seen:
            seen.append(holder)
            Gpu.objects.filter(uuid="one-0").update(holder=others)
            return False
        return honest(holder)

    monkeypatch.setattr(services, "is_held", taken_meanwhile)
    assert acquire(mine) == [1]


@pytest.mark.parametrize("holder", ["", "17:3", "runs.nothing:1:1", "compute.gpu:1:1"])
def test_a_name_that_no_attempt_has_holds_nothing(holder, attempt):
    report(70)
    Gpu.objects.update(holder=holder)
    assert acquire(attempt()) == [0]


def test_a_gpu_that_is_gone_is_known_by_its_age_and_deleted_at_last(attempt):
    report(60, 70)
    holder = attempt()
    acquire(holder, free={"one-0": 80 * GIB})
    let_age(timedelta(minutes=1))
    report(60)
    assert [gpu.uuid for gpu in Gpu.objects.usable()] == ["one-0"]
    let_age(timedelta(days=2))
    report(60)
    assert [(gpu.uuid, gpu.holder) for gpu in Gpu.objects.all()] == [("one-0", holder)]


@pytest.mark.parametrize("seen", [None, []], ids=["the driver did not answer", "the driver named none"])
def test_a_failed_look_at_the_driver_changes_nothing(attempt, seen):
    report(60, 70)
    holder = attempt()
    assert acquire(holder) == [1]
    Gpu.objects.filter(index=0).update(is_enabled=False)
    report_as_seen(seen)
    assert selectors.has_gpu()
    assert selectors.is_gpu_expected()
    report(60, 70)
    assert list(Gpu.objects.values_list("index", "is_enabled", "holder")) == [(0, False, ""), (1, True, holder)]


def test_a_gpu_that_is_held_or_switched_off_is_never_deleted(attempt):
    report(60, 70)
    acquire(attempt())
    Gpu.objects.filter(index=0).update(is_enabled=False)
    let_age(timedelta(days=2))
    report_as_seen([])
    assert Gpu.objects.count() == 2
    assert not selectors.is_gpu_expected()


def test_a_gpu_that_a_former_version_reported_ages_from_the_first_report_of_this_one():
    report(60)
    Gpu.objects.update(seen_at=None)
    assert selectors.has_gpu()
    report_as_seen(None)
    assert Gpu.objects.get().seen_at is not None


class Driver:
    """Stands in for NVIDIA's library: two GPUs, and an error for what is named in ``fails``."""

    class NVMLError(Exception):
        pass

    class NVMLError_LibraryNotFound(NVMLError):  # noqa: N801 - the library's names
        pass

    class NVMLError_DriverNotLoaded(NVMLError):  # noqa: N801
        pass

    def __init__(self, **fails):
        self._fails = fails

    def __getattr__(self, name):
        def call(*_):
            if name in self._fails:
                raise self._fails[name]
            return 2 if name == "nvmlDeviceGetCount" else None

        return call

    def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        if index in self._fails.get("lost", ()):
            raise self.NVMLError("GPU is lost")
        return index

    def nvmlDeviceGetMemoryInfo(self, handle):  # noqa: N802
        return SimpleNamespace(total=80 * GIB, free=70 * GIB)

    def nvmlDeviceGetUUID(self, handle):  # noqa: N802
        return f"GPU-{handle}"


@pytest.mark.parametrize(
    ("driver", "seen"),
    [
        (Driver(), ["GPU-0", "GPU-1"]),
        (Driver(lost=[0]), ["GPU-1"]),
        (Driver(nvmlInit=Driver.NVMLError_LibraryNotFound()), []),
        (Driver(nvmlInit=Driver.NVMLError_DriverNotLoaded()), None),
        (Driver(nvmlInit=Driver.NVMLError()), None),
        (Driver(nvmlDeviceGetCount=Driver.NVMLError(), nvmlShutdown=Driver.NVMLError()), None),
    ],
    ids=["all well", "one is lost", "no driver", "not loaded", "no answer", "no answer later"],
)
def test_gpus_that_could_not_be_read_are_told_from_none(monkeypatch, driver, seen):
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    found = gpus_here()
    assert (None if found is None else [gpu.uuid for gpu in found]) == seen
    assert [*local_gpus("gpu").free] == (seen or [])


def test_a_machine_that_is_silent_does_not_count():
    report(70)
    report(70, host="two")
    assert selectors.total_slots() == 4
    assert selectors.has_gpu()
    Host.objects.update(reported_at=Now() - timedelta(minutes=5))
    assert selectors.total_slots() == 1
    assert not selectors.has_gpu()


def test_the_page_is_told_about_a_gpu(as_alice):
    assert as_alice.get("/api/v1/session/").json()["has_gpu"] is False
    report(70)
    assert as_alice.get("/api/v1/session/").json()["has_gpu"] is True


def test_memory_that_was_taken_since_the_last_report_counts(attempt):
    report(70, 40)
    assert acquire(attempt(), free={"one-0": GIB // 2, "one-1": 30 * GIB}) == [1]
    assert acquire(attempt(), free={"one-0": GIB // 2}) == []


def test_work_waits_for_a_gpu_that_is_held_or_elsewhere_but_not_for_one_that_is_full(attempt):
    report(0.5)
    assert not services.is_worth_waiting(host_name="one")
    report(70, host="two")
    assert services.is_worth_waiting(host_name="one")
    assert not services.is_worth_waiting(host_name="two")
    acquire(attempt(), host="two")
    assert services.is_worth_waiting(host_name="two")

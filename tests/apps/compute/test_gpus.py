"""Machines and their GPUs: reported, lent, given back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.compute import selectors, services
from apps.compute.models import Gpu, Host

pytestmark = pytest.mark.django_db
GIB = 1024**3


def report(*free_gib, host="one"):
    gpus = [
        services.GpuReport(
            uuid=f"{host}-{at}", index=at, name="H100", memory_bytes=80 * GIB, free_bytes=int(free * GIB)
        )
        for at, free in enumerate(free_gib)
    ]
    services.report_host(name=host, slots=2, cores=8, memory_bytes=64 * GIB, gpus=gpus)


def test_the_gpu_with_most_free_memory_is_lent_first_and_only_once():
    report(10, 70)
    first = services.lease_gpu(host_name="one", holder="a:1")
    second = services.lease_gpu(host_name="one", holder="b:1")
    assert [first.index, second.index] == [1, 0]
    assert services.lease_gpu(host_name="one", holder="c:1") is None
    services.release_gpu(holder="a:1")
    assert services.lease_gpu(host_name="one", holder="c:1").index == 1


def test_a_full_gpu_a_disabled_one_and_one_elsewhere_are_not_lent():
    report(0.5, 70)
    report(70, host="two")
    Gpu.objects.filter(uuid="one-1").update(is_enabled=False)
    assert services.lease_gpu(host_name="one", holder="a:1") is None


def test_a_lease_that_is_not_renewed_lapses():
    report(70)
    services.lease_gpu(host_name="one", holder="a:1")
    Gpu.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert services.lease_gpu(host_name="one", holder="b:1") is not None
    assert not services.renew_gpu(holder="a:1")
    assert services.renew_gpu(holder="b:1")


def test_a_gpu_that_is_gone_is_forgotten_and_one_that_stays_keeps_its_holder():
    report(70, 70)
    services.lease_gpu(host_name="one", holder="a:1")
    report(60)
    assert [(gpu.uuid, gpu.holder) for gpu in Gpu.objects.all()] == [("one-0", "a:1")]


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


def test_memory_that_somebody_took_since_the_last_report_counts():
    report(70, 40)
    leased = services.lease_gpu(host_name="one", holder="a:1", free={"one-0": GIB // 2, "one-1": 30 * GIB})
    assert leased.uuid == "one-1"
    assert services.lease_gpu(host_name="one", holder="b:1", free={"one-0": GIB // 2}) is None


def test_work_waits_for_a_gpu_that_is_lent_or_elsewhere_but_not_for_one_that_is_full():
    report(0.5)
    assert not services.is_worth_waiting(host_name="one")
    report(70, host="two")
    assert services.is_worth_waiting(host_name="one")
    assert not services.is_worth_waiting(host_name="two")
    services.lease_gpu(host_name="two", holder="a:1")
    assert services.is_worth_waiting(host_name="two")

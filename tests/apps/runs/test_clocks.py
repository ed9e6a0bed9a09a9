"""Clocks that are set, or wrong: what is worked on goes on, and nothing waits for an hour that was taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now

from apps.common import clock
from apps.common.clock import ClockJumpDetector, DatabaseClock
from apps.runs import reconciler, scheduling
from apps.runs.models import NodeRun, Run
from apps.runs.reconciler import reconcile
from tests.apps.runs.conftest import states

HOUR = timedelta(hours=1)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def watch(monkeypatch):
    """The monotonic clock, moved by the test."""

    class Watch:
        seconds = 100.0

    monkeypatch.setattr(clock.time, "monotonic", lambda: Watch.seconds)
    return Watch


@pytest.fixture
def jumped(monkeypatch):
    """Say whether the reconciler notices that the clock was set lately."""

    def say(is_so: bool) -> None:
        monkeypatch.setattr(reconciler._clock, "jumped_recently", lambda: is_so)

    say(False)
    return say


@pytest.mark.django_db
@pytest.mark.parametrize("by", [-HOUR, HOUR])
def test_a_lease_is_not_judged_just_after_the_clock_was_set(start, worker, jumped, by):
    run = start("a")
    worker.take(run)
    NodeRun.objects.update(lease_until=Now() + by)
    jumped(True)
    reconcile()
    assert states(run) == {"a": "running"}
    jumped(False)
    reconcile()
    assert states(run) == {"a": "queued"}  # nobody renewed it


@pytest.mark.django_db
def test_nothing_waits_for_an_hour_because_the_clock_was_set_back(start, worker, jumped):
    run = start("a")
    NodeRun.objects.update(not_before=Now() + HOUR)
    Run.objects.update(next_notification_at=Now() + HOUR)
    reconcile()
    assert Run.objects.filter(next_notification_at__lte=Now() + scheduling.LONGEST_RENOTIFY).exists()
    assert worker.work(run) == ["a"]


@pytest.mark.django_db
def test_workers_are_notified_again_after_the_clock_was_set_back(start, jumped, sent_jobs):
    start("a")
    Run.objects.update(next_notification_at=Now() + HOUR)
    with sent_jobs():
        reconcile()
    assert len(sent_jobs) == 1


@pytest.mark.django_db
def test_a_cancel_from_before_the_clock_was_set_back_is_from_now_on(start, worker, jumped):
    run = start("a")
    worker.take(run)
    Run.objects.update(cancel_requested_at=Now() + HOUR)
    reconcile()
    assert Run.objects.filter(cancel_requested_at__lte=Now()).exists()


@pytest.mark.parametrize(("by", "is_jump"), [(2.0, False), (-3600.0, True), (3600.0, True), (3.0, False)])
def test_a_clock_that_was_set_is_told_from_one_that_goes_on(watch, by, is_jump):
    said = [NOON]
    noticed = ClockJumpDetector(lambda: said[0], settle_seconds=15)
    assert not noticed.jumped_recently()
    watch.seconds += 2
    said[0] += timedelta(seconds=by)
    assert noticed.jumped_recently() is is_jump
    watch.seconds += 14
    said[0] += timedelta(seconds=14)
    assert noticed.jumped_recently() is is_jump
    watch.seconds += 2
    said[0] += timedelta(seconds=2)
    assert not noticed.jumped_recently()


def test_a_slow_answer_is_no_jump(watch):
    said = [NOON]

    def ask():
        watch.seconds += 40
        return said[0]

    noticed = ClockJumpDetector(ask, settle_seconds=15)
    noticed.jumped_recently()
    said[0] += timedelta(seconds=70)
    assert not noticed.jumped_recently()


def test_the_shared_clock_goes_on_by_the_monotonic_one_and_asks_again(watch):
    asked = []

    def ask():
        asked.append(watch.seconds)
        return NOON + timedelta(seconds=watch.seconds)

    shared = DatabaseClock(ask)
    assert shared.now() == NOON + timedelta(seconds=100)
    watch.seconds += 29
    assert shared.now() == NOON + timedelta(seconds=129)
    assert asked == [100.0]
    watch.seconds += 2
    shared.now()
    assert asked == [100.0, 131.0]


@pytest.mark.django_db
def test_the_database_says_the_time():
    assert abs(clock.now() - clock.database_now()) < HOUR

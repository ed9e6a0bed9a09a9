"""A row whose repair raises is logged, counted and put off; every other row and every periodic task goes on."""

from __future__ import annotations

import logging
import signal
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import InterfaceError, OperationalError
from django.db.models.functions import Now
from prometheus_client.parser import text_string_to_metric_families

from apps.common import hooks, repair_guard
from apps.common.leases import LEASE
from apps.common.metrics import text_format
from apps.common.repair_guard import RepairGuard
from apps.runs import reconciler
from apps.runs.management.commands import reconcile
from apps.runs.models import NodeRun
from tests.apps.runs.conftest import states

pytestmark = pytest.mark.django_db


@pytest.fixture
def monotonic(monkeypatch):
    """The monotonic clock of the guards, moved by the test; no guard remembers an earlier test."""

    class Clock:
        seconds = 1000.0

    monkeypatch.setattr(repair_guard, "time", SimpleNamespace(monotonic=lambda: Clock.seconds))
    monkeypatch.setattr(repair_guard, "rows", RepairGuard())
    monkeypatch.setattr(repair_guard, "tasks", RepairGuard(first_pause_seconds=4, longest_pause_seconds=60))
    return Clock


@pytest.fixture
def poisoned_and_sound(start, worker):
    """Two runs whose workers are lost; what the first one's node stored cannot be shown, so taking it back raises."""
    runs = [start("a"), start("a")]
    for run in runs:
        worker.take(run)
    NodeRun.objects.update(lease_until=Now() - LEASE)
    NodeRun.objects.filter(run=runs[0]).update(outputs={"out": {}})
    return runs


def test_a_run_whose_repair_raises_stops_neither_other_runs_nor_periodic_tasks(
    poisoned_and_sound, monotonic, monkeypatch, caplog
):
    poisoned, sound = poisoned_and_sound
    done = []

    def broken():
        raise ZeroDivisionError

    def behind_it():
        done.append("the task behind it")

    monkeypatch.setattr(hooks.periodic, "_receivers", [broken, behind_it])
    with caplog.at_level(logging.ERROR):
        call_command("reconcile", "--once")
    assert states(poisoned) == {"a": "running"}
    assert states(sound) == {"a": "queued"}
    assert done == ["the task behind it"]
    assert any(str(poisoned.pk) in record.getMessage() for record in caplog.records)
    assert not any(str(sound.pk) in record.getMessage() for record in caplog.records)
    read = {family.name: family for family in text_string_to_metric_families(text_format().decode())}
    assert read["leptonweb_repair_failures"].samples[0].value == 2


def test_a_repair_that_raises_is_tried_again_after_1_2_and_4_minutes(monotonic):
    tried = []

    def fail():
        tried.append(monotonic.seconds)
        raise KeyError("address")

    guard = RepairGuard()
    for _ in range(10 * 60):
        guard.attempt("run 1", fail)
        monotonic.seconds += 1
    assert [later - earlier for earlier, later in zip(tried, tried[1:], strict=False)] == [60, 120, 240]


def test_a_failure_is_forgotten_when_its_row_is_not_repaired_for_long(monotonic):
    tried = []

    def fail():
        tried.append(monotonic.seconds)
        raise KeyError("address")

    guard = RepairGuard()
    guard.attempt("run 1", fail)
    monotonic.seconds += 60
    guard.attempt("run 1", fail)
    monotonic.seconds += 2 * repair_guard.LONGEST_PAUSE_SECONDS
    guard.attempt("run 2", fail)
    assert list(guard._failures) == ["run 2"]


def test_a_repair_that_succeeds_is_not_put_off_any_more(poisoned_and_sound, monotonic):
    poisoned, _ = poisoned_and_sound
    reconciler.reconcile()
    NodeRun.objects.filter(run=poisoned).update(outputs={})
    reconciler.reconcile()
    assert states(poisoned) == {"a": "running"}  # still put off
    monotonic.seconds += 61
    reconciler.reconcile()
    assert states(poisoned) == {"a": "queued"}


def test_a_database_that_answers_late_puts_no_row_off(monotonic):
    tried = []

    def fail():
        tried.append(1)
        raise OperationalError("database is locked")

    guard = RepairGuard()
    guard.attempt("run 1", fail)
    guard.attempt("run 1", fail)
    assert len(tried) == 2


def test_a_database_that_is_away_ends_the_pass(monotonic, monkeypatch):
    monkeypatch.setattr(type(repair_guard.connection._connections["default"]), "is_usable", lambda self: False)

    def fail():
        raise OperationalError("server closed the connection unexpectedly")

    with pytest.raises(OperationalError):
        RepairGuard().attempt("run 1", fail)


def test_a_database_that_is_away_does_not_end_the_reconciler(monkeypatch):
    passes = []

    def run_pass():
        passes.append(1)
        if len(passes) == 1:
            raise InterfaceError("connection already closed")
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(reconcile, "_run_pass", run_pass)
    monkeypatch.setattr(reconcile, "SECONDS_BETWEEN_PASSES", 0)
    former = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        call_command("reconcile")
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), former, strict=True):
            signal.signal(number, handler)
    assert len(passes) == 2

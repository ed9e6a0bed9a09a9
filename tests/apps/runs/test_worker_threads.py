"""The threads beside the jobs of a worker go on, whatever one of their passes raises."""

from __future__ import annotations

import threading

import pytest
from django.db import InterfaceError

from tasks.jobs import ingest, poller, worker
from tests.factories import make_dataset


class Passes(threading.Event):
    """Ends a loop after two passes; a loop whose pass raises is not to end before."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def wait(self, timeout=None):  # noqa: ARG002
        self.count += 1
        return self.count > 2


@pytest.fixture
def passes(monkeypatch):
    found = Passes()
    monkeypatch.setattr(worker, "stopping", found)
    return found


def fail(*_):
    raise OSError("no space left on device")


def test_a_machine_goes_on_reporting_itself_when_leftovers_cannot_be_removed(passes, monkeypatch):
    reports = []
    monkeypatch.setattr(worker, "_report", lambda: reports.append(1))
    monkeypatch.setattr(worker.attempt_workspaces, "remove_stale", fail)
    worker._report_forever()
    assert len(reports) == passes.count == 3


def test_the_store_is_maintained_again_after_a_pass_that_failed(passes, monkeypatch):
    monkeypatch.setattr(worker.storage_maintenance, "maintain_if_due", fail)
    worker._maintain_forever()
    assert passes.count == 3


@pytest.fixture
def poll(monkeypatch):
    """Poll three times; return the keys of the files that were begun, and the free slots afterwards."""
    begun = []

    def poll_three_times(queues=("cpu",)):
        slots, stopping = poller.Slots(2), Passes()
        monkeypatch.setattr(poller, "_work", lambda slots, work: begun.append(work.args))
        monkeypatch.setattr(poller.threading, "Thread", ThreadAtOnce)
        poller.poll_waiting(queues, slots, lambda *_: None, lambda key: None, stopping)
        return begun, stopping.count

    return poll_three_times


class ThreadAtOnce:
    """Runs its target when it is started."""

    def __init__(self, target, args, **_):
        self.start = lambda: target(*args)


@pytest.mark.django_db
def test_a_file_whose_message_was_lost_is_found_by_the_second_poll(workspace, poll):
    version = make_dataset(workspace, status="pending").current
    assert poll(["gpu"])[0] == []
    assert poll(["cpu"])[0] == [(version.pk,)]


@pytest.mark.django_db
def test_waiting_work_is_polled_for_again_after_the_connection_was_closed(monkeypatch, poll):
    def fail_to_ask(*_):
        raise InterfaceError("connection already closed")

    monkeypatch.setattr(poller, "_nodes", fail_to_ask)
    assert poll() == ([], 3)


def test_a_reading_takes_a_slot_and_gives_it_back(monkeypatch):
    free = []
    monkeypatch.setattr(ingest, "read", lambda version_id: free.append(ingest.slots.acquire_if_free()))
    monkeypatch.setattr(ingest, "slots", poller.Slots(1))
    ingest.ingest("7")
    assert (free, ingest.slots.acquire_if_free()) == ([False], True)

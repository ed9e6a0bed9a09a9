"""The threads beside the jobs of a worker go on, whatever one of their passes raises."""

from __future__ import annotations

import threading

import pytest
from django.db import InterfaceError

from tasks.jobs import poller, worker


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
    monkeypatch.setattr(worker.attempt_workspaces, "sweep", fail)
    worker._report_again_and_again()
    assert len(reports) == passes.count == 3


def test_the_store_is_maintained_again_after_a_pass_that_failed(passes, monkeypatch):
    monkeypatch.setattr(worker.storage_maintenance, "maintain_if_due", fail)
    worker._look_after_space()
    assert passes.count == 3


@pytest.mark.django_db
def test_nodes_are_polled_for_again_after_the_connection_was_closed(monkeypatch):
    def fail_to_ask(queues):  # noqa: ARG001
        raise InterfaceError("connection already closed")

    monkeypatch.setattr(poller, "_ready", fail_to_ask)
    stopping = Passes()
    poller.poll_ready_nodes(["cpu"], poller.Slots(1), lambda *_: None, stopping)
    assert stopping.count == 3

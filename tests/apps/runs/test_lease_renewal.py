"""A worker stops its own work before others get it, whatever the database does."""

from __future__ import annotations

import threading
import time

import pytest

from apps.runs.models import NodeRun
from tasks.jobs import lease_renewal
from tests.worker.stack import wait_until


class Child:
    """Remembers why it was killed."""

    is_ready = True
    started_at = 0.0

    def __init__(self):
        self.killed_because = ""

    def kill(self, reason=""):
        self.killed_because = self.killed_because or reason

    def memory_used(self):
        return 0


@pytest.fixture
def silent_database(monkeypatch):
    """A database that takes questions and never answers."""
    over = threading.Event()
    monkeypatch.setattr(lease_renewal.Watch, "_look", lambda self, attempts: over.wait())
    yield
    over.set()


def test_an_attempt_ends_in_time_though_the_database_lets_its_heartbeat_wait(silent_database, monkeypatch):
    monkeypatch.setattr(lease_renewal, "SECONDS_BETWEEN_LOOKS", 0.01)
    monkeypatch.setattr(lease_renewal, "SECONDS_WITHOUT_HEARTBEAT", 0.1)
    child = Child()
    watching = lease_renewal.Watch()
    attempt = lease_renewal.Watched(NodeRun(), child, beat_at=time.monotonic())
    watching.add(attempt)
    wait_until(lambda: bool(child.killed_because), "the attempt is stopped", 10)
    watching.remove(attempt)
    assert child.killed_because == "This worker could not reach the database and stopped its work."

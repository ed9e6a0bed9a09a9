"""A worker stops its own work before others get it, whatever the database does."""

from __future__ import annotations

import sys
import threading
import time
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.apps import apps
from django.db import InterfaceError, OperationalError
from django.db.models.functions import Now

from apps.common.engine_process import EngineProcess, EngineProcessDied
from apps.common.leases import LEASE, Leased
from apps.datasets.ingestion import begin_ingest
from apps.runs import scheduling, services, storage_usage
from apps.runs.models import NodeRun
from apps.runs.reconciler import REQUEUE_LOST
from tasks.jobs import execute, lease_renewal
from tests.factories import make_dataset
from tests.worker.stack import wait_until

LEASED_MODELS = {model for model in apps.get_models() if issubclass(model, Leased)}


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

    def cancel(self):
        self.is_cancelled = True


@pytest.fixture
def silent_database(monkeypatch):
    """A database that takes questions and never answers."""
    over = threading.Event()
    monkeypatch.setattr(lease_renewal.LeaseRenewal, "_renew", lambda self, leases: over.wait())
    yield
    over.set()


def test_an_attempt_ends_in_time_though_the_database_lets_its_heartbeat_wait(silent_database, monkeypatch):
    monkeypatch.setattr(lease_renewal, "SECONDS_BETWEEN_CHECKS", 0.01)
    monkeypatch.setattr(lease_renewal, "SECONDS_WITHOUT_HEARTBEAT", 0.1)
    child = Child()
    lease = lease_renewal.NodeLease(NodeRun(), child, renewed_at=time.monotonic())
    with lease_renewal.LeaseRenewal().renewing(lease):
        wait_until(lambda: bool(child.killed_because), "the attempt is stopped", 10)
    assert child.killed_because == "The worker could not reach the database."
    assert lease.is_database_silent, "such an attempt is not held against the node"


def test_an_attempt_that_stood_still_with_its_worker_is_told_from_one_without_a_database(monkeypatch):
    """A node that brings a machine to a halt ends after three times; one whose database is away is tried on."""
    monkeypatch.setattr(lease_renewal, "SECONDS_BETWEEN_CHECKS", 0.01)
    monkeypatch.setattr(lease_renewal.LeaseRenewal, "_renew", lambda self, leases: None)
    child = Child()
    long_ago = time.monotonic() - 2 * lease_renewal.SECONDS_WITHOUT_HEARTBEAT
    lease = lease_renewal.NodeLease(NodeRun(), child, renewed_at=long_ago)
    with lease_renewal.LeaseRenewal().renewing(lease):
        wait_until(lambda: bool(child.killed_because), "the attempt is stopped", 10)
    assert not lease.is_database_silent


@pytest.mark.django_db
@pytest.mark.parametrize(("is_silent", "lost"), [(True, 0), (False, 1)])
def test_a_database_that_is_away_is_no_fault_of_the_node(start, is_silent, lost):
    claim = scheduling.claim_next(start("a").pk, queue="cpu", owner="me")
    lease = lease_renewal.NodeLease(claim.node, Child(), is_database_silent=is_silent)
    outcome = execute._outcome_of_death(lease, EngineProcessDied("The worker could not reach the database."))
    scheduling.finish(claim, outcome, owner="me", goes_on=False)
    node = NodeRun.objects.get(pk=claim.node.pk)
    assert (node.state, node.lost_attempts) == ("queued", lost)


@pytest.mark.django_db
def test_an_attempt_without_an_answer_of_the_database_is_no_fault_of_the_node(start, monkeypatch):
    claim = scheduling.claim_next(start("a").pk, queue="cpu", owner="me")
    monkeypatch.setattr(execute, "attempt", Mock(side_effect=OperationalError("server closed the connection")))
    monkeypatch.setattr(execute.connection, "close", lambda: None)
    claim, outcome = execute._attempt_or_requeue(claim)
    scheduling.finish(claim, outcome, owner="me", goes_on=False)
    node = NodeRun.objects.get(pk=claim.node.pk)
    assert (node.state, node.lost_attempts) == ("queued", 0)


@pytest.mark.django_db
def test_one_look_renews_every_kind_of_lease_and_notices_which_are_lost_or_cancelled(start, workspace, admin):
    claims = [scheduling.claim_next(start(name).pk, queue="cpu", owner="me") for name in ("kept", "lost", "stopped")]
    reading = make_dataset(workspace, status="pending").current
    storage_usage.request_cleanup(user=admin, unused_days=None)
    long_ago = time.monotonic() - 2 * lease_renewal.SECONDS_BETWEEN_HEARTBEATS
    kept, lost, stopped = (lease_renewal.NodeLease(claim.node, Child(), renewed_at=long_ago) for claim in claims)
    ingest = lease_renewal.HeldLease(begin_ingest(reading.pk), Child(), renewed_at=long_ago)
    cleanup = lease_renewal.HeldLease(storage_usage.claim(owner="me"), renewed_at=long_ago)
    NodeRun.objects.filter(pk=lost.row.pk).update(attempt=7)
    services.cancel(run=stopped.row.run)
    soon = Now() + timedelta(seconds=1)
    for model in LEASED_MODELS:
        model.objects.update(lease_until=soon)
    every = [kept, lost, stopped, ingest, cleanup]
    renewal = lease_renewal.LeaseRenewal()
    renewal._leases.update(every)
    renewal._renew(every)
    assert [lease.is_lost for lease in every] == [False, True, False, False, False]
    assert [lease.cancelled_at is not None for lease in every] == [False, False, True, False, False]
    assert stopped.process.is_cancelled
    later = Now() + LEASE / 2
    renewed = [type(lease.row).objects.filter(pk=lease.row.pk, lease_until__gt=later).exists() for lease in every]
    assert renewed == [True, False, True, True, True]


def test_every_table_whose_rows_workers_hold_is_watched_by_the_reconciler():
    assert set(REQUEUE_LOST) == LEASED_MODELS


@pytest.mark.parametrize("error", [InterfaceError("connection already closed"), OSError("no space left")])
def test_a_pass_that_raises_ends_no_thread(monkeypatch, caplog, error):
    monkeypatch.setattr(lease_renewal, "SECONDS_BETWEEN_CHECKS", 0.01)
    passes = {"renewal": 0, "limits": 0}

    def fail(name):
        passes[name] += 1
        raise error

    monkeypatch.setattr(lease_renewal.LeaseRenewal, "_renew", lambda self, leases: fail("renewal"))
    monkeypatch.setattr(lease_renewal.HeldLease, "stop_if_due", lambda self, **_: fail("limits"))
    with lease_renewal.LeaseRenewal().renewing(lease_renewal.HeldLease(NodeRun())):
        wait_until(lambda: min(passes.values()) > 1, "both threads go on", 10)
    assert str(error) in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_child_that_does_not_read_is_cancelled_without_holding_up_other_attempts(start, monkeypatch):
    monkeypatch.setattr(lease_renewal, "GRACE_SECONDS", 0.0)
    claim = scheduling.claim_next(start("a").pk, queue="cpu", owner="me")
    child, ends = EngineProcess((sys.executable, "-c", "import threading; threading.Event().wait()")), []

    def ask():
        with pytest.raises(EngineProcessDied) as death:
            child.request({"text": "x" * 200_000})
        ends.append(death.value.message)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    wait_until(lambda: child.is_alive and child._writing.locked(), "the request is being written", 10)
    services.cancel(run=claim.node.run)
    renewal, lease = lease_renewal.LeaseRenewal(), lease_renewal.NodeLease(claim.node, child)
    renewal._leases.add(lease)
    renewal._renew([lease])
    assert lease.is_cancelled
    wait_until(lambda: lease.stop_if_due() or not asking.is_alive(), "the child is killed", 10)
    assert ends == ["Cancelled."]
    child.close()

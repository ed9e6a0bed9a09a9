"""A worker whose broker refuses it comes back ever more slowly, and soon enough once the broker is well."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from celery import bootsteps
from celery.worker import state

from leptonweb import broker_wait
from leptonweb.broker_wait import STEADY_SECONDS, BrokerWait
from leptonweb.celery import app


@pytest.fixture
def clock(monkeypatch):
    """A time that passes only by waiting."""
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(broker_wait.time, "monotonic", lambda: now.seconds)
    monkeypatch.setattr(broker_wait.time, "sleep", lambda seconds: setattr(now, "seconds", now.seconds + seconds))
    return now


@pytest.fixture
def consumer():
    return SimpleNamespace(steps=[], blueprint=SimpleNamespace(state=bootsteps.RUN))


def waited(step, consumer, clock):
    before = clock.seconds
    step.stop(consumer)
    return round(clock.seconds - before, 1)


def test_each_failure_waits_longer_than_the_last_and_none_longer_than_some_seconds(clock, consumer):
    step = BrokerWait(consumer)
    waits = [waited(step, consumer, clock) for _ in range(10)]
    assert waits == sorted(waits)
    assert waits[0] < 0.5
    assert waits[-1] == pytest.approx(5.0, abs=0.2)


def test_a_consumer_that_lived_long_comes_back_at_once(clock, consumer):
    step = BrokerWait(consumer)
    for _ in range(8):
        step.stop(consumer)
    clock.seconds += STEADY_SECONDS + 1
    assert waited(step, consumer, clock) == 0
    assert waited(step, consumer, clock) < 0.5


def test_a_worker_that_ends_does_not_wait(clock, consumer, monkeypatch):
    step = BrokerWait(consumer)
    for _ in range(8):
        step.stop(consumer)
    monkeypatch.setattr(state, "should_stop", 0)
    assert waited(step, consumer, clock) == 0
    monkeypatch.setattr(state, "should_stop", None)
    consumer.blueprint.state = bootsteps.CLOSE
    assert waited(step, consumer, clock) == 0


def test_every_worker_has_it():
    assert "leptonweb.broker_wait:BrokerWait" in app.steps["consumer"]

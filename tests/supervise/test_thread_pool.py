"""The threads of a worker: a job that ended makes the consumer look at the broker."""

from __future__ import annotations

import pytest
from kombu.asynchronous import get_event_loop, set_event_loop

from leptonweb.thread_pool import EagerConsumerThreadPool


class Hub:
    """Stands in for the consumer's loop: notes what happened before it was woken."""

    def __init__(self, happened: list[str]) -> None:
        self.happened = happened

    def call_soon(self, callback, *_):
        callback()
        self.happened.append("woken")


@pytest.fixture
def happened():
    before = get_event_loop()
    noted: list[str] = []
    set_event_loop(Hub(noted))
    yield noted
    set_event_loop(before)


def test_the_consumer_is_woken_after_the_job_is_counted_as_ended(happened):
    pool = EagerConsumerThreadPool(limit=1)
    pool.on_apply(lambda *_: happened.append("ran"), (), {}, callback=lambda _: happened.append("ended")).wait(10)
    assert happened == ["ran", "ended", "woken"]


def test_the_consumer_is_woken_even_when_counting_fails(happened):
    pool = EagerConsumerThreadPool(limit=1)
    pool.on_apply(lambda *_: None, (), {}, callback=lambda _: happened[99]).wait(10)
    assert happened == ["woken"]

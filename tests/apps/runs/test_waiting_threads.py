"""A thread that found nothing ready stays for its neighbours, and is woken instead of a message being sent."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.common.jobs import Job
from apps.runs import notify_workers, waiting_threads
from apps.runs.models import NodeRun

RUN, QUEUE = "a-run", "cpu"


@pytest.fixture
def crew(monkeypatch):
    """Threads of a worker that wait for as long as it takes."""
    threads = waiting_threads.WaitingThreads()
    monkeypatch.setattr(waiting_threads, "WAIT_SECONDS", 20)
    monkeypatch.setattr(notify_workers, "waiting_threads", threads)
    return threads


@pytest.fixture
def neighbour(crew):
    """Return a thread's call of `wait`, begun, while the test works on the same run."""
    with ThreadPoolExecutor(4) as pool:

        def begin():
            before = waiting_at(crew)
            call = pool.submit(crew.wait, RUN, QUEUE)
            until = time.monotonic() + 20
            while waiting_at(crew) == before and time.monotonic() < until:
                time.sleep(0.001)
            return call

        yield begin


@pytest.fixture
def sent(monkeypatch):
    messages = []
    monkeypatch.setattr(notify_workers, "enqueue", lambda job, **ids: messages.append((job, ids["queue"])))
    monkeypatch.setattr(notify_workers, "_slots", lambda: 4)
    return messages


def waiting_at(crew):
    return len(crew._crews[RUN, QUEUE].waiting)


def test_nobody_waits_where_nobody_works(crew):
    assert crew.wait(RUN, QUEUE) is False
    with crew.working(RUN, "gpu"), crew.working("another-run", QUEUE):
        assert crew.wait(RUN, QUEUE) is False


def test_a_thread_waits_only_for_a_moment(crew, monkeypatch):
    monkeypatch.setattr(waiting_threads, "WAIT_SECONDS", 0.001)
    with crew.working(RUN, QUEUE):
        assert crew.wait(RUN, QUEUE) is False
        assert waiting_at(crew) == 0
        assert crew.wake(RUN, QUEUE, 1) == 0


def test_who_waits_goes_when_the_last_one_who_works_goes(crew, neighbour):
    with crew.working(RUN, QUEUE):
        waiting = neighbour()
    assert waiting.result(20) is False
    assert crew._crews == {}


def test_waiting_threads_are_woken_and_only_the_others_get_messages(
    crew, neighbour, sent, django_capture_on_commit_callbacks, db
):
    with crew.working(RUN, QUEUE):
        waiting = [neighbour(), neighbour()]
        ready = [NodeRun(queue=QUEUE), NodeRun(queue=QUEUE), NodeRun(queue=QUEUE), NodeRun(queue="gpu")]
        with django_capture_on_commit_callbacks(execute=True):
            notify_workers.notify(RUN, ready, present=QUEUE)
            assert not any(call.done() for call in waiting)  # what they would claim is not committed yet
        assert [call.result(20) for call in waiting] == [True, True]
    assert sorted(sent) == [(Job.EXECUTE_NODE, QUEUE), (Job.EXECUTE_NODE, "gpu")]


def test_no_more_threads_are_woken_than_there_are_nodes(crew, neighbour, sent, django_capture_on_commit_callbacks, db):
    with crew.working(RUN, QUEUE):
        waiting = [neighbour(), neighbour()]
        with django_capture_on_commit_callbacks(execute=True):
            notify_workers.notify(RUN, [NodeRun(queue=QUEUE)])
        assert waiting[0].result(20) is True
        assert waiting_at(crew) == 1
    assert waiting[1].result(20) is False
    assert sent == []


def test_who_was_chosen_looks_for_a_node_although_the_transaction_was_rolled_back(
    crew, neighbour, monkeypatch, django_capture_on_commit_callbacks, db
):
    monkeypatch.setattr(waiting_threads, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(waiting_threads, "SECONDS_FOR_COMMIT", 0.01)
    with crew.working(RUN, QUEUE):
        waiting = neighbour()
        with django_capture_on_commit_callbacks(execute=False):
            assert crew.wake(RUN, QUEUE, 1) == 1
        assert waiting.result(20) is True


def test_many_threads_lose_no_wake_up(crew, monkeypatch):
    monkeypatch.setattr(waiting_threads, "WAIT_SECONDS", 0.0005)
    woken, claimed, over = [], [], threading.Event()

    def wait_again_and_again():
        while not over.is_set():
            if crew.wait(RUN, QUEUE):
                claimed.append(1)

    monkeypatch.setattr(waiting_threads.transaction, "on_commit", lambda call: call())
    with crew.working(RUN, QUEUE), ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(wait_again_and_again) for _ in range(4)]
        for _ in range(2000):
            woken.append(crew.wake(RUN, QUEUE, 2))
        over.set()
        for call in calls:
            call.result(20)
    assert len(claimed) == sum(woken)

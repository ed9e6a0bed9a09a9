"""The engine processes of a worker: a worn one serves on until another is warm."""

from __future__ import annotations

import threading

import pytest

from apps.common.engine_process import EngineProcess, EngineProcessDied
from tasks.jobs import process_pool
from tasks.jobs.process_pool import EngineProcessPool
from tests.worker.stack import wait_until

pytestmark = pytest.mark.worker


class Counted:
    """Stands in for a process."""

    def __init__(self, warm):
        self.served, self.started_at, self.is_closed = 0, 0.0, False
        self._warm = warm

    def start(self):
        pass

    def request(self, request, **_):
        assert request == {"op": "warm"}
        if not self._warm():
            raise EngineProcessDied("It ended.")

    def close(self):
        self.is_closed = True


@pytest.fixture
def made(monkeypatch):
    """Return the processes made so far, the switch that lets new ones get warm, and the set of worn ones."""
    processes, go, worn = [], threading.Event(), set()

    def make():
        processes.append(Counted(lambda: go.wait(30)))
        return processes[-1]

    monkeypatch.setattr(process_pool, "_for_cpu", make)
    monkeypatch.setattr(process_pool, "_needs_recycling", lambda child: child in worn)
    return processes, go, worn


def use(pool):
    with pool.acquire() as child:
        return child


def test_a_worn_process_serves_until_the_one_for_its_place_is_warm(made):
    processes, go, worn = made
    pool = EngineProcessPool()
    first = use(pool)
    worn.add(first)
    assert [use(pool) for _ in range(3)] == [first] * 3
    wait_until(lambda: len(processes) == 2, "another one starts")
    assert use(pool) is first
    assert not first.is_closed
    go.set()
    wait_until(lambda: first.is_closed, "the worn one ends")
    assert use(pool) is processes[1]
    assert len(processes) == 2  # one was enough, however often the worn one was given back


def test_one_that_is_at_work_when_the_other_is_warm_ends_after_its_work(made):
    processes, go, worn = made
    pool = EngineProcessPool()
    first = use(pool)
    worn.add(first)
    use(pool)
    wait_until(lambda: len(processes) == 2, "another one starts")
    with pool.acquire() as lent:
        assert lent is first
        go.set()
        wait_until(lambda: processes[1] in pool._idle, "the other is warm")
        assert not first.is_closed
    assert first.is_closed
    assert use(pool) is processes[1]


def test_when_no_other_starts_the_worn_one_goes_on(made, monkeypatch):
    processes, _, worn = made
    monkeypatch.setattr(Counted, "request", lambda *_, **__: (_ for _ in ()).throw(EngineProcessDied("It ended.")))
    pool = EngineProcessPool()
    first = use(pool)
    worn.add(first)
    assert use(pool) is first
    wait_until(lambda: len(processes) == 2 and processes[1].is_closed, "the other is given up")
    wait_until(lambda: first not in pool._replacing, "it may be tried again")
    assert use(pool) is first
    wait_until(lambda: len(processes) == 3, "another is tried")


def test_closing_ends_what_was_about_to_serve(made):
    processes, go, worn = made
    pool = EngineProcessPool()
    first = use(pool)
    worn.add(first)
    use(pool)
    wait_until(lambda: len(processes) == 2, "another one starts")
    pool.close()
    go.set()
    wait_until(lambda: all(process.is_closed for process in processes), "both have ended")


def test_a_real_process_says_when_it_is_warm():
    child = EngineProcess()
    try:
        assert child.request({"op": "warm"}, timeout_seconds=120) == {"done": {}}
    finally:
        child.close()

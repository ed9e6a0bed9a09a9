"""RequestQueue on the processor: who waits, who is refused at once, and what is never computed."""

from __future__ import annotations

import asyncio
import math
from time import perf_counter

import pytest

from tasks.inference.server.http.direct_call import DirectCall
from tasks.inference.server.limits import admission
from tasks.inference.server.limits.admission import BatchQueue, ConcurrencyLimit, RequestQueue
from tasks.inference.server.responses import HttpError


async def request(queue, done, *, work=0.003, latest=math.inf):
    """Go through as a request does; the work itself holds the processor."""
    if not queue.may_run():
        await queue.wait(latest)
    begun = perf_counter()
    until = begun + work
    while perf_counter() < until:
        pass
    queue.spent(perf_counter() - begun)
    done.append(perf_counter())


async def test_a_lone_request_never_waits():
    queue, done = RequestQueue(0.5), []
    for _ in range(5):
        assert queue.may_run()
        await request(queue, done)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert len(done) == 5


async def test_many_requests_at_once_run_in_order_with_iterations_of_the_event_loop_between():
    queue, done, looks = RequestQueue(5), [], []
    queue.spent(0.03, 10)  # it knows what a request takes
    await asyncio.sleep(0)

    async def look():
        while len(done) < 20:
            looks.append(len(done))
            await asyncio.sleep(0)

    await asyncio.gather(*(request(queue, done) for _ in range(20)), look())
    assert len(done) == 20
    gaps = [later - earlier for earlier, later in zip(looks, looks[1:], strict=False)]
    assert max(gaps) <= 3, "a refusal would have waited for several requests"


async def test_a_request_that_would_wait_too_long_is_refused_on_arrival(monkeypatch):
    clock, outcomes = Clock(), Outcomes()
    monkeypatch.setattr(admission, "perf_counter", clock)
    queue = RequestQueue(0.3)
    queue.spent(0.03, 10)  # it knows what a request takes
    await asyncio.gather(*(served(queue, clock, outcomes, work=0.003) for _ in range(400)))
    assert outcomes.done + outcomes.refused_at_once == 400
    assert outcomes.done == pytest.approx(100, abs=2), "those who could be answered in time were"
    with pytest.raises(HttpError) as caught:
        queue._queue.extend([None] * 200)
        await queue.wait()
    assert (caught.value.status, dict(caught.value.headers)[b"retry-after"]) == (503, b"1")


async def test_a_deadline_that_cannot_be_kept_is_said_and_nothing_is_computed():
    queue, done = RequestQueue(5), []
    working = [asyncio.create_task(request(queue, done, work=0.01)) for _ in range(10)]
    await asyncio.sleep(0)
    late = asyncio.create_task(request(queue, done, latest=perf_counter() + 0.02))
    with pytest.raises(HttpError) as caught:
        await late
    assert caught.value.status == 503
    assert b"too_late" in caught.value.body
    await asyncio.gather(*working)
    assert len(done) == 10


def test_the_concurrency_limit_refuses_a_key_over_its_share_and_every_key_when_it_is_full():
    concurrency = ConcurrencyLimit(2, 1)
    assert not concurrency.is_full()
    concurrency.enter("a")
    assert concurrency.is_full(), "for that key"
    with pytest.raises(HttpError) as caught:
        concurrency.enter("a")
    assert (caught.value.status, concurrency.refusal_status("a"), concurrency.refusal_status("b")) == (429, 429, 0)
    concurrency.enter("b")
    with pytest.raises(HttpError) as caught:
        concurrency.enter("c")
    assert (caught.value.status, concurrency.refusal_status("c")) == (503, 503)
    concurrency.leave("a")
    concurrency.leave("b")
    assert not concurrency.is_full()
    concurrency.enter("a")


class Clock:
    """Time that passes only when something is done."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Outcomes:
    """Outcomes of the requests of a simulation."""

    def __init__(self):
        self.done, self.waits, self.refused_at_once, self.refused_late = 0, [], 0, 0


async def served(queue, clock, outcomes, *, work, latest=math.inf):
    came = clock.now
    try:
        if not queue.may_run():
            await queue.wait(latest)
    except HttpError:
        if clock.now > came:
            outcomes.refused_late += 1
        else:
            outcomes.refused_at_once += 1
        return
    clock.now += work
    queue.spent(work)
    outcomes.done += 1
    outcomes.waits.append(clock.now - came)


async def overloaded(queue, clock, *, rounds, arriving, work, other_work):
    """Have requests come at each poll of the network, which is followed by ``other_work`` seconds of other work."""
    outcomes, tasks = Outcomes(), []
    for _ in range(rounds):
        tasks += [asyncio.create_task(served(queue, clock, outcomes, work=work)) for _ in range(arriving)]
        clock.now += other_work
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    return outcomes


async def test_an_admitted_request_is_answered_in_time_although_other_work_takes_most_of_it(monkeypatch):
    """The row moves slower than its requests compute: who was let in by that alone waited, and was refused at last."""
    clock = Clock()
    monkeypatch.setattr(admission, "perf_counter", clock)
    outcomes = await overloaded(RequestQueue(0.1), clock, rounds=1000, arriving=5, work=0.001, other_work=0.005)
    assert outcomes.refused_at_once > 1000
    assert outcomes.refused_late == 0
    assert max(outcomes.waits) < 0.2
    assert outcomes.done > 1000 * 0.9 * 2, "two fit between two looks at the network"


async def test_what_comes_in_one_iteration_of_the_loop_is_counted_as_it_comes(monkeypatch):
    """All of it was admitted by its heads, read, and refused one by one when the queue had filled."""
    clock, outcomes = Clock(), Outcomes()
    monkeypatch.setattr(admission, "perf_counter", clock)
    queue, calls = RequestQueue(0.1), []
    queue.spent(0.1, 10)
    while not queue.is_full() and len(calls) < 100:
        calls.append(DirectCall(served(queue, clock, outcomes, work=0.01), lambda *_: None))
        calls[-1].step()
    assert len(calls) == 11, "ten take as long as anybody waits"
    while not all(call.is_over for call in calls):
        await asyncio.sleep(0)
    assert (outcomes.done, queue.is_full()) == (11, False)


async def test_a_request_that_is_cancelled_leaves_the_queue():
    queue, outcomes = RequestQueue(5), []
    queue.spent(0.03, 10)
    calls = [DirectCall(queue.wait(), lambda *result: outcomes.append(result)) for _ in range(2)]
    for call in calls:
        call.step()
    calls[0].cancel()
    while not calls[1].is_over:
        await asyncio.sleep(0)
    assert (outcomes, queue.may_run()) == ([(None, None)], True)


async def test_a_burst_may_fill_the_queue_but_a_sustained_load_finds_it_short(monkeypatch):
    clock, outcomes = Clock(), Outcomes()
    monkeypatch.setattr(admission, "perf_counter", clock)
    queue, calls, longest = RequestQueue(0.5), [], []
    queue.spent(0.1, 10)
    for _ in range(300):
        while not queue.is_full():
            calls.append(DirectCall(served(queue, clock, outcomes, work=0.01), lambda *_: None))
            calls[-1].step()
        await asyncio.sleep(0)
        longest.append(queue.expected)
    assert max(longest[:40]) > 0.4, "a burst waits"
    assert max(longest[200:]) < 0.15, "what can never be caught up with does not"
    assert min(longest[200:]) > 0.05, "and the processor never runs out of work"
    while not all(call.is_over for call in calls):
        await asyncio.sleep(0)
    assert outcomes.refused_late == 0
    assert outcomes.refused_at_once <= 1, "at most who was let in just before the row was kept short"
    for _ in range(2):
        await asyncio.sleep(0)
    assert queue.max_wait == 0.5, "the row was empty: the next burst may fill it again"


async def test_requests_that_are_dropped_from_the_queue_take_no_time_from_the_others(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(admission, "perf_counter", clock)
    queue, outcomes = RequestQueue(0.5), Outcomes()
    queue.spent(0.03, 10)
    tasks = [asyncio.create_task(served(queue, clock, outcomes, work=0.001)) for _ in range(100)]
    await asyncio.sleep(0)  # all stand in the row
    clock.now += 2.0  # the machine stands still
    for _ in range(4):
        await asyncio.sleep(0)
    assert all(task.done() for task in tasks), "they were sent away one handful at each look at the network"
    assert (outcomes.done + outcomes.refused_late, len(queue._queue)) == (100, 0)


async def test_large_requests_that_would_wait_too_long_for_the_thread_are_refused_on_arrival(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(admission, "perf_counter", clock)
    batch_queue, gates = BatchQueue(1.0), []

    async def large():
        with batch_queue.held(math.inf) as late:
            assert late == clock.now + 2.0
            gates.append(asyncio.get_running_loop().create_future())
            await gates[-1]

    async def leaves(at):
        clock.now += 0.3
        gates[at].set_result(None)
        await asyncio.sleep(0)

    tasks = [asyncio.create_task(large()) for _ in range(8)]
    await asyncio.sleep(0)
    assert not batch_queue.is_full(), "nothing is known yet"
    await leaves(0)
    assert batch_queue.expected == pytest.approx(7 * 0.3)
    assert batch_queue.is_full()
    with pytest.raises(HttpError) as caught:
        await large()
    assert caught.value.status == 503
    for at in range(1, 6):
        await leaves(at)
    assert not batch_queue.is_full()
    assert batch_queue.max_wait == pytest.approx(2 * 0.3), "a load that lasts: two may wait"
    with pytest.raises(HttpError) as caught, batch_queue.held(clock.now + 0.5):
        pass
    assert b"too_late" in caught.value.body
    for at in range(6, 8):
        await leaves(at)
    await asyncio.gather(*tasks)
    with batch_queue.held(math.inf):
        pass


async def test_a_first_request_that_takes_long_has_no_burst_refused():
    """A cold start, or a machine that did something else meanwhile, was taken for what every request takes."""
    queue = RequestQueue(0.5)
    queue.spent(0.05)
    waits = [asyncio.create_task(queue.wait()) for _ in range(50)]
    await asyncio.gather(*waits)
    for _ in range(9):
        queue.spent(0.0005)
    assert queue._mean < 0.006, "it counts as one of ten"

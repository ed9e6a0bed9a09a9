"""Turns on the processor: who waits, who is refused at once, and what is never computed."""

from __future__ import annotations

import asyncio
import math
from time import perf_counter

import pytest

from tasks.inference.server import admission
from tasks.inference.server.admission import Lane, Places, Turns
from tasks.inference.server.answers import Refusal
from tasks.inference.server.body import Gone


class Line:
    """A caller's connection."""

    def __init__(self, *, is_open=True):
        self.hung_up = asyncio.Event()
        if not is_open:
            self.hung_up.set()

    async def receive(self):
        await self.hung_up.wait()
        return {"type": "http.disconnect"}


async def request(turns, done, *, work=0.003, latest=math.inf, line=None):
    """Go through as a request does; the work itself holds the processor."""
    if not turns.is_mine():
        await turns.wait(latest, (line or Line()).receive)
    begun = perf_counter()
    until = begun + work
    while perf_counter() < until:
        pass
    turns.spent(perf_counter() - begun)
    done.append(perf_counter())


async def test_a_lone_request_never_waits():
    turns, done = Turns(0.5), []
    for _ in range(5):
        assert turns.is_mine()
        await request(turns, done)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert len(done) == 5


async def test_many_at_once_take_turns_in_order_with_the_network_looked_at_between():
    turns, done, looks = Turns(5), [], []
    turns.spent(0.003)  # it knows what a request takes
    await asyncio.sleep(0)

    async def look():
        while len(done) < 20:
            looks.append(len(done))
            await asyncio.sleep(0)

    await asyncio.gather(*(request(turns, done) for _ in range(20)), look())
    assert len(done) == 20
    gaps = [later - earlier for earlier, later in zip(looks, looks[1:], strict=False)]
    assert max(gaps) <= 3, "a refusal would have waited for several requests"


async def test_who_would_wait_too_long_is_refused_on_arrival(monkeypatch):
    clock, told = Clock(), Told()
    monkeypatch.setattr(admission, "perf_counter", clock)
    turns = Turns(0.3)
    turns.spent(0.003)  # it knows what a request takes
    await asyncio.gather(*(served(turns, clock, told, work=0.003) for _ in range(400)))
    assert told.done + told.refused_at_once == 400
    assert told.done == pytest.approx(100, abs=2), "those who could be answered in time were"
    with pytest.raises(Refusal) as caught:
        turns._row.extend([None] * 200)
        await turns.wait(math.inf, Line().receive)
    assert (caught.value.status, dict(caught.value.headers)[b"retry-after"]) == (503, b"1")


async def test_a_deadline_that_cannot_be_kept_is_said_and_nothing_is_computed():
    turns, done = Turns(5), []
    working = [asyncio.create_task(request(turns, done, work=0.01)) for _ in range(10)]
    await asyncio.sleep(0)
    late = asyncio.create_task(request(turns, done, latest=perf_counter() + 0.02))
    with pytest.raises(Refusal) as caught:
        await late
    assert caught.value.status == 503
    assert b"too_late" in caught.value.body
    await asyncio.gather(*working)
    assert len(done) == 10


async def test_nothing_is_computed_for_a_caller_who_hung_up():
    turns, done = Turns(5), []
    working = [asyncio.create_task(request(turns, done)) for _ in range(3)]
    gone = asyncio.create_task(request(turns, done, line=Line(is_open=False)))
    with pytest.raises(Gone):
        await gone
    await asyncio.gather(*working)
    assert len(done) == 3


def test_a_deadline_is_a_whole_number_of_milliseconds():
    assert admission.deadline([(b"host", b"x")], 5.0) == math.inf
    assert admission.deadline([(b"x-deadline-ms", b"250")], 5.0) == 5.25
    for wrong in (b"soon", b"-1", b"1.5", b"", b"9" * 10):
        with pytest.raises(Refusal) as caught:
            admission.deadline([(b"x-deadline-ms", wrong)], 5.0)
        assert caught.value.status == 400


def test_a_place_is_given_back_whatever_happens():
    places = Places(2, 1)
    with places.held("a"):
        with pytest.raises(Refusal) as caught, places.held("a"):
            pass
        assert caught.value.status == 429
        with places.held("b"), pytest.raises(Refusal) as caught, places.held("c"):
            pass
        assert caught.value.status == 503
    with pytest.raises(ZeroDivisionError), places.held("a"):
        raise ZeroDivisionError
    with places.held("a"), places.held("b"):
        pass


class Clock:
    """Time that passes only when something is done."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Told:
    """What became of the requests of a simulation."""

    def __init__(self):
        self.done, self.waits, self.refused_at_once, self.refused_late = 0, [], 0, 0


async def served(turns, clock, told, *, work, latest=math.inf):
    came = clock.now
    try:
        if not turns.is_mine():
            await turns.wait(latest, Line().receive)
    except Refusal:
        if clock.now > came:
            told.refused_late += 1
        else:
            told.refused_at_once += 1
        return
    clock.now += work
    turns.spent(work)
    told.done += 1
    told.waits.append(clock.now - came)


async def overloaded(turns, clock, *, rounds, arriving, work, beside):
    """Have requests come at each look at the network, beside ``beside`` seconds of other work."""
    told, tasks = Told(), []
    for _ in range(rounds):
        tasks += [asyncio.create_task(served(turns, clock, told, work=work)) for _ in range(arriving)]
        clock.now += beside
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    return told


async def test_who_is_let_in_is_answered_in_time_though_other_work_takes_most_of_it(monkeypatch):
    """The row moves slower than its requests compute: who was let in by that alone waited, and was refused at last."""
    clock = Clock()
    monkeypatch.setattr(admission, "perf_counter", clock)
    told = await overloaded(Turns(0.1), clock, rounds=1000, arriving=5, work=0.001, beside=0.005)
    assert told.refused_at_once > 1000
    assert told.refused_late == 0
    assert max(told.waits) < 0.2
    assert told.done > 1000 * 0.9 * 2, "two fit between two looks at the network"


async def test_what_lies_in_the_sockets_together_is_counted_before_it_stands_in_the_row(monkeypatch):
    """All of it was let in by its heads, read, and refused one by one when the row had filled."""
    clock = Clock()
    monkeypatch.setattr(admission, "perf_counter", clock)
    turns = Turns(0.1)
    turns.spent(0.01)
    let_in = 0
    while not turns.is_full() and let_in < 100:
        turns.promise()
        let_in += 1
    assert let_in == 11, "ten take as long as anybody waits"
    await asyncio.sleep(0)
    assert not turns.is_full(), "at the next look those stand in the row or are done"


async def test_a_burst_may_fill_the_row_but_a_load_that_lasts_finds_it_short(monkeypatch):
    clock, told = Clock(), Told()
    monkeypatch.setattr(admission, "perf_counter", clock)
    turns, tasks, longest = Turns(0.5), [], []
    turns.spent(0.01)
    for _ in range(300):
        while not turns.is_full():
            turns.promise()
            tasks.append(asyncio.create_task(served(turns, clock, told, work=0.01)))
        await asyncio.sleep(0)
        longest.append(turns.expected)
    assert max(longest[:40]) > 0.4, "a burst waits"
    assert max(longest[200:]) < 0.15, "what can never be caught up with does not"
    assert min(longest[200:]) > 0.05, "and the processor never runs out of work"
    await asyncio.gather(*tasks)
    assert told.refused_late == 0
    assert told.refused_at_once <= 1, "at most who was let in just before the row was kept short"
    for _ in range(2):
        await asyncio.sleep(0)
    assert turns.patience == 0.5, "the row was empty: the next burst may fill it again"


async def test_what_is_not_let_go_any_more_costs_the_others_none_of_their_time(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(admission, "perf_counter", clock)
    turns, told = Turns(0.5), Told()
    turns.spent(0.003)
    tasks = [asyncio.create_task(served(turns, clock, told, work=0.001)) for _ in range(100)]
    await asyncio.sleep(0)  # all stand in the row
    clock.now += 2.0  # the machine stands still
    for _ in range(4):
        await asyncio.sleep(0)
    assert all(task.done() for task in tasks), "they were sent away one handful at each look at the network"
    assert (told.done + told.refused_late, len(turns._row)) == (100, 0)


async def test_large_requests_that_would_wait_too_long_for_the_thread_are_refused_on_arrival(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(admission, "perf_counter", clock)
    lane, gates = Lane(1.0), []

    async def large():
        with lane.held(math.inf) as late:
            assert late == clock.now + 2.0
            gates.append(asyncio.get_running_loop().create_future())
            await gates[-1]

    async def leaves(at):
        clock.now += 0.3
        gates[at].set_result(None)
        await asyncio.sleep(0)

    tasks = [asyncio.create_task(large()) for _ in range(8)]
    await asyncio.sleep(0)
    assert not lane.is_full(), "nothing is known yet"
    await leaves(0)
    assert lane.expected == pytest.approx(7 * 0.3)
    assert lane.is_full()
    with pytest.raises(Refusal) as caught:
        await large()
    assert caught.value.status == 503
    for at in range(1, 6):
        await leaves(at)
    assert not lane.is_full()
    assert lane.patience == pytest.approx(2 * 0.3), "it was never empty for longer than a burst lasts, and two may wait"
    with pytest.raises(Refusal) as caught, lane.held(clock.now + 0.5):
        pass
    assert b"too_late" in caught.value.body
    for at in range(6, 8):
        await leaves(at)
    await asyncio.gather(*tasks)
    with lane.held(math.inf):
        pass

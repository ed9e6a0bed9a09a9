"""Following a run through the real web process and Redis."""

from __future__ import annotations

import asyncio
import json
import random

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.worker.stack import node

pytestmark = pytest.mark.worker
POINTS = 300


def follow(stack, run, after=0, who="alice"):
    address = f"ws://127.0.0.1:{stack.port}/ws/runs/{run}/?after={after}"
    return connect(address, additional_headers={"Authorization": f"Bearer {stack.tokens[who]}"})


def is_over(events):
    return bool(events) and events[-1]["kind"] == "run.status" and events[-1]["state"] in ("done", "failed")


async def receive(socket, events, seconds=60):
    events.append(json.loads(await asyncio.wait_for(socket.recv(), seconds)))


def points_of(events):
    return [point["step"] for e in events if e["kind"] == "metric.points" for point in e["points"]]


async def test_reloading_in_the_middle_of_a_run_loses_and_doubles_nothing(stack):
    document = {"nodes": [node("a", "talks", points=POINTS, pause_seconds=0.005)], "edges": []}
    run = await asyncio.to_thread(stack.new_run, document)
    events = []
    chance = random.Random(7)
    for _ in range(12):
        async with follow(stack, run, events[-1]["seq"] if events else 0) as socket:
            for _ in range(chance.randrange(1, 3)):
                if not is_over(events):
                    await receive(socket, events)
            socket.transport.abort()
    while not is_over(events):
        async with follow(stack, run, events[-1]["seq"]) as socket:
            await receive(socket, events)
    assert points_of(events) == list(range(POINTS))
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


async def test_events_go_on_while_redis_is_away(stack, tmp_path):
    go = tmp_path / "go"
    document = {"nodes": [node("a", "talks", points=POINTS + 1, pause_seconds=0.005, until=str(go))], "edges": []}
    run = await asyncio.to_thread(stack.new_run, document)
    events = []
    async with follow(stack, run) as socket:
        while not points_of(events):
            await receive(socket, events)
        await asyncio.to_thread(stack.stop, "redis")
        go.touch()
        while not is_over(events):
            await receive(socket, events)
    await asyncio.to_thread(stack.start_redis)
    assert points_of(events) == list(range(POINTS + 1))


async def test_a_stranger_is_shown_out(stack):
    run = await asyncio.to_thread(stack.new_run, {"nodes": [node("a", "nothing")], "edges": []})
    async with follow(stack, run, who="charlie") as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4404

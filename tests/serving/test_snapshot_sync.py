"""What a serving process does beside answering ends when the process is told to end."""

from __future__ import annotations

import asyncio

import pytest

from leptonweb.supervise.ports import free_port
from tasks.inference.server.deployments.model_repository import ModelRepository
from tasks.inference.server.deployments.snapshot_sync import SnapshotSync
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.process.settings import Settings

WITHIN_SECONDS = 10


@pytest.fixture
def feed(tmp_path):
    settings = Settings(data_dir=tmp_path, redis_url=f"redis://127.0.0.1:{free_port()}/0")
    return SnapshotSync(settings, ModelRepository(lambda address: None), Statistics())


@pytest.mark.parametrize("steps", range(6))
def test_it_ends_although_something_new_came_in_the_same_moment(feed, steps):
    """A process that was told to end the moment a snapshot came lived on for minutes: the end was not heard."""

    async def told_to_end():
        await feed.start()
        await asyncio.wait(feed._tasks, timeout=0.05)
        assert not any(task.done() for task in feed._tasks)
        feed._wanted.set()
        feed._changed.set()
        for _ in range(steps):
            await asyncio.sleep(0)
        async with asyncio.timeout(WITHIN_SECONDS):
            await feed.stop()
        assert all(task.done() for task in feed._tasks)

    asyncio.run(told_to_end())


def test_it_ends_although_a_task_is_not_cancelled_at_once(feed):
    async def deaf():
        for _ in range(3):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:  # as a library may
                continue

    async def told_to_end():
        await feed.start()
        feed._tasks.append(asyncio.create_task(deaf()))
        await asyncio.sleep(0)
        async with asyncio.timeout(WITHIN_SECONDS):
            await feed.stop()
        assert all(task.done() for task in feed._tasks)

    asyncio.run(told_to_end())

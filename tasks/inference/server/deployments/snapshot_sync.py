"""A worker takes the list of endpoints from Redis, or from a file without Redis, and reports its state to Redis."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import time
from typing import Any

import orjson
import redis.asyncio as redis
from redis.exceptions import RedisError

from tasks import serving_interface
from tasks.inference.server.deployments import snapshot
from tasks.inference.server.deployments.model_repository import ModelRepository
from tasks.inference.server.deployments.snapshot import BadSnapshot, Snapshot
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.process.settings import Settings

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
REPORT_LIVES_SECONDS = 5
STATISTICS_KEPT = 10_000
MAX_INITIAL_LOAD_SECONDS = 10.0
SECONDS_BETWEEN_CANCELLATIONS = 0.5
MAX_CANCELLATIONS = 8


class SnapshotSync:
    """Keeps a repository as the control plane wants it.

    Four tasks: one follows the list in Redis (a channel announces changes, and the revision is read each second in
    case an announcement was lost), one loads packages, one loads again what failed, one reports which releases answer
    and delivers the statistics.
    Without Redis the last known endpoints stay in service.
    """

    def __init__(self, settings: Settings, repository: ModelRepository, statistics: Statistics) -> None:
        self._settings = settings
        self._repository = repository
        self._statistics = statistics
        self._process = f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"
        self._wanted = asyncio.Event()
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._redis: Any = redis.Redis.from_url(
            settings.redis_url, socket_timeout=5, socket_connect_timeout=2, socket_keepalive=True
        )

    async def start(self) -> None:
        """Load the endpoints of the file and of Redis, then follow changes.

        Clients that connect meanwhile wait in the socket's queue: a worker that accepted requests before its models
        are loaded would refuse requests that the other workers answer. After `MAX_INITIAL_LOAD_SECONDS` the worker
        begins to serve and loads the remaining models meanwhile.
        """
        content = snapshot.read_saved(self._settings.snapshot_path)
        if content is not None:
            self._take(content, keep=False)
        with contextlib.suppress(RedisError, OSError):
            await self._refresh()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MAX_INITIAL_LOAD_SECONDS):
                await self._repository.load_missing()
        self._tasks = [asyncio.create_task(run()) for run in (self._follow, self._load, self._retry, self._report)]

    async def stop(self) -> None:
        """End the tasks, deliver the last statistics and remove this worker's report."""
        await self._end_tasks()
        with contextlib.suppress(RedisError, OSError):
            await self._deliver_statistics()
            await self._redis.delete(serving_interface.PROCESS_KEY + self._process)
            await self._redis.srem(serving_interface.PROCESSES_KEY, self._process)
        await self._redis.aclose()

    async def _end_tasks(self) -> None:
        """Cancel the tasks, repeatedly: libraries lose a cancellation that arrives together with their result."""
        going = set(self._tasks)
        for _ in range(MAX_CANCELLATIONS):
            for task in going:
                task.cancel()
            if going:
                _, going = await asyncio.wait(going, timeout=SECONDS_BETWEEN_CANCELLATIONS)

    def _take(self, content: bytes, *, keep: bool = True) -> None:
        try:
            parsed = Snapshot.parse(content)
        except BadSnapshot:
            logger.exception("a list of endpoints is not valid and was ignored, the one before stays in use")
            return
        self._repository.adopt(parsed)
        self._wanted.set()
        self._changed.set()
        if keep:
            try:
                snapshot.save(self._settings.snapshot_path, content)
            except OSError as error:
                logger.warning("the list of endpoints cannot be kept for a start without Redis: %s", error)

    async def _follow(self) -> None:
        was_away = False
        while True:
            try:
                await self._refresh()
                was_away = False
                await self._listen()
            except (RedisError, OSError) as error:
                if not was_away:
                    logger.warning("Redis is away, the last list of endpoints stays in use: %s", error)
                was_away = True
                await asyncio.sleep(POLL_SECONDS)

    async def _listen(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(serving_interface.CHANGED_CHANNEL)
            while True:
                await self._refresh()
                await channel.get_message(timeout=POLL_SECONDS)

    async def _refresh(self) -> None:
        """Take the snapshot in Redis if it is newer than ours: a Redis that lost a moment must not revive a key."""
        revision = await self._redis.get(serving_interface.REVISION_KEY)
        if revision is None or int(revision) <= self._repository.revision:
            return
        content = await self._redis.get(serving_interface.SNAPSHOT_KEY)
        if content is not None:
            self._take(bytes(content))

    async def _load(self) -> None:
        while True:
            self._wanted.clear()
            await self._repository.load_missing()
            self._changed.set()
            await self._wanted.wait()

    async def _retry(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if await self._repository.retry_failures():
                self._changed.set()

    async def _report(self) -> None:
        while True:
            self._changed.clear()
            with contextlib.suppress(RedisError, OSError):
                await self._report_state()
                await self._deliver_statistics()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._changed.wait()

    async def _report_state(self) -> None:
        report = {"revision": self._repository.revision, "at": time.time(), "endpoints": self._repository.report()}
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.sadd(serving_interface.PROCESSES_KEY, self._process)
            pipe.set(serving_interface.PROCESS_KEY + self._process, orjson.dumps(report), ex=REPORT_LIVES_SECONDS)
            await pipe.execute()

    async def _deliver_statistics(self) -> None:
        await self._statistics.count_drift()
        counted: list[dict[str, Any]] = self._statistics.collect()
        if not counted:
            return
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.rpush(serving_interface.STATISTICS_KEY, *(orjson.dumps(one) for one in counted))
            pipe.ltrim(serving_interface.STATISTICS_KEY, -STATISTICS_KEPT, -1)
            await pipe.execute()
        self._statistics.mark_delivered()

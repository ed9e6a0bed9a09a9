"""Tells sockets that events were committed. A hint only: who misses it reads the database."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Sequence

import redis
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_TRIES = 2.0
MOST_WAITING = 10_000
MOST_AT_ONCE = 200
# One message to Redis for what many short nodes say in this time; too short for anybody who watches to notice.
SECONDS_TO_GATHER = 0.01

_waiting: queue.Queue[tuple[str, bytes]] = queue.Queue(MOST_WAITING)
_sender: dict[int, threading.Thread] = {}
_starting = threading.Lock()


def channel_of(topic: str) -> str:
    """Return the name of the Redis channel of a topic (``run:<id>``)."""
    return f"lepton:live:{topic}"


def publish_on_commit(topic: str, first_seq: int, bodies: Sequence[str]) -> None:
    """Publish events once the present transaction is committed.

    Args:
        topic: What they belong to.
        first_seq: Sequence number of the first; the others follow without gaps.
        bodies: Each event as JSON text without line breaks.
    """
    if bodies:
        message = "\n".join((str(first_seq), *bodies)).encode()
        transaction.on_commit(lambda: publish(topic, message))


def publish(topic: str, message: bytes) -> None:
    """Hand a message to the thread that sends; whoever committed does not wait for Redis, nor for its absence."""
    if os.getpid() not in _sender:
        with _starting:
            if os.getpid() not in _sender:
                thread = threading.Thread(target=_send_again_and_again, name="live-publish", daemon=True)
                _sender[os.getpid()] = thread
                thread.start()
    try:
        _waiting.put_nowait((channel_of(topic), message))
    except queue.Full:
        logger.warning("live events wait in the database, Redis takes them too slowly")


def _send_again_and_again() -> None:
    client: redis.Redis[bytes] | None = None
    while True:
        batch = [_waiting.get()]
        time.sleep(SECONDS_TO_GATHER)
        while len(batch) < MOST_AT_ONCE and not _waiting.empty():
            batch.append(_waiting.get_nowait())
        try:
            if client is None:
                client = redis.Redis.from_url(
                    settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=1, socket_keepalive=True
                )
            _send(client, batch)
        except (redis.RedisError, OSError) as error:
            logger.warning("live events wait in the database, Redis is away: %s", error)
            client = None
            time.sleep(SECONDS_BETWEEN_TRIES)


def _send(client: redis.Redis[bytes], batch: Sequence[tuple[str, bytes]]) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for channel, message in batch:
            pipeline.publish(channel, message)
        pipeline.execute()

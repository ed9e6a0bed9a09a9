"""Publishes committed events to the sockets. A hint only: a socket that misses one reads the database."""

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
QUEUE_LENGTH = 10_000
BATCH_LENGTH = 200
# The events of many short nodes go to Redis in one round trip; too short a delay to be noticed on the screen.
BATCH_SECONDS = 0.01

_queue: queue.Queue[tuple[str, bytes]] = queue.Queue(QUEUE_LENGTH)
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
    """Queue a message for the thread that sends; the caller never waits for Redis."""
    if os.getpid() not in _sender:
        with _starting:
            if os.getpid() not in _sender:
                thread = threading.Thread(target=_send_batches, name="live-publish", daemon=True)
                _sender[os.getpid()] = thread
                thread.start()
    try:
        _queue.put_nowait((channel_of(topic), message))
    except queue.Full:
        logger.warning("live events are not published, Redis is too slow; pages read them from the database")


def _send_batches() -> None:
    client: redis.Redis[bytes] | None = None
    while True:
        batch = [_queue.get()]
        time.sleep(BATCH_SECONDS)
        while len(batch) < BATCH_LENGTH and not _queue.empty():
            batch.append(_queue.get_nowait())
        try:
            if client is None:
                client = redis.Redis.from_url(
                    settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=1, socket_keepalive=True
                )
            _send(client, batch)
        except (redis.RedisError, OSError) as error:
            logger.warning("live events are not published, Redis is away; pages read them from the database: %s", error)
            client = None
            time.sleep(SECONDS_BETWEEN_TRIES)


def _send(client: redis.Redis[bytes], batch: Sequence[tuple[str, bytes]]) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for channel, message in batch:
            pipeline.publish(channel, message)
        pipeline.execute()

"""Publishes committed events to the sockets. Best effort: a socket that misses one reads the database."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import redis
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_TRIES = 2.0
ACCESS = "access"
"""The topic of a notice without content: somebody may see less than before, so every socket asks again."""
QUEUE_LENGTH = 10_000
BATCH_LENGTH = 200
# The events of many short nodes go to Redis in one round trip; too short a delay to be noticed on the screen.
BATCH_SECONDS = 0.01
# Far below `fanout.MAX_QUEUED_BYTES`, beyond which a socket reads the database instead.
MAX_MESSAGE_BYTES = 64 * 1024


class Events(NamedTuple):
    """Events of one transaction: ``bodies`` as JSON text, numbered from ``first_seq`` without gaps."""

    topic: str
    first_seq: int
    bodies: tuple[str, ...]


_queue: queue.Queue[Events] = queue.Queue(QUEUE_LENGTH)
_sender: dict[int, threading.Thread] = {}
_starting = threading.Lock()


def channel_of(topic: str) -> str:
    """Return the name of the Redis channel of a topic (``run:<id>``)."""
    return f"lepton:live:{topic}"


def publish_on_commit(topic: str, first_seq: int, bodies: Sequence[str]) -> None:
    """Publish events when the current transaction commits.

    Args:
        topic: Their topic, such as ``run:<id>``.
        first_seq: Sequence number of the first; the others follow without gaps.
        bodies: Each event as JSON text without line breaks.
    """
    if bodies:
        events = Events(topic, first_seq, tuple(bodies))
        transaction.on_commit(lambda: publish(events))


def publish_access_change() -> None:
    """When the current transaction commits, have every open socket check whether it may stay."""
    publish_on_commit(ACCESS, 1, ("changed",))


def publish(events: Events) -> None:
    """Queue events for the thread that sends; the caller never waits for Redis."""
    if os.getpid() not in _sender:
        with _starting:
            if os.getpid() not in _sender:
                thread = threading.Thread(target=_send_batches, name="live-publish", daemon=True)
                _sender[os.getpid()] = thread
                thread.start()
    try:
        _queue.put_nowait(events)
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


def _send(client: redis.Redis[bytes], batch: Iterable[Events]) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for topic, message in messages_of(batch):
            pipeline.publish(channel_of(topic), message)
        pipeline.execute()


def messages_of(batch: Iterable[Events]) -> Iterator[tuple[str, bytes]]:
    """Join consecutive events of a topic, so that a run with many short nodes is published in one command.

    Yields:
        Topic and message: the number of the first event, then the events, on a line each.
    """
    pending: list[str] = []
    topic, first, size = "", 0, 0
    # Two threads may commit in one order and queue in the other.
    for events in sorted(batch):
        added = sum(map(len, events.bodies))
        follows = (events.topic, events.first_seq) == (topic, first + len(pending))
        if pending and not (follows and size + added <= MAX_MESSAGE_BYTES):
            yield topic, _message(first, pending)
            pending = []
        if not pending:
            topic, first, size = events.topic, events.first_seq, 0
        pending += events.bodies
        size += added
    if pending:
        yield topic, _message(first, pending)


def _message(first_seq: int, bodies: Sequence[str]) -> bytes:
    return "\n".join((str(first_seq), *bodies)).encode()

"""Readiness probes of the processes. Each blocks for at most a second or two and never raises."""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Callable

import redis
from amqp.exceptions import AMQPError
from celery import Celery
from kombu import Connection
from kombu.exceptions import KombuError

from leptonweb.supervise.start_error import StartError

PROBE_TIMEOUT_SECONDS = 2.0
PAUSE_SECONDS = 0.2
SAY_SECONDS = 10.0


def redis_answers(url: str) -> bool:
    """Return whether the Redis at ``url`` accepts commands."""
    return redis_fault(url) is None


def redis_fault(url: str) -> str | None:
    """Return why the Redis behind ``url`` cannot be used, or None when it can."""
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=PROBE_TIMEOUT_SECONDS, socket_timeout=PROBE_TIMEOUT_SECONDS
        ) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        return str(error)
    return None


def broker_fault(url: str) -> str | None:
    """Return why the broker behind ``url`` cannot be used, or None when it can."""
    try:
        with Connection(url, connect_timeout=PROBE_TIMEOUT_SECONDS) as connection:
            connection.ensure_connection(max_retries=1, reraise_as_library_errors=False)
    except (OSError, AMQPError, redis.RedisError, KombuError, KeyError, ValueError, ImportError) as error:
        return str(error) or type(error).__name__
    return None


def http_answers(host: str, port: int, path: str, *, name: str = "") -> bool:
    """Return whether a request gets an answer other than a server error; ``name``: what it calls the host instead."""
    connection = http.client.HTTPConnection(host, port, timeout=PROBE_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": name} if name else {})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def worker_answers(broker_url: str, worker_name: str) -> bool:
    """Return whether the Celery worker called ``worker_name`` answers a ping through the broker."""
    with Celery("probe", broker=broker_url, set_as_current=False) as probe:
        return bool(probe.control.ping(destination=[worker_name], timeout=1.0))


async def wait_until(
    what: str, probe: Callable[[], bool], *, timeout_seconds: float, on_wait: Callable[[], None]
) -> None:
    """Return when ``probe`` is true; it runs in a thread. ``on_wait`` is called every ten seconds until then.

    Raises:
        StartError: It was not true in time.
    """
    began = said_at = time.monotonic()
    while not await asyncio.to_thread(probe):
        now = time.monotonic()
        if now - said_at > SAY_SECONDS:
            on_wait()
            said_at = now
        if now - began > timeout_seconds:
            raise StartError(f"{what} did not answer within {timeout_seconds:g} s; its lines above say more.")
        await asyncio.sleep(PAUSE_SECONDS)

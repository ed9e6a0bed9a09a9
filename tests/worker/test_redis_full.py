"""Redis that takes nothing more, because its memory or its disk is full: work goes on, and so do the workers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import redis

from tests.worker.stack import Stack, node, wait_until, wire

pytestmark = [pytest.mark.worker, pytest.mark.full]


@pytest.fixture
def stack(tmp_path):
    made = Stack(tmp_path / "data")
    try:
        made.start_all()
        yield made
    finally:
        made.close()


def test_a_worker_outlives_a_redis_that_is_full_and_what_it_works_on_is_not_lost(stack):
    first = stack.new_run({"nodes": [node("a", "talks", points=400, pause_seconds=0.02)], "edges": []})
    stack.wait_for(first, lambda now: now["state"] == "running")
    server = redis.Redis(port=stack.redis_port)
    server.config_set("maxmemory", 1)
    server.client_kill_filter(_type="normal", skipme=True)  # who comes back has to set up its queues again
    assert stack.ended(stack.new_run(chain(1.0)))["state"] == "done"  # found in the database, nobody could be called
    wait_until(lambda: has_patience(stack), "the consumer is refused and comes back more slowly", about=stack.said)
    assert len(refusals(stack)) < 12
    server.config_set("maxmemory", 0)
    wait_until(lambda: is_read(server), "somebody reads the queues again", 10, about=stack.said)
    assert stack.ended(stack.new_run(chain(2.0)))["state"] == "done"
    ended = stack.ended(first)
    assert (ended["state"], ended["nodes"][0]["attempt"]) == ("done", 1), ended
    assert stack.processes["worker"].poll() is None


def has_patience(stack):
    """Return whether the worker's consumer waited for seconds between two times that it was refused."""
    refused = refusals(stack)
    return any(after - before > timedelta(seconds=2) for before, after in pairwise(refused))


def refusals(stack):
    """Return when the worker's consumer ran into the full Redis, be it to try again or to end."""
    said = (stack.folder / "worker.log").read_text(errors="replace")
    consumer = [line for line in said.splitlines() if " celery.worker" in line]
    refused = [line for line in consumer if "command not allowed" in line or "OutOfMemoryError" in line]
    return [datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S,%f").replace(tzinfo=UTC) for line in refused]


def is_read(server):
    """Return whether somebody waits for work: a worker that has ended for good still finishes what it has."""
    return any(client["cmd"] == "brpop" for client in server.client_list())


def chain(value):
    return {"nodes": [node("a", "nothing", value=value), node("b", "nothing")], "edges": [wire("a", "b")]}

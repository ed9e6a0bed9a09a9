"""Redis that takes nothing more, because its memory or its disk is full: work goes on, and so do the workers."""

from __future__ import annotations

import pytest
import redis

from tests.worker.stack import Stack, node, wire

pytestmark = pytest.mark.worker


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
    server.config_set("maxmemory", 0)
    assert stack.ended(stack.new_run(chain(2.0)))["state"] == "done"
    ended = stack.ended(first)
    assert (ended["state"], ended["nodes"][0]["attempt"]) == ("done", 1), ended
    assert stack.processes["worker"].poll() is None


def chain(value):
    return {"nodes": [node("a", "nothing", value=value), node("b", "nothing")], "edges": [wire("a", "b")]}

"""A Redis of its own and serving processes in folders of their own; no Django."""

from __future__ import annotations

import pytest

from tests.serving.plane import Plane, RedisServer


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def plane(tmp_path, redis_server):
    redis_server.client.flushall()
    with Plane(tmp_path, redis_server.url) as made:
        yield made

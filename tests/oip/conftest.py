"""A serving process with a model of every kind of column and answer."""

from __future__ import annotations

import json

import pytest

from tests.oip.conformance import Server
from tests.oip.packages import houses, switch
from tests.serving.packages import line
from tests.serving.plane import KEY, Plane, RedisServer

HEADERS = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """A plane with the endpoints ``line`` (two numbers), ``houses`` (every type, classes) and one per kind of class."""
    folder = tmp_path_factory.mktemp("oip")
    with RedisServer(folder) as redis, Plane(folder, redis.url) as plane:
        plane.serve("line", package=line())
        plane.serve("houses", package=houses())
        for name, values in (("truth", [False, True]), ("whole", [3, 7]), ("part", [0.5, 1.5])):
            plane.serve(name, package=switch(values))
        plane.start()
        for slug in plane.endpoints:
            plane.wait_for_release(1, slug)
        yield plane


@pytest.fixture(scope="session")
def url(served):
    return f"http://127.0.0.1:{served.port}/endpoints"


@pytest.fixture(scope="session")
def server(url):
    """The endpoint ``houses`` with a real row as its request."""
    row = houses().program["example"]
    types = {"area": "FP64", "rooms": "INT64", "city": "BYTES", "garden": "BOOL", "built": "BYTES"}
    inputs = [{"name": name, "datatype": types[name], "shape": [1], "data": [value]} for name, value in row.items()]
    return Server(f"{url}/houses", "houses", HEADERS, json.loads(json.dumps({"inputs": inputs})))

"""Refusals at the head: whom they meet, what they say, and that nothing of the body is kept."""

from __future__ import annotations

import hashlib
import json
import time

import pytest

from tasks.inference.program import Program
from tasks.inference.server.deployments.model_repository import LoadedEndpoint, ModelRepository, Release
from tasks.inference.server.deployments.package import Package
from tasks.inference.server.deployments.snapshot import Entry
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.http.precheck import Precheck
from tasks.inference.server.http.route_cache import REMEMBERED_KEYS, RouteCache
from tasks.inference.server.limits.admission import BatchQueue, ConcurrencyLimit, RequestQueue
from tasks.inference.server.limits.api_keys import Key
from tasks.inference.server.limits.cost_estimate import KNOWN_BYTES, MAX_BYTES, SHORT_SECONDS, CostEstimate
from tasks.inference.server.protocols.request_head import RequestHead
from tasks.inference.server.protocols.routes import find_route
from tests.serving.packages import line
from tests.serving.plane import KEY

URL = b"/endpoints/house/predict"
BEARER = b"Bearer " + KEY.encode()
ADDRESSES = (
    URL,
    b"/endpoints/house/predict?explain=true",
    b"/endpoints/house/invocations",
    b"/endpoints/house/v2/models/house/infer",
    b"/endpoints/house/v2/models/house/versions/1/infer",
)


class House:
    """The checks before one endpoint, whose queues are full or not as one likes."""

    def __init__(self, key=None, keys=()):
        self.repository = ModelRepository(lambda address: None)
        self.statistics, self.concurrency = Statistics(), ConcurrencyLimit(4, 2)
        self.queue, self.batch_queue = RequestQueue(0.5), BatchQueue(2.0)
        package = line()
        self.package = Package("a", package.program, Program.load(package.program, package.files))
        self.adopt({KEY: key or Key("k")} | dict(keys))
        self.routes = RouteCache(self.repository, self.queue, 1)
        self.precheck = Precheck(self.routes, self.statistics, self.queue, self.batch_queue, self.concurrency)

    def adopt(self, keys):
        hashed = {hashlib.sha256(text.encode()).digest(): key for text, key in keys.items()}
        entry = Entry("house", 1, "a", "House", 1, hashed)
        self.repository.endpoints = {"house": LoadedEndpoint(entry, Release.of(entry, self.package))}

    def asked(self, url=URL, bearer=BEARER, size=100):
        path, _, query = url.partition(b"?")
        route = find_route(path.decode(), query)
        answer = self.precheck.refusal(RequestHead(route, authorization=bearer, content_length=size))
        if answer is None:
            return None
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"\r\ncontent-length: %d" % len(body) in head
        return int(head.split()[1]), head, json.loads(body)

    def counted(self):
        return {status: count for one in self.statistics.collect() for status, count in one["statuses"].items()}


def full(row):
    row.is_full = lambda: True


@pytest.mark.parametrize("url", ADDRESSES)
def test_a_request_that_would_wait_too_long_is_refused_in_every_protocol_and_counted(url):
    house = House()
    assert house.asked(url) is None
    full(house.queue)
    full(house.batch_queue)
    status, head, body = house.asked(url)
    assert status == 503
    assert b"\r\nretry-after: 1" in head
    words = body["error"] if b"/v2/" in url else body["message"]
    assert "Come again." in words
    assert ("error_code" in body) == url.endswith(b"invocations")
    assert house.asked(url) == (status, head, body)
    assert house.counted() == {"503": 2}


def test_a_key_at_its_limit_is_429_and_a_full_server_503():
    house = House(keys={"lep_other": Key("other")})
    house.concurrency.enter("k")
    house.concurrency.enter("k")
    assert house.asked()[0] == 429
    assert house.asked(bearer=b"Bearer lep_other") is None
    for _ in range(2):
        house.concurrency.enter("other")
    status, _, body = house.asked(bearer=b"Bearer lep_other")
    assert (status, body["code"]) == (503, "busy")
    assert "as many requests under way" in body["message"]


@pytest.mark.parametrize("bearer", [b"", b"Bearer wrong", b"Basic " + KEY.encode()])
def test_a_request_without_a_valid_key_is_401_before_its_body_whether_or_not_the_queue_is_full(bearer):
    house = House()
    for _ in range(2):
        status, head, body = house.asked(bearer=bearer)
        assert (status, body["code"]) == (401, "unauthorized")
        assert b"\r\nwww-authenticate: Bearer" in head
        full(house.queue)
    assert house.counted() == {"401": 2}


def test_a_key_that_may_not_predict_or_has_expired_is_refused():
    house = House(Key("k", scopes=frozenset({"metadata"})), {"lep_over": Key("o", expires_at=time.time() - 1)})
    assert house.asked()[0] == 403
    assert house.asked(bearer=b"Bearer lep_over")[0] == 401


def test_a_key_that_is_revoked_or_expires_while_it_is_remembered_is_refused_at_once():
    house = House(Key("k", expires_at=time.time() + 1000))
    assert house.asked() is None
    house.routes.find("house").keys[BEARER] = Key("k", expires_at=time.time() - 1)
    assert house.asked() is None, "the list of keys counts, not what was remembered"
    house.adopt({})
    assert house.asked()[0] == 401


class CountedLooks(dict):
    """The endpoints of a repository; counts how often one is looked up."""

    looks = 0

    def get(self, *arguments):
        self.looks += 1
        return super().get(*arguments)


def test_a_request_for_an_unknown_endpoint_looks_at_no_other_and_a_deleted_one_is_forgotten():
    house = House()
    known = house.repository.endpoints["house"]
    house.repository.endpoints = CountedLooks({f"house-{number}": known for number in range(5)})
    for slug in list(house.repository.endpoints):
        assert house.routes.find(slug) is not None
    house.repository.endpoints.looks = 0
    assert house.routes.find("unknown") is None
    assert house.repository.endpoints.looks == 1
    house.repository.endpoints = {"house-0": known}
    assert house.routes.find("house-1") is None
    assert len(house.routes) == 1


@pytest.mark.parametrize(
    "url",
    [
        b"/endpoints/nobody/predict",
        b"/endpoints/house",
        b"/endpoints/house/v2/models/house",
        b"/endpoints/h%6fuse/predict",
        b"/health/live",
        b"",
    ],
)
def test_what_is_no_prediction_is_left_to_the_application(url):
    house = House()
    full(house.queue)
    assert house.asked(url) is None
    assert house.counted() == {}


def test_size_and_address_decide_in_which_queue_a_request_waits():
    house = House()
    full(house.batch_queue)
    assert house.asked(size=KNOWN_BYTES) is None
    assert house.asked(size=MAX_BYTES + 1)[0] == 503
    assert house.asked(ADDRESSES[1])[0] == 503, "explaining takes long"
    house.package.cost.record(100, 2 * SHORT_SECONDS)
    assert house.asked(size=100)[0] == 503
    assert house.asked(size=1000) is None


def test_no_more_keys_of_an_endpoint_are_remembered_than_was_agreed():
    house = House(keys={f"lep_{number}": Key(f"{number}") for number in range(REMEMBERED_KEYS + 5)})
    for number in range(REMEMBERED_KEYS + 5):
        house.asked(bearer=f"Bearer lep_{number}".encode())
    assert len(house.routes.find("house").keys) <= REMEMBERED_KEYS


def test_what_takes_long_is_learned_and_one_slow_moment_of_the_machine_changes_nothing():
    cost = CostEstimate()
    assert (cost.is_cheap(KNOWN_BYTES), cost.is_cheap(KNOWN_BYTES + 1)) == (True, False)
    size = KNOWN_BYTES + 1000
    cost.record(size, 0.002)
    assert cost.is_cheap(size)
    cost.record(size, 1.0)
    assert cost.is_cheap(size)
    for _ in range(100):
        cost.record(size, 0.02)
    assert not cost.is_cheap(size)
    assert cost.is_cheap(600), "other sizes have times of their own"
    for _ in range(5):
        cost.record(size, 0.002)
    assert cost.is_cheap(size)
    cost.record(MAX_BYTES + 1, 0.001)
    assert not cost.is_cheap(MAX_BYTES + 1)

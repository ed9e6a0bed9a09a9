"""Several releases at one address, models that sleep, and processes that are killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from pathlib import Path

import pytest
import redis

from tasks import serving_interface
from tasks.inference.drift import add
from tasks.inference.program import Program
from tasks.inference.server.deployments.model_repository import LoadedEndpoint, ModelRepository, Release
from tasks.inference.server.deployments.package import Package
from tasks.inference.server.deployments.snapshot import Entry, SecondaryRelease, Snapshot
from tasks.inference.server.deployments.traffic_split import choose, compare
from tasks.inference.server.protocols.request_head import ContentKind, RequestHead
from tasks.inference.server.protocols.routes import find_route
from tests.serving.packages import line, referenced
from tests.serving.plane import wait_for

ROW = {"size": 10, "rooms": 2}
REPEATS = 2000


def package_of(slope, address="a"):
    package = line(slope=slope)
    return Package(address, package.program, Program.load(package.program, package.files))


def entry(slug="house", release=1, address="a", **beside):
    return Entry(slug, release, address, "House", 1, {}, **beside)


@pytest.fixture(scope="module")
def served():
    wanted = entry(canary=SecondaryRelease(2, 1, "b", 25.0))
    return LoadedEndpoint(
        wanted,
        Release.of(wanted, package_of(1)),
        canary=Release.of(wanted.of(wanted.canary), package_of(2, "b")),
    )


def chosen(served, percent):
    """Return which requests the canary gets at a percentage."""
    canary = SecondaryRelease(2, 1, "b", percent)
    endpoint = LoadedEndpoint(entry(canary=canary), served.release, canary=served.canary)
    return {number for number in range(REPEATS) if choose(endpoint, b"%d" % number, b"").entry.release == 2}


def test_a_canary_gets_its_share_and_keeps_it_when_the_share_grows(served):
    quarter = chosen(served, 25)
    assert len(quarter) == pytest.approx(REPEATS * 0.25, rel=0.15)
    assert quarter <= chosen(served, 50)
    assert chosen(served, 0) == set()
    assert len(chosen(served, 100)) == REPEATS


def test_the_same_row_always_gets_the_same_release(served):
    bodies = [json.dumps({"rows": [{"size": size, "rooms": 2}]}).encode() for size in range(50)]
    first = [choose(served, None, body).entry.release for body in bodies]
    assert first == [choose(served, None, body).entry.release for body in bodies]
    assert set(first) == {1, 2}


PREDICT = "/endpoints/house/predict"
V2_BODY = {
    "inputs": [
        {"name": "size", "datatype": "FP64", "shape": [2], "data": [10.0, 20.0]},
        {"name": "rooms", "datatype": "INT64", "shape": [2], "data": [2, 2]},
    ]
}


def call_of(path, **head):
    """Return what a request at an address wants."""
    route = find_route(path)
    return route.protocol.call(RequestHead(route, **head), route)


@pytest.mark.parametrize(
    ("call", "content"),
    [
        (call_of(PREDICT), json.dumps({"rows": [ROW, {"size": 20, "rooms": 2}]}).encode()),
        (call_of(PREDICT), json.dumps({"columns": {"size": [10, 20], "rooms": [2, 2]}}).encode()),
        (call_of(PREDICT, content_kind=ContentKind.CSV, accepts_csv=True), b"size,rooms\n10,2\n20,2\n"),
        (
            call_of("/endpoints/house/invocations"),
            json.dumps({"dataframe_records": [ROW, {"size": 20, "rooms": 2}]}).encode(),
        ),
        (call_of("/endpoints/house/v2/models/house/infer"), json.dumps(V2_BODY).encode()),
    ],
    ids=["rows", "columns", "csv", "mlflow", "v2"],
)
def test_a_shadow_is_compared_row_by_row_in_each_protocol(call, content):
    response = call.answer(Release.of(entry(), package_of(2)), content)
    found, other = compare(Release.of(entry(), package_of(3)), content, call.answer, response)
    seconds = found.pop("seconds")
    assert found == {"requests": 1, "rows": 2, "differed": 2, "largest": 20.0, "distance": 30.0}
    assert seconds > 0
    assert list(other.answer.predictions) == [33.0, 63.0]
    same, _ = compare(Release.of(entry(), package_of(2)), content, call.answer, response)
    assert (same["differed"], same["distance"]) == (0, 0.0)


def test_a_shadow_that_refuses_a_row_is_counted_as_at_fault():
    call, content = call_of(PREDICT), json.dumps({"rows": [ROW]}).encode()
    response = call.answer(Release.of(entry(), package_of(2)), content)
    refused = json.dumps({"rows": [{}]}).encode()
    assert compare(Release.of(entry(), package_of(3)), refused, call.answer, response) == (
        {"requests": 1, "errors": 1},
        None,
    )


@pytest.mark.worker
def test_every_answer_names_the_release_that_made_it_and_the_shadow_is_counted(plane, redis_server):
    addresses = {number: plane.store.put(line(slope=number)).digest for number in (1, 2, 3)}
    plane.serve(address=addresses[1])
    plane.endpoints["house"] |= {
        "canary": {"release": 2, "version": 1, "address": addresses[2], "percent": 30},
        "shadow": {"release": 3, "version": 1, "address": addresses[3]},
    }
    plane.publish()
    plane.start().wait_for_release(1)
    wait_for("the other two", lambda: (plane.report().get("canary"), plane.report().get("shadow")) == (2, 3))
    found = []
    for size in range(100):
        status, answer = plane.predict([{"size": size, "rooms": 2}])
        release = answer["model"]["release"]
        assert (status, answer["predictions"]) == (200, [release * size + 3.0])
        found.append(release)
    assert set(found) == {1, 2}
    assert 10 < found.count(2) < 50

    def counted():
        parts = [json.loads(one) for one in redis_server.client.lrange(serving_interface.STATISTICS_KEY, 0, -1)]
        return sum(one["shadow"].get("requests", 0) + one["shadow"].get("skipped", 0) for one in parts) == 100 and parts

    parts = wait_for("what the shadow gave", counted)
    by_release = {number: [one for one in parts if one["release"] == number] for number in (1, 2, 3)}
    assert sum(one["statuses"].get("200", 0) for one in by_release[2]) == found.count(2)
    assert sum(one["shadow"].get("differed", 0) for one in by_release[3]) > 50
    assert not any(one["statuses"] for one in by_release[3]), "a shadow answers nobody"


@pytest.mark.worker
def test_a_canary_that_cannot_be_loaded_leaves_everything_to_the_other(plane):
    plane.serve(package=line())
    plane.endpoints["house"]["canary"] = {"release": 2, "version": 1, "address": "0" * 64, "percent": 100}
    plane.publish()
    plane.start().wait_for_release(1)
    wait_for("the failure", lambda: plane.report().get("failures", {}).get("canary"))
    assert plane.predict([ROW])[1]["model"]["release"] == 1


class Loads:
    """Counts what is loaded."""

    def __init__(self):
        self.addresses = []

    def __call__(self, address):
        self.addresses.append(address)
        return package_of(2, address)


def many(revision, count):
    slugs = [f"e{number}" for number in range(count)]
    return Snapshot(revision, {slug: entry(slug, address=slug) for slug in slugs})


async def test_the_least_recently_used_models_are_unloaded_and_loaded_again_on_their_next_request():
    loads = Loads()
    repository = ModelRepository(loads, capacity=3)
    repository.adopt(many(1, 10))
    await repository.load_missing()
    assert (repository.held, repository.is_settled, len(loads.addresses)) == (3, True, 3)
    assert all(report["release"] == 1 for report in repository.report().values()), "a sleeper will answer when asked"
    repository.last_used |= {"e0": 3.0, "e1": 1.0, "e2": 2.0}
    await asyncio.gather(*(repository.load_on_demand(repository.endpoints["e7"]) for _ in range(20)))
    assert loads.addresses.count("e7") == 1, "all who ask wait for one loading"
    assert repository.endpoints["e7"].release is not None
    assert repository.held == 3
    assert repository.endpoints["e1"].is_unloaded, "it was not asked for longest"
    repository.adopt(many(2, 10))
    await repository.load_missing()
    assert len(loads.addresses) == 4, "a sleeper sleeps on when something else changes"


@pytest.mark.parametrize("address", ["e1", "broken"])
async def test_a_request_that_comes_while_an_endpoint_is_loaded_again_waits_for_it(address):
    begun, may_end = threading.Event(), threading.Event()

    def load(wanted):
        if wanted != "e0":
            begun.set()
            may_end.wait(10)
        if wanted == "broken":
            raise OSError("gone")
        return package_of(2, wanted)

    repository = ModelRepository(load, capacity=1)
    repository.adopt(Snapshot(1, {"e0": entry("e0", address="e0"), "e1": entry("e1", address=address)}))
    await repository.load_missing()
    first = asyncio.ensure_future(repository.load_on_demand(repository.endpoints["e1"]))
    await asyncio.to_thread(begun.wait, 10)
    later = repository.endpoints["e1"]
    assert later.is_unloaded, "a request that comes now has to wait too"
    second = asyncio.ensure_future(repository.load_on_demand(later))
    await asyncio.sleep(0)
    assert not second.done()
    may_end.set()
    assert await first is await second
    answering = repository.endpoints["e1"]
    assert not answering.is_unloaded
    assert (answering.release is None, "gone" in answering.failure) == ((address == "broken"), (address == "broken"))


async def test_a_new_release_of_an_unloaded_endpoint_is_loaded_at_once():
    loads = Loads()
    repository = ModelRepository(loads, capacity=2)
    repository.adopt(many(1, 5))
    await repository.load_missing()
    changed = many(2, 5).endpoints | {"e4": entry("e4", 2, "new")}
    repository.adopt(Snapshot(2, changed))
    await repository.load_missing()
    assert repository.endpoints["e4"].release.entry.release == 2
    assert repository.held <= 2


async def test_going_back_to_the_release_before_takes_no_loading():
    loads = Loads()
    repository = ModelRepository(loads)
    for revision, address in enumerate(["one", "two", "one", "two"], start=1):
        repository.adopt(Snapshot(revision, {"house": entry(release=revision, address=address)}))
        await repository.load_missing()
        assert repository.endpoints["house"].release.package.address == address
    assert loads.addresses == ["one", "two"]
    assert repository.held == 2


@pytest.mark.worker
def test_an_unloaded_endpoint_answers_its_first_request(plane):
    for number in range(4):
        plane.serve(f"e{number}", package=line(slope=number))
    plane.start(LEPTON_SERVE_MAX_MODELS="2")
    wait_for("readiness", lambda: plane.get("/health/ready") == 200)
    for _ in range(2):
        for number in range(4):
            status, answer = plane.predict([ROW], slug=f"e{number}")
            assert (status, answer["predictions"]) == (200, [number * 10 + 3.0])


def children(process):
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.mark.worker
def test_a_killed_process_is_replaced_and_the_other_goes_on(plane):
    plane.serve(package=line())
    plane.start(LEPTON_SERVE_PROCESSES="2")
    with redis.Redis.from_url(plane.redis_url) as client:
        wait_for("two processes", lambda: client.scard(serving_interface.PROCESSES_KEY) == 2)
        plane.wait_for_release(1)
        known = client.smembers(serving_interface.PROCESSES_KEY)
        serving = {int(name.decode().rsplit("-", 2)[1]) for name in known}
        victim = next(pid for pid in children(plane.process) if pid in serving)
        os.kill(victim, signal.SIGKILL)
        wait_for("its replacement", lambda: client.smembers(serving_interface.PROCESSES_KEY) - known)
    tries = [answers(plane) for _ in range(20)]
    assert all(tries)


def answers(plane):
    """Ask as a client does that tries once more."""
    for _ in range(2):
        try:
            if plane.predict([ROW])[0] == 200:
                return True
        except OSError:
            continue
    return False


@pytest.mark.worker
def test_what_comes_in_is_counted_in_the_bins_of_the_reference_whatever_the_protocol(plane, redis_server):
    plane.serve(package=referenced())
    plane.start().wait_for_release(1)
    for size in (1, 2, 98, 500):
        assert plane.predict([{"size": size, "rooms": 2}])[0] == 200
    address = "/endpoints/house/predict"
    two = json.dumps({"columns": {"size": [1, 1], "rooms": [1, 1]}})
    assert plane.call("POST", address, two)[0] == 200
    assert plane.call("POST", address, "size,rooms\n1,2\n", **{"Content-Type": "text/csv"})[0] == 200
    assert plane.call("POST", "/endpoints/house/v2/models/house/infer", json.dumps(V2_BODY))[0] == 200
    one = json.dumps({"dataframe_records": [ROW]})
    assert plane.call("POST", "/endpoints/house/invocations", one)[0] == 200

    def counted():
        found = {}
        for content in redis_server.client.lrange(serving_interface.STATISTICS_KEY, 0, -1):
            if drift := json.loads(content)["drift"]:
                add(found, drift)
        return found if found.get("rows") == 10 else None

    found = wait_for("ten counted rows", counted)
    *inside, outside, missing = found["columns"]["size"]
    assert (sum(inside), inside[-1], outside, missing) == (10, 2, 1, 0)
    assert found["prediction"][-2] == 2, "200 and 1003 lie beyond what it answered in training"

"""RateLimits of keys: exact under parallel fire, over all processes, and counted without Redis too."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tasks.inference.server.limits.api_keys import Key
from tasks.inference.server.limits.rate_limits import LocalWindow, RateLimits
from tasks.inference.server.responses import HttpError
from tests.serving.packages import line
from tests.serving.plane import KEY

NOWHERE = "redis://127.0.0.1:1/0"
ROW = {"size": 10, "rooms": 2}


async def fire(limits, key, count):
    """Return how many of so many requests at once went through, and the refusals."""
    outcomes = await asyncio.gather(*(limits.admit(key) for _ in range(count)), return_exceptions=True)
    assert all(one is None or isinstance(one, HttpError) for one in outcomes), outcomes
    return outcomes.count(None), [one for one in outcomes if one is not None]


@pytest.mark.parametrize("is_there", [True, False], ids=["with Redis", "without"])
async def test_exactly_ten_of_two_hundred_at_once_go_through(redis_server, is_there):
    redis_server.client.flushall()
    limits = RateLimits(redis_server.url if is_there else NOWHERE)
    through, refused = await fire(limits, Key("excel", per_second=10), 200)
    assert through == 10
    assert {(one.status, dict(one.headers)[b"retry-after"]) for one in refused} == {(429, b"1")}
    await limits.close()


async def test_several_processes_share_one_limit(redis_server):
    redis_server.client.flushall()
    several = [RateLimits(redis_server.url) for _ in range(4)]
    found = await asyncio.gather(*(fire(limits, Key("excel", per_second=10), 50) for limits in several))
    assert sum(through for through, _ in found) == 10
    for limits in several:
        await limits.close()


async def test_a_quota_ends_at_midnight_and_says_so(redis_server):
    redis_server.client.flushall()
    limits = RateLimits(redis_server.url)
    key = Key("excel", per_day=25)
    through, refused = await fire(limits, key, 200)
    assert through == 25
    assert 1 <= int(dict(refused[0].headers)[b"retry-after"]) <= 86_400
    assert (await fire(limits, key, 5))[0] == 0
    assert (await fire(limits, Key("other", per_day=25), 5))[0] == 5
    await limits.close()


@pytest.mark.parametrize("is_there", [True, False], ids=["with Redis", "without"])
@pytest.mark.parametrize("per_second", [0, 10])
async def test_what_is_refused_names_the_limit_that_refused_it(redis_server, is_there, per_second):
    redis_server.client.flushall()
    limits = RateLimits(redis_server.url if is_there else NOWHERE)
    through, refused = await fire(limits, Key("excel", per_second=per_second, per_day=5), 8)
    assert (through, {json.loads(one.body)["code"] for one in refused}) == (5, {"quota_used_up"})
    until_midnight = 86_400 - time.time() % 86_400
    assert abs(int(dict(refused[0].headers)[b"retry-after"]) - until_midnight) < 60
    through, refused = await fire(limits, Key("script", per_second=5, per_day=100), 8)
    assert (through, {json.loads(one.body)["code"] for one in refused}) == (5, {"too_many_requests"})
    await limits.close()


async def test_a_check_that_raises_fails_the_requests_that_wait_and_no_later_ones(monkeypatch):
    limits, key = RateLimits(NOWHERE), Key("excel", per_second=10)
    decide, fails = limits._decide, [True]

    async def raise_once(*arguments):
        await asyncio.sleep(0)
        if fails.pop():
            fails.append(False)
            raise ValueError("no number")
        return await decide(*arguments)

    monkeypatch.setattr(limits, "_decide", raise_once)
    async with asyncio.timeout(10):
        found = await asyncio.gather(*(limits.admit(key) for _ in range(3)), return_exceptions=True)
        assert [type(one) for one in found] == [ValueError] * 3
        await limits.admit(key)
    await limits.close()


def test_no_second_ever_holds_more_than_the_limit():
    tally, key = LocalWindow(), Key("excel", per_second=10)
    moments = [at for at in (number / 97 for number in range(500)) if tally.take(key, 1, at).granted]
    assert len(moments) == 60, "ten in each of the six seconds that began"
    for first in moments:
        assert sum(first <= at < first + 1 for at in moments) <= 10


def test_a_new_day_brings_a_new_quota():
    tally, key = LocalWindow(), Key("excel", per_day=3)
    assert tally.take(key, 5, 86_400 * 100 + 80_000).granted == 3
    assert tally.take(key, 1, 86_400 * 100 + 80_001).wait_seconds == 6399
    assert tally.take(key, 1, 86_400 * 101).granted == 1


@pytest.mark.worker
def test_parallel_calls_over_http_get_exactly_the_limit(plane):
    plane.serve(package=line())
    plane.endpoints["house"]["keys"][0]["per_second"] = 10
    plane.publish()
    plane.start(LEPTON_SERVE_PROCESSES="2").wait_for_release(1)
    body = json.dumps({"rows": [ROW]})
    with ThreadPoolExecutor(32) as callers:
        before = time.monotonic()
        answer = list(callers.map(lambda _: plane.call("POST", "/endpoints/house/predict", body), range(200)))
        seconds = time.monotonic() - before
    passed = sum(status == 200 for status, _, _ in answer)
    assert passed == 10 if seconds < 1 else 10 <= passed <= 10 * (int(seconds) + 1)
    refused = [(status, headers.get("retry-after")) for status, _, headers in answer if status != 200]
    assert set(refused) == {(429, "1")}


@pytest.mark.worker
def test_a_key_does_what_its_scopes_say_until_it_expires(plane):
    plane.serve(package=line(), keys=(KEY, "lep_reads", "lep_over"))
    _, reads, over = plane.endpoints["house"]["keys"]
    reads["scopes"] = ["metadata"]
    over["expires_at"] = time.time() - 1
    assert hashlib.sha256(b"lep_reads").hexdigest() == reads["hash"]
    plane.publish()
    plane.start().wait_for_release(1)
    assert plane.predict([ROW], key="lep_reads")[0] == 403
    assert plane.call("GET", "/endpoints/house", key="lep_reads")[0] == 200
    assert plane.predict([ROW], key="lep_over")[0] == 401
    assert plane.predict([ROW])[0] == 200

"""Counts: from the serving processes to the page."""

from __future__ import annotations

import json
import time

import pytest
import redis
from django.db import OperationalError

from apps.serving import serving_client, traffic
from apps.serving.models import DriftCount, TrafficMinute
from tasks import serving_interface
from tasks.inference.server.deployments.statistics import Statistics
from tests.factories.serving import make_endpoint

pytestmark = pytest.mark.postgresql

NOW = int(time.time()) // 60 * 60


@pytest.fixture
def left(redis_server, settings):
    """Leave counts as serving processes do."""
    redis_server.client.flushall()
    settings.REDIS_URL = redis_server.url

    def leave(*answers, slug="houses", key=""):
        counted = Statistics()
        for status, seconds in answers:
            counted.count(slug, status, seconds, key, rows=1)
        redis_server.client.rpush(serving_interface.STATISTICS_KEY, *(json.dumps(one) for one in counted.collect()))

    return leave


def test_counts_of_all_processes_become_totals_percentiles_and_a_series(as_vera, workspace, left):
    endpoint = make_endpoint(workspace)
    left(*[(200, 0.001)] * 98, (200, 0.2), (422, 0.0))
    left((200, 0.2), (401, 0.0), key=str(endpoint.keys.get().pk))
    assert traffic.drain_statistics() == 2
    shown = as_vera.get("/api/v1/endpoints/houses/").json()
    counted = shown["traffic"]
    assert (counted["requests"], counted["errors"]) == (102, 2)
    assert counted["p50_ms"] == pytest.approx(1.0, rel=0.1)
    assert counted["p99_ms"] == pytest.approx(200, rel=0.1)
    assert len(counted["per_minute"]) == 60
    assert sum(minute["requests"] for minute in counted["per_minute"]) == 102
    assert shown["keys"][0]["last_used_at"]
    assert sum(TrafficMinute.objects.values_list("rows", flat=True)) == 100


def test_counts_are_written_once(workspace, left):
    make_endpoint(workspace)
    left((200, 0.001))
    traffic.drain_statistics()
    assert traffic.drain_statistics() == 0
    assert TrafficMinute.objects.get().statuses == {"200": 1}


def test_an_endpoint_without_traffic_shows_zeros(as_vera, workspace):
    make_endpoint(workspace)
    counted = as_vera.get("/api/v1/endpoints/houses/").json()["traffic"]
    assert (counted["requests"], counted["errors"], counted["p50_ms"]) == (0, 0, None)
    assert len(counted["per_minute"]) == 60


def test_counts_of_a_deleted_endpoint_are_dropped(db, left):
    left((200, 0.001), slug="gone")
    assert traffic.drain_statistics() == 1
    assert not TrafficMinute.objects.exists()


def test_counts_that_cannot_be_written_wait_for_the_next_time(workspace, left, monkeypatch):
    make_endpoint(workspace)
    left((200, 0.001))

    def is_locked(*_):
        raise OperationalError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(traffic, "_add_traffic", is_locked)
        with pytest.raises(OperationalError):
            traffic.drain_statistics()
    left((200, 0.001))
    assert [traffic.drain_statistics() for _ in range(3)] == [1, 1, 0]
    assert TrafficMinute.objects.get().statuses == {"200": 2}


def test_a_process_that_is_killed_after_it_took_counts_loses_none(workspace, left):
    make_endpoint(workspace)
    left((200, 0.001))
    assert serving_client.take_statistics()
    left((422, 0.0))
    assert [traffic.drain_statistics() for _ in range(3)] == [1, 1, 0]
    assert TrafficMinute.objects.get().statuses == {"200": 1, "422": 1}


def test_a_process_that_is_killed_after_it_wrote_counts_writes_none_twice(workspace, left, monkeypatch):
    make_endpoint(workspace)
    left((200, 0.001))

    def is_away(batch):
        raise redis.ConnectionError("refused")

    with monkeypatch.context() as patched:
        patched.setattr(serving_client, "forget_statistics", is_away)
        assert traffic.drain_statistics() == 1
    left((422, 0.0))
    assert [traffic.drain_statistics() for _ in range(3)] == [0, 1, 0]
    assert TrafficMinute.objects.get().statuses == {"200": 1, "422": 1}


def test_two_processes_that_take_the_same_counts_write_them_once(workspace, left):
    make_endpoint(workspace)
    left((200, 0.001))
    slower = serving_client.take_statistics()
    assert traffic.drain_statistics() == 1
    left((422, 0.0))
    newer = serving_client.take_statistics()
    assert newer.id != slower.id
    assert not traffic._write(slower)
    serving_client.forget_statistics(slower)
    assert traffic.drain_statistics() == 1, "the slower one forgets its own batch and no newer one"
    assert TrafficMinute.objects.get().statuses == {"200": 1, "422": 1}


GOOD = {"slug": "houses", "release": 1, "minute": NOW, "statuses": {"200": 5}, "latencies": {}, "keys": [], "rows": 5}
REFERENCED = {"rows": 1, "prediction": [1, 0, 0], "columns": {"size": [1, 0, 0]}}


@pytest.mark.parametrize(
    "bad",
    [
        "no count",
        {"slug": "houses"},
        {**GOOD, "minute": "noon"},
        {**GOOD, "minute": 10**20},
        {**GOOD, "keys": ["no id"]},
        {**GOOD, "statuses": {"ok": 1}},
        {**GOOD, "shadow": {"rows": "many"}},
        {**GOOD, "rows": 10**30},
        {**GOOD, "drift": {"rows": 1}},
    ],
    ids=str,
)
def test_a_count_that_cannot_be_read_or_added_is_dropped_alone(workspace, left, bad, caplog):
    make_endpoint(workspace)
    good = {**GOOD, "shadow": {}, "drift": REFERENCED}
    counts = [bad, good, good, good]
    serving_client._client().rpush(serving_interface.STATISTICS_KEY, *map(json.dumps, counts))
    assert traffic.drain_statistics() == 4
    assert TrafficMinute.objects.get().statuses == {"200": 15}
    assert DriftCount.objects.get().counts["rows"] == 3
    assert caplog.text.count("is dropped") == 1
    assert traffic.drain_statistics() == 0


def test_a_count_of_an_earlier_version_that_has_no_shadow_is_written(workspace, left):
    make_endpoint(workspace)
    serving_client._client().rpush(serving_interface.STATISTICS_KEY, json.dumps(GOOD))
    assert traffic.drain_statistics() == 1
    assert TrafficMinute.objects.get().rows == 5


def test_old_counts_make_room(workspace, left):
    endpoint = make_endpoint(workspace)
    TrafficMinute.objects.create(endpoint=endpoint, minute="2020-01-01T00:00Z")
    left((200, 0.001))
    traffic.drain_statistics()
    assert TrafficMinute.objects.filter(minute__year=2020).count() == 0


def test_percentiles_are_off_by_less_than_a_bucket():
    from tasks.inference.server.deployments.statistics import bucket_of

    for seconds in (2e-6, 1e-4, 0.0035, 0.2, 7.0):
        assert traffic.percentile_ms({bucket_of(seconds): 3}, 50) == pytest.approx(seconds * 1000, rel=0.05)
    assert traffic.percentile_ms({}, 50) is None

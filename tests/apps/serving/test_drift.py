"""What comes in beside what a model learned from: counted, shown per column, and a reason to take a canary back."""

from __future__ import annotations

import json
import time

import pytest

from apps.accounts.models import AuditEntry
from apps.serving import drift, releases
from apps.serving.models import DriftCount, Endpoint
from apps.serving.traffic import drain_statistics
from tasks import serving_interface
from tests.factories import make_graph
from tests.factories.serving import make_endpoint, make_release

pytestmark = pytest.mark.postgresql

ENDPOINT = "/api/v1/endpoints/houses/"
SIZE = {"kind": "number", "edges": [10.0, 20.0], "low": 0.0, "high": 30.0, "shares": [0.5, 0.25, 0.25], "missing": 0.0}
CITY = {"kind": "category", "categories": ["Oslo"], "known": ["Oslo"], "shares": [1.0, 0.0], "missing": 0.0}
REFERENCE = {"rows": 1000, "columns": {"size": SIZE, "city": CITY}, "prediction": SIZE}
LIKE = {"size": [100, 50, 50, 0, 0], "city": [200, 0, 0, 0]}
MOVED = {"size": [0, 0, 200, 150, 0], "city": [100, 60, 60, 40]}


@pytest.fixture
def endpoint(workspace):
    """Release 2 answers, release 1 was there before."""
    row = make_endpoint(workspace, graph=make_graph(workspace))
    make_release(row, address="1" * 64)
    row.releases.update(reference=REFERENCE)
    return row


@pytest.fixture
def came(redis_server, settings):
    """Leave counts as a serving process does."""
    redis_server.client.flushall()
    settings.REDIS_URL = redis_server.url

    def leave(release, columns, prediction=None, *, minutes_ago=0, as_canary=True):
        counts = {"rows": 200, "columns": columns, "prediction": prediction or [100, 50, 50, 0, 0]}
        report = {
            "slug": "houses",
            "release": release,
            "minute": int(time.time()) // 60 * 60 - 60 * minutes_ago,
            "statuses": {"200": 200},
            "latencies": {},
            "keys": [],
            "rows": 200,
            "shadow": {},
            "drift": counts,
            "canary_drift": counts if as_canary else {},
        }
        redis_server.client.rpush(serving_interface.STATISTICS_KEY, json.dumps(report))
        drain_statistics()

    return leave


def shown(client, **query):
    return client.get(f"{ENDPOINT}drift/", query).json()


def test_rows_like_those_of_training_are_stable(as_bob, endpoint, came):
    came(2, LIKE)
    found = shown(as_bob)
    assert (found["release"], found["rows"], found["has_reference"]) == (2, 200, True)
    assert {one["name"]: one["level"] for one in found["columns"]} == {"size": "stable", "city": "stable"}
    assert found["prediction"]["level"] == "stable"
    (size,) = [one for one in found["columns"] if one["name"] == "size"]
    assert size["bins"][0] == {"label": "< 10", "reference": 0.5, "live": 0.5}
    assert [one["label"] for one in size["bins"]] == ["< 10", "10 – 20", "≥ 20"]


def test_a_column_that_moved_comes_first_with_its_missing_and_unseen_values(as_bob, endpoint, came):
    came(2, MOVED)
    size, city = shown(as_bob)["columns"]
    assert (size["name"], size["level"], size["unseen"]) == ("size", "strong", 0.75)
    assert (city["missing"], city["reference_missing"], city["unseen"]) == (pytest.approx(0.2), 0, pytest.approx(0.3))
    assert city["level"] == "strong"


def test_too_few_rows_say_nothing_yet(as_bob, endpoint, came):
    came(2, {"size": [0, 0, 199, 0, 0], "city": [199, 0, 0, 0]})
    found = shown(as_bob)
    assert {one["level"] for one in found["columns"]} == {"unknown"}
    assert found["rows_needed"] == drift.MIN_ROWS


def test_only_the_window_that_is_asked_for_counts(as_bob, endpoint, came):
    came(2, MOVED, minutes_ago=90)
    came(2, LIKE)
    assert shown(as_bob, hours=1)["rows"] == 200
    assert shown(as_bob, hours=2)["rows"] == 400
    assert as_bob.get(f"{ENDPOINT}drift/", {"hours": 0}).status_code == 400
    assert as_bob.get(f"{ENDPOINT}drift/", {"release": 9}).status_code == 404


def test_a_release_without_a_reference_says_so(as_bob, endpoint, came):
    endpoint.releases.update(reference={})
    came(2, MOVED)
    found = shown(as_bob)
    assert (found["has_reference"], found["columns"], found["prediction"]) == (False, [], None)


def test_an_endpoint_made_anew_under_the_same_name_starts_with_its_own_bins(as_bob, endpoint, came):
    came(2, {"size": [1, 1, 0, 0], "city": [2, 0, 0, 0]}, [1, 1, 0, 0])
    came(2, LIKE)
    assert shown(as_bob)["columns"][0]["level"] == "stable"
    assert DriftCount.objects.count() == 1


def test_the_index_is_that_of_the_textbook():
    expected, now = [0.5, 0.3, 0.2], [20_000, 30_000, 50_000]
    assert drift.stability_index(expected, now) == pytest.approx(0.5498, abs=1e-3)
    assert drift.stability_index(expected, [50_000, 30_000, 20_000]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("columns", "prediction", "what"),
    [(MOVED, None, "“size”"), (LIKE, [0, 0, 200, 0, 0], "What it answered")],
    ids=["what came in", "what was answered"],
)
def test_a_canary_that_moves_too_far_is_taken_back_and_said_why(as_bob, endpoint, came, columns, prediction, what):
    as_bob.put(f"{ENDPOINT}traffic/", {"canary": {"release": 1, "percent": 20}})
    came(2, LIKE)
    came(1, columns, prediction)
    assert releases.return_failing_canaries() == 1
    page = as_bob.get(ENDPOINT).json()
    assert (page["canary"], page["returned"]["release"]) == (None, 1)
    assert page["returned"]["why"].startswith(what)
    assert "where 0.25 is allowed. Release 2 at the same time: 0.00." in page["returned"]["why"]
    assert page["returned"]["why_parts"]["params"]["limit"] == 0.25
    details = AuditEntry.objects.get(action="endpoint.canary_returned").details
    assert {name: details[name] for name in ("why", "why_parts")} == {
        name: page["returned"][name] for name in ("why", "why_parts")
    }


@pytest.mark.parametrize(("limit", "columns"), [(None, MOVED), (50, MOVED), (0.25, LIKE)])
def test_a_canary_within_its_limit_stays(as_bob, endpoint, came, limit, columns):
    canary = {"release": 1, "percent": 20, "drift": limit}
    assert as_bob.put(f"{ENDPOINT}traffic/", {"canary": canary}).json()["canary"]["drift"] == limit
    came(1, columns)
    assert releases.return_failing_canaries() == 0
    assert Endpoint.objects.get().canary.number == 1


def test_a_canary_does_not_answer_for_rows_that_it_got_otherwise(as_bob, endpoint, came):
    as_bob.put(f"{ENDPOINT}traffic/", {"canary": {"release": 1, "percent": 20}})
    came(1, MOVED, as_canary=False)
    assert releases.return_failing_canaries() == 0
    came(1, MOVED)
    assert releases.return_failing_canaries() == 1

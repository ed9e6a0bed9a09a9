"""Releases beside the one that answers: canaries, shadows, approval, and when a canary is taken back."""

from __future__ import annotations

import json
import time

import pytest

from apps.accounts.models import AuditEntry
from apps.serving import releases, services, serving_client
from apps.serving.models import Endpoint
from apps.serving.traffic import drain_statistics
from tasks import serving_interface
from tasks.inference.server.deployments.snapshot import Snapshot
from tasks.inference.server.deployments.statistics import Statistics
from tests.apps.serving.conftest import deploy, redraw, run_of
from tests.factories import make_graph
from tests.factories.serving import MODEL, make_endpoint, make_release
from tests.serving.packages import line

pytestmark = pytest.mark.postgresql

ENDPOINT = "/api/v1/endpoints/houses/"


@pytest.fixture
def endpoint(workspace):
    """Release 2 answers, release 1 was there before."""
    issued = make_endpoint(workspace, graph=make_graph(workspace))
    make_release(issued, address="1" * 64)
    return issued


@pytest.fixture
def left(redis_server, settings):
    redis_server.client.flushall()
    settings.REDIS_URL = redis_server.url

    def leave(release, *, good=0, bad=0, as_canary=None):
        counted = Statistics()
        is_canary = release == 1 if as_canary is None else as_canary
        for status in [200] * good + [500] * bad:
            counted.count("houses", status, 0.001, "", 1, release, as_canary=is_canary)
        redis_server.client.rpush(serving_interface.STATISTICS_KEY, *(json.dumps(one) for one in counted.collect()))
        drain_statistics()

    return leave


def split(client, **body):
    return client.put(f"{ENDPOINT}traffic/", body)


def test_a_canary_and_a_shadow_are_shown_told_and_on_the_trail(as_bob, endpoint, redis_server, settings):
    make_release(endpoint, address="2" * 64)
    redis_server.client.flushall()
    settings.REDIS_URL = redis_server.url
    shown = split(as_bob, canary={"release": 1, "percent": 10}, shadow=2).json()
    assert {name: shown["canary"][name] for name in ("release", "percent", "margin")} == {
        "release": 1,
        "percent": 10.0,
        "margin": 0.01,
    }
    assert (shown["shadow"], shown["release"]["number"]) == (2, 3)
    from apps.serving.snapshot import publish_snapshot

    publish_snapshot()
    entry = Snapshot.parse(redis_server.client.get(serving_interface.SNAPSHOT_KEY)).endpoints["houses"]
    assert (entry.canary.release, entry.canary.percent, entry.canary.address) == (1, 10.0, "0" * 64)
    assert (entry.shadow.release, entry.shadow.address) == (2, "1" * 64)
    assert AuditEntry.objects.get(action="endpoint.traffic_split").details == {
        "canary": 1,
        "percent": 10.0,
        "shadow": 2,
    }


def test_what_answers_already_cannot_be_beside_itself(as_bob, endpoint):
    assert split(as_bob, canary={"release": 2, "percent": 10}).json()["code"] == "answers_already"
    assert split(as_bob, shadow=9).status_code == 404
    assert split(as_bob, canary={"release": 1, "percent": 101}).status_code == 400


def test_a_canary_that_did_well_answers_alone_when_it_is_promoted(as_bob, endpoint):
    split(as_bob, canary={"release": 1, "percent": 10})
    shown = as_bob.post(f"{ENDPOINT}rollback/", {"release": 1}).json()
    assert (shown["release"]["number"], shown["canary"]) == (1, None)


def test_the_aliases_follow_the_endpoint(as_bob, endpoint):
    split(as_bob, canary={"release": 1, "percent": 10})
    model = endpoint.active.model_version.model
    named = {alias.name: alias.version.number for alias in model.aliases.all()}
    assert named == {"champion": 2, "challenger": 1}
    split(as_bob)
    assert [alias.name for alias in model.aliases.all()] == ["champion"]


def test_a_canary_that_fails_more_often_is_taken_back_and_said_why(as_bob, endpoint, left):
    split(as_bob, canary={"release": 1, "percent": 10})
    left(2, good=900, bad=1)
    left(1, good=285, bad=15)
    assert releases.return_failing_canaries() == 1
    shown = as_bob.get(ENDPOINT).json()
    assert shown["canary"] is None
    assert shown["returned"]["release"] == 1
    assert "15 of 300" in shown["returned"]["why"]
    assert shown["returned"]["why_parts"]["id"] == "canary.failing"
    entry = AuditEntry.objects.get(action="endpoint.canary_returned")
    assert (entry.actor, entry.details["release"]) == (None, 1)
    assert releases.return_failing_canaries() == 0


def test_an_endpoint_that_cannot_be_judged_stops_the_judgement_of_no_other(as_bob, workspace, endpoint, left, caplog):
    spoilt = make_endpoint(workspace, slug="spoilt")  # newer, so judged before the other
    make_release(spoilt)
    spoilt.releases.update(reference={"columns": {"size": {}}, "prediction": {}})
    canary = {"canary": {"release": 1, "percent": 10}}
    assert as_bob.put("/api/v1/endpoints/spoilt/traffic/", canary).status_code == 200
    split(as_bob, **canary)
    left(1, bad=5)
    assert releases.return_failing_canaries() == 1
    assert Endpoint.objects.get(slug="houses").returned["release"] == 1
    assert "endpoint spoilt" in caplog.text


def test_a_canary_taken_back_meanwhile_does_not_come_back_with_a_rollback(as_bob, bob, endpoint, left):
    make_release(endpoint, address="2" * 64)
    split(as_bob, canary={"release": 1, "percent": 10})
    read_before = Endpoint.objects.get()
    left(1, bad=5)
    assert releases.return_failing_canaries() == 1
    services.rollback(endpoint=read_before, user=bob, number=2)
    now = Endpoint.objects.get()
    assert (now.active.number, now.canary, now.canary_percent) == (2, None, 0.0)
    assert now.returned["release"] == 1


def test_a_split_keeps_what_was_written_about_the_endpoint_meanwhile(as_bob, bob, endpoint, left):
    make_release(endpoint, address="2" * 64)
    split(as_bob, canary={"release": 1, "percent": 10})
    read_before = Endpoint.objects.get()
    left(1, bad=5)
    assert releases.return_failing_canaries() == 1
    releases.split_traffic(endpoint=read_before, user=bob, canary=None, shadow=2)
    now = Endpoint.objects.get()
    assert (now.shadow.number, now.canary, now.returned["release"]) == (2, None, 1)


def test_a_refused_split_leaves_what_another_person_split_meanwhile(as_bob, bob, endpoint, monkeypatch):
    make_release(endpoint, address="2" * 64)
    split(as_bob, canary={"release": 1, "percent": 10})

    def wait_for(slug, number, **_):
        if number == 2:
            split(as_bob)
            return serving_client.ReleaseStatus("failed", "no model")
        return serving_client.ReleaseStatus("ready")

    monkeypatch.setattr(serving_client, "wait_for", wait_for)
    assert split(as_bob, canary={"release": 2, "percent": 50}).json()["code"] == "release_refused"
    now = Endpoint.objects.get()
    assert (now.canary, now.canary_percent) == (None, 0.0)


@pytest.mark.parametrize(
    ("champion", "canary"),
    [((900, 1), (290, 1)), ((850, 50), (285, 15)), ((0, 0), (3, 1))],
    ids=["rarely fails", "fails as often as the other", "one of a few"],
)
def test_a_canary_that_is_no_worse_stays(as_bob, endpoint, left, champion, canary):
    split(as_bob, canary={"release": 1, "percent": 10})
    if any(champion):
        left(2, good=champion[0], bad=champion[1])
    left(1, good=canary[0], bad=canary[1])
    assert releases.return_failing_canaries() == 0
    assert Endpoint.objects.get().canary.number == 1


def test_a_canary_that_answers_nothing_goes_after_a_handful_of_requests(as_bob, endpoint, left):
    split(as_bob, canary={"release": 1, "percent": 10})
    left(1, bad=5)
    assert releases.return_failing_canaries() == 1


def test_a_canary_is_judged_by_what_it_answered_as_the_canary_alone(as_bob, endpoint, left):
    split(as_bob, canary={"release": 1, "percent": 10})
    left(1, bad=50, as_canary=False)  # within the same minute, before it became the canary
    left(1, good=20)
    assert releases.return_failing_canaries() == 0
    left(1, bad=20)
    assert releases.return_failing_canaries() == 1


def test_a_canary_and_a_rollback_that_bring_a_warned_model_up_ask_like_a_deploy(as_bob, endpoint):
    poor = {**MODEL, "metrics": {"r2": -1.6, "rmse": 16.0, "baseline_rmse": 10.0}}
    endpoint.releases.filter(number=1).update(model=poor)
    canary = {"release": 1, "percent": 10}
    for answer in (split(as_bob, canary=canary), as_bob.post(f"{ENDPOINT}rollback/", {"release": 1})):
        assert (answer.status_code, answer.json()["code"]) == (409, "deploy_warned")
        assert [one["code"] for one in answer.json()["warnings"]] == ["no_better_than_guessing"]
    assert Endpoint.objects.get().canary is None
    assert split(as_bob, shadow=1).status_code == 200, "a shadow answers nobody"
    codes = ["no_better_than_guessing"]
    assert split(as_bob, canary=canary, acknowledged=codes).status_code == 200
    assert split(as_bob, canary={**canary, "percent": 20}).status_code == 200, "it is the canary already"
    assert as_bob.post(f"{ENDPOINT}rollback/", {"release": 1}).status_code == 409
    assert as_bob.post(f"{ENDPOINT}rollback/", {"release": 1, "acknowledged": codes}).status_code == 200
    entries = AuditEntry.objects.filter(action="endpoint.warnings_acknowledged")
    assert [entry.details for entry in entries] == [{"release": 1, "warnings": codes}] * 2


def test_releases_are_counted_side_by_side_with_what_the_shadow_gave(as_bob, endpoint, redis_server, settings):
    redis_server.client.flushall()
    settings.REDIS_URL = redis_server.url
    counted = Statistics()
    counted.count("houses", 200, 0.001, "", 3, 2)
    counted.count("houses", 500, 0.0, release=2)
    counted.compare(
        "houses", 1, {"requests": 1, "rows": 3, "differed": 2, "largest": 4.5, "distance": 6.0, "seconds": 0.5}
    )
    counted.compare("houses", 1, {"requests": 1, "rows": 3, "differed": 1, "largest": 0.5})
    for one in counted.collect():
        redis_server.client.rpush(serving_interface.STATISTICS_KEY, json.dumps(one))
    drain_statistics()
    champion, challenger = as_bob.get(ENDPOINT).json()["traffic"]["by_release"]
    assert (champion["release"], champion["requests"], champion["errors"], champion["rows"]) == (2, 2, 1, 3)
    assert challenger["shadow"] == {
        "requests": 2,
        "rows": 6,
        "differed": 3,
        "largest": 4.5,
        "distance": 6.0,
        "seconds": 0.5,
        "errors": 0,
        "skipped": 0,
    }


def test_an_endpoint_that_asks_for_approval_takes_no_other_release(as_alice, as_bob, bob, graph, has_run):
    deploy(as_bob, graph)
    endpoint = "/api/v1/endpoints/house-prices/"
    assert as_bob.put(f"{endpoint}approval/", {"is_needed": True}).status_code == 403
    assert as_alice.put(f"{endpoint}approval/", {"is_needed": True}).json()["needs_approval"]
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
    run_of(graph, line(slope=3), number=2)
    refused = deploy(as_bob, graph)
    assert (refused.status_code, refused.json()["code"]) == (403, "approval_needed")
    shown = as_bob.get(endpoint).json()
    assert (shown["release"]["number"], [one["number"] for one in shown["releases"]]) == (1, [2, 1])
    for answer in (
        as_bob.post(f"{endpoint}rollback/", {"release": 2}),
        as_bob.put(f"{endpoint}traffic/", {"canary": {"release": 2, "percent": 5}}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "approval_needed")
    (model,) = as_bob.get("/api/v1/models/").json()["results"]
    approval = f"/api/v1/models/{model['id']}/versions/2/approval/"
    assert as_bob.put(approval).status_code == 403
    assert as_alice.put(approval).json()["versions"][0]["approved_by"] == "alice"
    assert deploy(as_bob, graph).json()["endpoint"]["release"] == 2
    assert Endpoint.objects.get().releases.count() == 2, "the release that waited answers, not another one"


def test_a_lower_bound_needs_evidence():
    assert releases.lower_bound(0, 0) == 0
    assert releases.lower_bound(0, 100) == pytest.approx(0, abs=1e-12)
    assert releases.lower_bound(1, 2) < 0.2
    assert releases.lower_bound(5, 5) > 0.4
    assert 0.02 < releases.lower_bound(10, 200) < 0.03


def test_keys_have_an_allowance_that_can_be_changed(as_bob, endpoint):
    issued = as_bob.post(f"{ENDPOINT}keys/", {"name": "excel", "scopes": ["predict"], "per_second": 10}).json()
    assert (issued["scopes"], issued["per_second"], issued["per_day"], issued["expires_at"]) == (
        ["predict"],
        10,
        0,
        None,
    )
    changed = as_bob.put(f"{ENDPOINT}keys/{issued['id']}/", {"per_day": 1000, "expires_at": "2030-01-01T00:00Z"}).json()
    assert (changed["per_second"], changed["per_day"], changed["scopes"]) == (0, 1000, ["metadata", "predict"])
    assert as_bob.post(f"{ENDPOINT}keys/", {"name": "x", "scopes": ["deploy"]}).status_code == 400
    assert as_bob.post(f"{ENDPOINT}keys/", {"name": "x", "per_second": -1}).status_code == 400


def test_a_renewed_key_and_its_successor_live_side_by_side_for_a_while(as_bob, endpoint):
    issued = as_bob.post(f"{ENDPOINT}keys/", {"name": "excel", "per_second": 10}).json()
    renew = f"{ENDPOINT}keys/{issued['id']}/renew/"
    fresh = as_bob.post(renew, {"overlap_hours": 1})
    assert fresh.status_code == 201
    assert (fresh.json()["per_second"], fresh.json()["expires_at"]) == (10, None)
    old = next(key for key in as_bob.get(ENDPOINT).json()["keys"] if key["id"] == issued["id"])
    assert old["expires_at"] is not None
    assert old["revoked_at"] is None
    assert as_bob.post(renew, {}).json()["code"] == "two_keys_live"


def test_the_snapshot_says_what_each_key_may_do(as_bob, endpoint, redis_server, settings):
    from apps.serving.snapshot import publish_snapshot

    redis_server.client.flushall()
    settings.REDIS_URL = redis_server.url
    allowed = {"name": "excel", "scopes": ["predict"], "per_second": 7, "per_day": 9, "expires_at": "2030-01-01T00:00Z"}
    issued = as_bob.post(f"{ENDPOINT}keys/", allowed).json()
    publish_snapshot()
    entry = Snapshot.parse(redis_server.client.get(serving_interface.SNAPSHOT_KEY)).endpoints["houses"]
    key = next(key for key in entry.keys.values() if key.id == issued["id"])
    assert (key.scopes, key.per_second, key.per_day) == (frozenset({"predict"}), 7, 9)
    assert key.expires_at > time.time()

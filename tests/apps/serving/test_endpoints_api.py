"""Endpoints over HTTP, as a deploy left them."""

from __future__ import annotations

import pytest

from apps.accounts.models import AuditEntry
from apps.serving.models import Endpoint
from tests.factories import make_graph
from tests.factories.serving import make_endpoint, make_release

ENDPOINT = "/api/v1/endpoints/houses/"


@pytest.fixture
def endpoint(workspace):
    return make_endpoint(workspace, graph=make_graph(workspace))


def test_a_list_shows_the_endpoints_of_the_workspace(as_vera, as_charlie, endpoint, elsewhere):
    make_endpoint(elsewhere, slug="theirs")
    assert [one["slug"] for one in as_vera.get("/api/v1/endpoints/").json()["results"]] == ["houses"]
    assert [one["slug"] for one in as_charlie.get("/api/v1/endpoints/").json()["results"]] == ["theirs"]


def test_lists_cost_the_same_for_one_endpoint_and_for_many(as_vera, workspace, endpoint, django_assert_max_num_queries):
    for number in range(5):
        make_endpoint(workspace, slug=f"more-{number}")
    with django_assert_max_num_queries(12):
        assert as_vera.get("/api/v1/endpoints/").json()["count"] == 6


def test_renaming_keeps_the_address(as_bob, endpoint):
    body = as_bob.patch(ENDPOINT, {"name": "Castles"}).json()
    assert (body["name"], body["slug"]) == ("Castles", "houses")


def test_an_earlier_release_answers_again_after_a_rollback(as_bob, endpoint):
    make_release(endpoint, address="1" * 64)
    body = as_bob.post(f"{ENDPOINT}rollback/", {"release": 1}).json()
    assert body["release"]["number"] == 1
    assert [release["number"] for release in body["releases"]] == [2, 1]
    endpoint.graph.refresh_from_db()
    assert endpoint.graph.published_version == 1


def test_a_release_it_never_had_cannot_answer(as_bob, endpoint):
    assert as_bob.post(f"{ENDPOINT}rollback/", {"release": 9}).status_code == 404
    assert as_bob.post(f"{ENDPOINT}rollback/", {"release": 0}).status_code == 400


def test_keys_are_made_for_somebody_and_revoked(as_bob, endpoint):
    issued = as_bob.post(f"{ENDPOINT}keys/", {"name": "excel"}).json()
    assert issued["key"].startswith(issued["prefix"])
    assert as_bob.delete(f"{ENDPOINT}keys/{issued['id']}/").status_code == 204
    by_name = {key["name"]: key for key in as_bob.get(ENDPOINT).json()["keys"]}
    assert by_name["excel"]["revoked_at"]
    assert by_name["script"]["revoked_at"] is None


def test_a_key_of_another_endpoint_cannot_be_revoked_here(as_bob, workspace, endpoint):
    other = make_endpoint(workspace, slug="other")
    assert as_bob.delete(f"{ENDPOINT}keys/{other.keys.get().pk}/").status_code == 404
    assert other.keys.get().revoked_at is None


def test_deleting_takes_everything_along_and_frees_the_graph(as_bob, endpoint):
    assert as_bob.delete(ENDPOINT).status_code == 204
    assert as_bob.get(ENDPOINT).status_code == 404
    endpoint.graph.refresh_from_db()
    assert endpoint.graph.published_version is None


def test_trying_without_a_serving_plane_says_so(as_bob, endpoint, settings):
    settings.LEPTON_SERVE_URL = "http://127.0.0.1:1"
    answer = as_bob.post(f"{ENDPOINT}try/", {"rows": [{"size": 1}]})
    assert (answer.status_code, answer.json()["code"]) == (503, "serving_away")
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize("rows", [[], "x", [1], None])
def test_trying_needs_rows(as_bob, endpoint, rows):
    assert as_bob.post(f"{ENDPOINT}try/", {"rows": rows}).status_code == 400


def test_what_the_world_can_call_is_on_the_audit_trail(as_bob, endpoint):
    key = as_bob.post(f"{ENDPOINT}keys/", {"name": "excel"}).json()
    as_bob.delete(f"{ENDPOINT}keys/{key['id']}/")
    as_bob.post(f"{ENDPOINT}rollback/", {"release": 1})
    as_bob.delete(ENDPOINT)
    actions = AuditEntry.objects.order_by("created_at").values_list("action", flat=True)
    assert list(actions) == [
        "endpoint.key_issued",
        "endpoint.key_revoked",
        "endpoint.rolled_back",
        "endpoint.deleted",
    ]
    assert not Endpoint.objects.exists()


def test_registered_models_show_where_they_came_from(as_vera, as_charlie, endpoint):
    (model,) = as_vera.get("/api/v1/models/").json()["results"]
    assert (model["name"], model["latest_version"]) == ("Houses", 1)
    assert model["versions"][0]["details"]["target"] == "price"
    assert as_vera.get(f"/api/v1/models/{model['id']}/").status_code == 200
    assert as_charlie.get(f"/api/v1/models/{model['id']}/").status_code == 404

"""A password that the server made is changed before anything else is done with it."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from apps.accounts import services, tokens
from apps.accounts.models import User
from tests.factories import PASSWORD

PLACE = "/api/v1/password/"
OWN = "a-password-of-her-own-7"


@pytest.fixture
def made(as_alice):
    return as_alice.post("/api/v1/members/", {"username": "dora", "role": "analyst"}).json()["password"]


@pytest.fixture
def as_dora(made):
    client = APIClient()
    client.post("/api/v1/session/", {"username": "dora", "password": made})
    return client


def test_nothing_but_changing_it_is_allowed_and_the_page_is_told(as_dora, made):
    assert as_dora.get("/api/v1/session/").json()["user"]["must_change_password"] is True
    for call in (as_dora.get, as_dora.post):
        for path in ("/api/v1/graphs/", "/api/v1/tokens/", "/api/v1/datasets/"):
            answer = call(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "password_must_change"), path
    same = as_dora.post(PLACE, {"current": made, "new": made})
    assert (same.status_code, same.json()["problems"][0]["at"]) == (400, "new")
    assert as_dora.post(PLACE, {"current": made, "new": OWN}).status_code == 204
    assert as_dora.get("/api/v1/session/").json()["user"]["must_change_password"] is False
    assert as_dora.get("/api/v1/graphs/").status_code == 200


def test_a_token_got_with_it_does_nothing_either_until_it_is_changed(made, anonymous):
    asked = {"username": "dora", "password": made}
    secret = anonymous.post("/api/v1/auth/token/", asked).json()["token"]
    program = APIClient(headers={"Authorization": f"Bearer {secret}"})
    assert program.get("/api/v1/graphs/").json()["code"] == "password_must_change"
    assert program.post(PLACE, {"current": made, "new": OWN}).status_code == 204
    assert program.get("/api/v1/graphs/").status_code == 200


def test_who_was_given_a_password_by_a_person_or_is_there_already_need_not(as_alice, alice):
    as_alice.post("/api/v1/members/", {"username": "emil", "role": "viewer", "password": PASSWORD})
    assert not User.objects.get(username="emil").must_change_password
    assert not alice.must_change_password


def test_changing_it_revokes_the_tokens_if_asked(as_alice, alice):
    tokens.issue(user=alice, name="a")
    as_alice.post(PLACE, {"current": PASSWORD, "new": OWN, "revoke_tokens": True})
    assert not alice.tokens.exists()


def test_a_wrong_link_is_refused_when_it_is_opened(db, anonymous):
    right = services.issue_setup_token()
    wrong = anonymous.post("/api/v1/setup/link/", {"token": "setup_wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "setup_link_invalid")
    for _ in range(2):
        assert anonymous.post("/api/v1/setup/link/", {"token": right}).status_code == 204, "opening uses nothing up"
    services.set_up(token=right, username="ada", password=PASSWORD)
    assert anonymous.post("/api/v1/setup/link/", {"token": right}).status_code == 403

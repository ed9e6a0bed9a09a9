"""What tokens may be used for, how long they live, and who ends them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import tokens
from apps.accounts.models import ApiToken, AuditEntry
from apps.common.roles import SCOPES, Action, scope_of
from tests.factories import PASSWORD, make_graph

TOKENS, GRAPHS = "/api/v1/tokens/", "/api/v1/graphs/"


def with_token(person, **options):
    token, secret = tokens.issue(user=person, name="script", **options)
    return token, APIClient(headers={"Authorization": f"Bearer {secret}"})


def test_every_action_needs_a_scope():
    assert {scope_of(action, only_reads=False).value for action in Action} == set(SCOPES)


@pytest.mark.parametrize(
    ("scopes", "statuses"),
    [
        (["read"], [200, 403, 403, 403, 200]),
        (["read", "run"], [200, 201, 403, 403, 200]),
        (["deploy"], [403, 403, 404, 403, 403]),
        (["administer"], [403, 403, 403, 201, 403]),
        (list(SCOPES), [200, 201, 404, 201, 200]),
    ],
)
def test_a_token_does_what_it_was_made_for(alice, workspace, scopes, statuses):
    make_graph(workspace)
    _, client = with_token(alice, scopes=scopes)
    answers = [
        client.get(GRAPHS),
        client.post(GRAPHS, {"name": "new", "document": {"nodes": [], "edges": []}}),
        client.post("/api/v1/endpoints/nothing/keys/", {"name": "key"}),
        client.post(TOKENS, {"name": "another", "scopes": scopes}),
        client.get(TOKENS),
    ]
    assert [answer.status_code for answer in answers] == statuses
    assert {answer.json()["code"] for answer in answers if answer.status_code == 403} <= {"scope_missing"}


def test_a_token_that_was_made_before_scopes_may_everything(alice):
    token = ApiToken.objects.create(user=alice, name="old", prefix="lw_", digest="x")
    token.refresh_from_db()
    assert (token.scopes, token.expires_at) == (list(SCOPES), None)


def test_a_token_ends_when_it_was_said_to(alice):
    token, client = with_token(alice, expires_at=timezone.now() + timedelta(hours=1))
    assert client.get(GRAPHS).status_code == 200
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(GRAPHS).status_code == 401
    assert tokens.has_ended(token.pk)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(days=8))
    with_token(alice)
    assert not ApiToken.objects.filter(pk=token.pk).exists()  # shown for a week


def test_a_token_is_made_with_scopes_and_an_end_by_the_page(as_alice):
    later = (timezone.now() + timedelta(days=30)).isoformat()
    made = as_alice.post(TOKENS, {"name": "nightly", "scopes": ["run", "read"], "expires_at": later}).json()
    assert (made["scopes"], made["expires_at"][:10], made["username"]) == (["read", "run"], later[:10], "alice")
    for wrong in ({"scopes": []}, {"scopes": ["root"]}, {"expires_at": "2020-01-01T00:00:00Z"}):
        answer = as_alice.post(TOKENS, {"name": "wrong", **wrong})
        assert answer.status_code == 400


def test_a_token_makes_none_that_may_more_or_lives_longer(alice):
    ends = timezone.now() + timedelta(hours=1)
    _, client = with_token(alice, scopes=["administer", "read"], expires_at=ends)
    for wider in ({"scopes": ["read", "run"], "expires_at": ends}, {"scopes": ["read"]}):
        assert client.post(TOKENS, {"name": "wider", **wider}).status_code == 403
    assert client.post(TOKENS, {"name": "narrow", "scopes": ["read"], "expires_at": ends}).status_code == 201


def test_a_password_login_gives_a_token_of_some_hours(anonymous, alice):
    answer = anonymous.post("/api/v1/auth/token/", {"username": "alice", "password": PASSWORD}).json()
    token = ApiToken.objects.get()
    assert answer["expires_at"][:16] == token.expires_at.isoformat()[:16]
    assert timedelta(hours=11) < token.expires_at - timezone.now() <= timedelta(hours=12)


def test_an_administrator_lists_and_revokes_the_tokens_of_everybody(alice, as_bob, as_admin):
    token, client = with_token(alice)
    assert as_bob.get(TOKENS, {"everyone": "true"}).json()["count"] == 0
    assert as_bob.delete(f"{TOKENS}{token.pk}/").status_code == 404
    assert as_admin.get(TOKENS).json()["count"] == 0
    assert [one["username"] for one in as_admin.get(TOKENS, {"everyone": "true"}).json()["results"]] == ["alice"]
    assert as_admin.delete(f"{TOKENS}{token.pk}/").status_code == 204
    assert client.get(GRAPHS).status_code == 401
    entry = AuditEntry.objects.get(action="token.revoked")
    assert (entry.actor.is_superuser, entry.details["owner"]) == (True, "alice")


def test_tokens_of_everybody_are_searched_and_ordered(alice, bob, as_admin):
    later = timezone.now() + timedelta(days=30)
    tokens.issue(user=alice, name="nightly", expires_at=later)
    tokens.issue(user=bob, name="dashboard")

    def listed(**asked):
        return [one["name"] for one in as_admin.get(TOKENS, {"everyone": "true", **asked}).json()["results"]]

    assert listed(search="ali") == ["nightly"]
    assert listed(search="dash") == ["dashboard"]
    assert listed(ordering="owner") == ["nightly", "dashboard"]
    assert listed(ordering="-owner") == ["dashboard", "nightly"]
    assert listed(ordering="expires") == ["nightly", "dashboard"]
    assert as_admin.get(TOKENS, {"everyone": "perhaps"}).status_code == 400


@pytest.mark.parametrize("asked", [True, False])
def test_a_new_password_ends_the_tokens_when_that_was_asked_for(as_alice, alice, asked):
    _, client = with_token(alice)
    body = {"current": PASSWORD, "new": "another long phrase", **({"revoke_tokens": True} if asked else {})}
    assert as_alice.post("/api/v1/password/", body).status_code == 204
    assert client.get(GRAPHS).status_code == (401 if asked else 200)

"""Where a person is signed in, signing out elsewhere, and the audit trail of an administrator."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import browser_sessions
from apps.accounts.models import AuditEntry, BrowserSession
from tests.factories import PASSWORD, make_dataset, make_graph

pytestmark = pytest.mark.postgresql

SESSION = "/api/v1/session/"
SIGN_INS = "/api/v1/sign-ins/"
AUDIT = "/api/v1/audit/"
DATASETS = "/api/v1/datasets/"


@pytest.fixture
def sign_in(alice):
    def on(device: str) -> APIClient:
        client = APIClient(headers={"User-Agent": device})
        assert client.post(SESSION, {"username": "alice", "password": PASSWORD}).status_code == 200
        return client

    return on


def listed(client: APIClient) -> list[dict]:
    return client.get(SIGN_INS).json()["results"]


def test_a_person_sees_where_they_are_signed_in_and_which_one_this_is(sign_in):
    sign_in("Phone")
    laptop = sign_in("Laptop")
    found = {row["device"]: row for row in listed(laptop)}
    assert set(found) == {"Phone", "Laptop"}
    assert [found[name]["is_current"] for name in ("Laptop", "Phone")] == [True, False]
    assert found["Phone"]["address"] == "127.0.0.1"
    assert "session_key" not in found["Phone"]


def test_signing_out_elsewhere_ends_that_session_at_once(sign_in):
    phone, laptop = sign_in("Phone"), sign_in("Laptop")
    there = next(row for row in listed(laptop) if row["device"] == "Phone")
    assert laptop.delete(f"{SIGN_INS}{there['id']}/").status_code == 204
    assert phone.get(DATASETS).status_code == 401
    assert laptop.get(DATASETS).status_code == 200
    assert [row["device"] for row in listed(laptop)] == ["Laptop"]
    assert AuditEntry.objects.get(action="session.ended_elsewhere").details["device"] == "Phone"


def test_all_other_sessions_can_be_ended_together(sign_in):
    others = [sign_in("Phone"), sign_in("Tablet")]
    laptop = sign_in("Laptop")
    assert laptop.delete(f"{SIGN_INS}elsewhere/").status_code == 204
    assert [client.get(DATASETS).status_code for client in [*others, laptop]] == [401, 401, 200]


def test_signing_out_and_in_again_leaves_one_line(sign_in):
    laptop = sign_in("Laptop")
    assert laptop.post(SESSION, {"username": "alice", "password": PASSWORD}).status_code == 200
    assert [row["device"] for row in listed(laptop)] == ["Laptop"]
    laptop.delete(SESSION)
    assert not BrowserSession.objects.exists()


def test_another_password_ends_the_others_and_keeps_this_one(sign_in):
    phone, laptop = sign_in("Phone"), sign_in("Laptop")
    body = {"current": PASSWORD, "new": "another long pass phrase"}
    assert laptop.post("/api/v1/password/", body).status_code == 204
    assert phone.get(DATASETS).status_code == 401
    assert [(row["device"], row["is_current"]) for row in listed(laptop)] == [("Laptop", True)]


def test_a_session_from_before_is_listed_as_soon_as_the_page_is_opened(alice):
    client = APIClient()
    client.force_login(alice)
    client.get(SESSION)
    assert [row["is_current"] for row in listed(client)] == [True]


def test_the_last_visit_is_kept_to_five_minutes(sign_in):
    laptop = sign_in("Laptop")
    long_ago = timezone.now() - timedelta(hours=1)
    BrowserSession.objects.update(last_seen_at=long_ago)
    laptop.get(SESSION)
    assert BrowserSession.objects.get().last_seen_at > long_ago


def test_what_ran_out_is_forgotten(sign_in):
    sign_in("Laptop")
    browser_sessions.delete_expired()
    assert BrowserSession.objects.count() == 1
    BrowserSession.objects.update(last_seen_at=timezone.now() - timedelta(days=15))
    browser_sessions.delete_expired()
    assert not BrowserSession.objects.exists()


def test_nobody_ends_the_session_of_another(sign_in, as_bob):
    laptop = sign_in("Laptop")
    assert as_bob.delete(f"{SIGN_INS}{listed(laptop)[0]['id']}/").status_code == 404
    assert laptop.get(DATASETS).status_code == 200


def test_the_trail_tells_the_administrator_who_did_what(sign_in, as_admin, as_bob, workspace, data_folder, sent_jobs):
    laptop = sign_in("Laptop")
    laptop.post("/api/v1/tokens/", {"name": "nightly"})
    as_bob.delete(f"{DATASETS}{make_dataset(workspace, name='Houses').pk}/")
    as_bob.delete(f"/api/v1/graphs/{make_graph(workspace).pk}/")
    laptop.delete(SESSION)
    told = [(row["actor"], row["action"]) for row in as_admin.get(AUDIT).json()["results"]]
    assert told == [
        ("alice", "session.ended"),
        ("bob", "graph.deleted"),
        ("bob", "dataset.deleted"),
        ("alice", "token.made"),
        ("alice", "session.started"),
    ]
    found = as_admin.get(AUDIT, {"search": "houses"}).json()["results"]
    assert [(row["subject"], row["workspace"]) for row in found] == [("Houses", "Wonderland")]

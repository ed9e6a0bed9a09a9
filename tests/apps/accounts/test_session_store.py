"""Who reads the database finds no session to go on with."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import BrowserSession
from apps.accounts.session_store import SessionStore
from tests.factories import PASSWORD, make_person

SESSION, COOKIE = "/api/v1/session/", "leptonweb_session"


def test_the_key_of_a_session_is_in_the_cookie_alone(alice):
    client = APIClient()
    client.post(SESSION, {"username": "alice", "password": PASSWORD})
    key = client.cookies[COOKIE].value
    stored = Session.objects.get().session_key
    assert stored == BrowserSession.objects.get().session_key
    assert key not in str([*Session.objects.values(), *BrowserSession.objects.values()])
    thief = Client()
    thief.cookies[COOKIE] = stored
    assert thief.get(SESSION).json()["user"] is None
    assert client.get(SESSION).json()["user"]["username"] == "alice"


def test_a_session_is_read_changed_and_ended_by_the_key_of_the_cookie(db):
    store = SessionStore()
    store["seen"] = 1
    store.save()
    again = SessionStore(store.session_key)
    assert (again["seen"], again.exists(store.session_key)) == (1, True)
    again["seen"] = 2
    again.save()
    assert (SessionStore(store.session_key)["seen"], Session.objects.count()) == (2, 1)
    again.delete()
    assert SessionStore(store.session_key).get("seen") is None
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_who_was_signed_in_before_keys_were_hashed_stays_so():
    before = [("accounts", "0005_delete_loginbudget")]
    client, alice = Client(), make_person("alice")
    executor = MigrationExecutor(connection)
    executor.migrate(before)
    try:
        client.force_login(alice)
        key = client.cookies[COOKIE].value
        older = executor.loader.project_state(before).apps
        Session.objects.update(session_key=key)  # as it was stored
        older.get_model("accounts", "BrowserSession").objects.create(
            user_id=alice.pk, session_key=key, last_seen_at=timezone.now()
        )
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    assert client.get(SESSION).json()["user"]["username"] == "alice"
    listed = client.get("/api/v1/sign-ins/").json()["results"]
    assert [one["is_current"] for one in listed] == [True]

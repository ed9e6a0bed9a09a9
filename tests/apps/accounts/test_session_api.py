"""Logging in and out, the first account, tokens."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts import services, tokens
from apps.accounts.models import ApiToken, AuditEntry, SetupToken, User, Workspace
from apps.common.errors import ApplicationError
from tests.factories import PASSWORD

SESSION = "/api/v1/session/"


def log_in(client, username="alice", password=PASSWORD):
    return client.post(SESSION, {"username": username, "password": password})


def test_before_the_first_account_the_page_is_told_to_set_up(db, anonymous):
    answer = anonymous.get(SESSION).json()
    assert answer["user"] is None
    assert answer["needs_setup"] is True
    assert answer["workspaces"] == []
    assert answer["limits"]["part_bytes"] == 8 * 1024 * 1024


def test_login_opens_a_session_and_logout_ends_it(anonymous, alice, workspace):
    answer = log_in(anonymous)
    assert answer.status_code == 200
    assert answer.json()["user"]["username"] == "alice"
    assert answer.json()["workspaces"] == [{"id": str(workspace.pk), "name": "Wonderland", "role": "owner"}]
    assert anonymous.get("/api/v1/datasets/").status_code == 200
    assert anonymous.delete(SESSION).status_code == 204
    assert anonymous.get("/api/v1/datasets/").status_code == 401


def test_a_login_without_the_cross_site_token_is_refused_in_the_error_form(alice):
    client = Client(enforce_csrf_checks=True)
    body = {"username": "alice", "password": PASSWORD}
    answer = client.post(SESSION, body, content_type="application/json")
    assert answer.status_code == 403
    assert answer.json()["code"] == "csrf"
    client.get(SESSION)
    token = client.cookies["csrftoken"].value
    answer = client.post(SESSION, body, content_type="application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 200


def test_a_session_cannot_write_without_the_cross_site_token(alice):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/api/v1/graphs/", {"name": "x"})
    assert answer.status_code == 403
    assert client.get("/api/v1/graphs/").status_code == 200


def test_a_wrong_password_is_the_same_answer_as_a_wrong_name(anonymous, alice):
    wrong_password = log_in(anonymous, password="wrong")
    wrong_name = log_in(anonymous, username="nobody")
    assert wrong_password.status_code == wrong_name.status_code == 401
    assert wrong_password.json() == wrong_name.json()
    assert AuditEntry.objects.filter(action="login.refused").count() == 2


def test_a_disabled_person_cannot_log_in_nor_use_a_token(anonymous, alice):
    _, secret = tokens.issue(user=alice, name="script")
    alice.is_active = False
    alice.save()
    assert log_in(anonymous).status_code == 401
    assert anonymous.get("/api/v1/datasets/", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_the_setup_link_makes_one_administrator_and_then_nothing_more(db, anonymous):
    token = services.issue_setup_token()
    body = {"token": token, "username": "root", "password": PASSWORD, "workspace_name": "Lab"}
    answer = anonymous.post("/api/v1/setup/", body)
    assert answer.status_code == 200
    assert answer.json()["user"]["is_administrator"] is True
    assert answer.json()["workspaces"][0]["name"] == "Lab"
    assert answer.json()["needs_setup"] is False
    assert anonymous.get("/api/v1/members/").json()["count"] == 1
    again = APIClient().post("/api/v1/setup/", {**body, "username": "second"})
    assert again.status_code == 403
    assert again.json()["code"] == "setup_link_invalid"
    assert User.objects.count() == 1


def test_a_weak_password_leaves_the_setup_link_usable(db, anonymous):
    token = services.issue_setup_token()
    answer = anonymous.post("/api/v1/setup/", {"token": token, "username": "root", "password": "12345"})
    assert answer.status_code == 400
    assert {problem["at"] for problem in answer.json()["problems"]} == {"password"}
    answer = anonymous.post("/api/v1/setup/", {"token": token, "username": "root", "password": PASSWORD})
    assert answer.status_code == 200


def test_a_new_setup_link_ends_the_old_one_and_only_a_hash_is_kept(db, anonymous):
    old = services.issue_setup_token()
    new = services.issue_setup_token()
    assert SetupToken.objects.count() == 1
    assert new not in SetupToken.objects.get().digest
    answer = anonymous.post("/api/v1/setup/", {"token": old, "username": "root", "password": PASSWORD})
    assert answer.status_code == 403


def test_the_command_prints_a_link_that_works(db, capsys, anonymous):
    call_command("setup_link")
    token = capsys.readouterr().out.strip().rpartition("token=")[2]
    answer = anonymous.post("/api/v1/setup/", {"token": token, "username": "root", "password": PASSWORD})
    assert answer.status_code == 200
    with pytest.raises(CommandError, match="already"):
        call_command("setup_link")


def test_the_environment_names_the_first_administrator_once(db, settings):
    settings.LEPTON_ADMIN_USERNAME, settings.LEPTON_ADMIN_PASSWORD = "root", PASSWORD
    made = services.ensure_administrator()
    assert made is not None
    assert made.is_superuser
    # A name, and no English sentence, so that it reads the same in every language of the page.
    assert [str(workspace) for workspace in Workspace.objects.filter(memberships__user=made)] == ["root"]
    assert services.ensure_administrator() is None
    assert services.issue_setup_token() is None


def test_no_administrator_is_made_without_a_password(db, settings):
    settings.LEPTON_ADMIN_USERNAME = "root"
    assert services.ensure_administrator() is None
    assert not User.objects.exists()


def test_a_weak_password_in_the_environment_is_refused(db, settings):
    settings.LEPTON_ADMIN_USERNAME, settings.LEPTON_ADMIN_PASSWORD = "root", "admin"
    with pytest.raises(ApplicationError):
        services.ensure_administrator()


def test_a_program_gets_a_token_for_its_password_and_works_with_it(anonymous, alice):
    answer = anonymous.post("/api/v1/auth/token/", {"username": "alice", "password": PASSWORD})
    assert answer.status_code == 200
    client = APIClient(headers={"Authorization": f"Bearer {answer.json()['token']}"})
    assert client.get("/api/v1/datasets/").status_code == 200
    assert ApiToken.objects.get().last_used_at is not None


def test_a_token_is_shown_once_stored_hashed_and_dead_when_revoked(as_alice):
    made = as_alice.post("/api/v1/tokens/", {"name": "laptop"}).json()
    listed = as_alice.get("/api/v1/tokens/").json()["results"]
    assert [token["name"] for token in listed] == ["laptop"]
    assert "token" not in listed[0]
    assert made["token"].startswith(listed[0]["prefix"])
    assert made["token"] not in str(ApiToken.objects.values())
    client = APIClient(headers={"Authorization": f"Bearer {made['token']}"})
    assert client.get("/api/v1/graphs/").status_code == 200
    assert as_alice.delete(f"/api/v1/tokens/{made['id']}/").status_code == 204
    refused = client.get("/api/v1/graphs/")
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"] == "Bearer"


def test_a_token_survives_the_rotation_of_the_secret_key(alice, settings):
    _, secret = tokens.issue(user=alice, name="old")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"
    assert tokens.owner_of(secret) == alice
    settings.SECRET_KEY_FALLBACKS = []
    assert tokens.owner_of(secret) is None


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(alice):
    here, there = APIClient(), APIClient()
    assert log_in(here).status_code == log_in(there).status_code == 200
    body = {"current": PASSWORD, "new": "another long phrase"}
    assert here.post("/api/v1/password/", body).status_code == 204
    assert here.get("/api/v1/tokens/").status_code == 200
    assert there.get("/api/v1/tokens/").status_code == 401
    assert log_in(there, password="another long phrase").status_code == 200


def test_a_password_is_not_changed_without_the_present_one_nor_to_a_weak_one(as_alice, alice):
    for current, new, place in (("wrong", "another long phrase", "current"), (PASSWORD, "12345", "new")):
        answer = as_alice.post("/api/v1/password/", {"current": current, "new": new})
        assert answer.status_code == 400
        assert answer.json()["problems"][0]["at"] == place
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)

"""The audit trail: refused sign-ins with their address, files of it, and how long it is kept."""

from __future__ import annotations

import csv
import io
import json
import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts import audit, audit_export, login
from apps.accounts.models import AuditEntry

EXPORT = "/api/v1/audit/export/"
FORMULA = '=HYPERLINK("http://evil.example.com")'


@pytest.fixture
def as_admin(as_alice, alice):
    alice.is_superuser = True
    alice.save()
    return as_alice


@pytest.fixture
def refused(db, anonymous, monkeypatch):
    # Attempts are counted in a Redis that tests share.
    monkeypatch.setattr(login, "_limited", lambda ask: 0)
    anonymous.post("/api/v1/session/", {"username": FORMULA, "password": "wrong"}, REMOTE_ADDR="192.0.2.7")


def test_a_refused_sign_in_is_exported_with_its_address_and_as_no_formula(refused, as_admin):
    answer = as_admin.get(EXPORT)
    assert answer["Content-Type"].startswith("text/csv")
    (line,) = [row for row in csv.DictReader(io.StringIO(answer.content.decode())) if row["action"] == "login.refused"]
    assert (line["subject"], json.loads(line["details"])) == (f"'{FORMULA}", {"address": "192.0.2.7"})
    listed = json.loads(as_admin.get(EXPORT, {"form": "json"}).content)
    assert [one["subject"] for one in listed if one["action"] == "login.refused"] == [FORMULA]


def test_a_search_and_a_span_choose_what_is_exported(refused, as_admin):
    later = (timezone.now() + timedelta(hours=1)).isoformat()
    assert json.loads(as_admin.get(EXPORT, {"form": "json", "after": later}).content) == []
    assert (
        json.loads(as_admin.get(EXPORT, {"form": "json", "before": later, "search": "nothing-like-it"}).content) == []
    )
    assert as_admin.get(EXPORT, {"form": "xlsx"}).status_code == 400


def test_more_than_a_file_holds_is_refused_and_nothing_is_left_out(refused, as_admin, monkeypatch):
    monkeypatch.setattr(audit_export, "MOST_ENTRIES", 0)
    answer = as_admin.get(EXPORT)
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many")


def test_others_export_nothing(refused, as_alice):
    assert as_alice.get(EXPORT).status_code == 403


def test_entries_are_kept_as_long_as_the_setting_says(db, settings):
    for days in (400, 20, 1):
        audit.record(actor=None, action="login.refused", subject=str(days))
        AuditEntry.objects.filter(subject=str(days)).update(created_at=timezone.now() - timedelta(days=days))
    assert audit.remove_old() == 0, "nothing is removed where no time is set"
    settings.LEPTON_AUDIT_DAYS = 30
    assert audit.remove_old() == 1
    assert audit.remove_old() == 0
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"login.refused", "audit.old_removed"}
    assert AuditEntry.objects.get(action="audit.old_removed").details == {"count": 1, "days": 30}


def test_a_foreign_host_costs_one_line_of_the_log(client, db, caplog):
    with caplog.at_level("WARNING"):
        assert client.get("/", HTTP_HOST="evil.example.com").status_code == 400
    lines = [record for record in caplog.records if record.levelno >= logging.ERROR or record.name != "django.request"]
    assert [(record.name, record.exc_info) for record in lines] == [("django.security.DisallowedHost", None)]

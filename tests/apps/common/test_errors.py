"""The one error form, whatever went wrong."""

from __future__ import annotations

import datetime
import json

import pytest
from django.test import Client

from apps.common.renderers import LenientJSON

FORM = {"code", "message", "problems"}
TRANSLATED = {"message_id", "message_params"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("get", "/api/v1/nowhere/", None, 404),
        ("get", "/api/v1/datasets/3f8c3c1e-0000-4000-8000-000000000000/", None, 404),
        ("get", "/api/v1/datasets/not-an-id/", None, 404),
        ("delete", "/api/v1/datasets/", None, 405),
        ("post", "/api/v1/graphs/", {}, 400),
        ("post", "/api/v1/graphs/", [], 400),
        ("post", "/api/v1/graphs/", "text", 400),
        ("put", "/api/v1/session/", {}, 405),
        ("get", "/api/v1/datasets/?page=99", None, 404),
    ],
)
def test_every_refusal_has_the_same_form(as_alice, method, path, body, status):
    answer = getattr(as_alice, method)(path, body)
    assert answer.status_code == status
    assert set(answer.json()) - TRANSLATED == FORM
    assert answer.json()["message"].endswith((".", "/."))


@pytest.mark.parametrize("body", ["{", '{"name": NaN}', "[" * 100_000, '"\\ud800"'])
def test_a_body_that_is_no_json_is_refused_and_breaks_nothing(as_alice, body):
    answer = as_alice.post("/api/v1/graphs/", body, content_type="application/json")
    assert answer.status_code == 400
    assert set(answer.json()) - TRANSLATED == FORM


@pytest.mark.parametrize("spelling", ['"\\ud83d"', '"a\\uDE00b"', '"a\\u0000b"', "1e999", "-" + "9" * 400 + ".0"])
@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("graphs/", '{"name": %s}', "name"),
        ("graphs/", '{"document": {"nodes": [{"params": {"x": [1, %s]}}]}}', "document.nodes.0.params.x.1"),
        ("members/", '{"username": {"any": %s}}', "username.any"),
        ("session/", "[%s]", "0"),
        ("session/", "%s", ""),
    ],
)
def test_what_no_database_can_store_is_refused_with_its_place_whatever_is_called(as_alice, spelling, path, body, place):
    answer = as_alice.post(f"/api/v1/{path}", body % spelling, content_type="application/json")
    assert answer.status_code == 400
    said = answer.json()
    assert said["message_id"] == "request.unstorable"
    assert [problem["at"] for problem in said["problems"]] == [place]


def test_a_name_with_half_a_character_is_refused_with_a_place_that_can_be_shown(as_alice):
    body = '{"name": "x", "document": {"nodes": [{"params": {"a\\ud83d": 1}}]}}'
    (problem,) = as_alice.post("/api/v1/graphs/", body, content_type="application/json").json()["problems"]
    assert problem["at"] == "document.nodes.0.params.a\ufffd"


def test_whole_characters_and_large_numbers_are_no_fault(as_alice):
    body = '{"name": "\\ud83d\\ude00", "document": {"nodes": [{"id": "a", "type": "t", "params": {"x": 1e300}}]}}'
    answer = as_alice.post("/api/v1/graphs/", body, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["name"] == "\U0001f600"


def test_half_a_character_that_was_stored_before_it_was_refused_spoils_no_answer():
    stored = {
        "name": "half: \ud83d",
        "rows": [{"\ud83d": float("inf"), "at": datetime.date(2026, 1, 1)}],
        "whole": "\U0001f600",
    }
    assert json.loads(LenientJSON().render(stored)) == {
        "name": "half: \ufffd",
        "rows": [{"\ufffd": None, "at": "2026-01-01"}],
        "whole": "\U0001f600",
    }


def test_a_body_that_is_too_large_is_refused_before_it_is_read(as_alice):
    answer = as_alice.post("/api/v1/graphs/", {"name": "x" * 9_000_000})
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


def test_faults_are_listed_by_place(as_alice):
    document = {"nodes": [{"id": "bad id", "type": ""}], "edges": [{"source": 1}]}
    answer = as_alice.post("/api/v1/graphs/", {"name": "x", "document": document})
    assert answer.status_code == 400
    assert {"document.nodes.0.id", "document.nodes.0.type"} <= {problem["at"] for problem in answer.json()["problems"]}


def test_a_refusal_carries_its_id_and_parameters_beside_the_english(as_alice):
    said = as_alice.post("/api/v1/graphs/", {"name": "x", "template": "nowhere"}).json()
    assert said["message"] == "There is no such template."
    assert said["message_id"] == "request.not_found"
    assert said["message_params"] == {"thing": {"term": "thing.template", "text": "template"}}


def test_a_fault_that_the_framework_finds_carries_an_id_too(as_alice):
    said = as_alice.post("/api/v1/graphs/", {"name": "x" * 300}).json()
    (problem,) = said["problems"]
    assert problem["message"] == "Ensure this field has no more than 200 characters."
    assert (problem["message_id"], problem["message_params"]) == ("field.max_length", {"limit": 200})
    assert said["message_id"] == "field.max_length"


def test_a_weak_password_is_refused_with_ids(as_alice):
    body = {"username": "carol", "password": "abc", "role": "viewer"}
    problems = as_alice.post("/api/v1/members/", body).json()["problems"]
    assert {"password.too_short", "password.too_common"} & {problem["message_id"] for problem in problems}


def test_our_own_mistake_says_nothing_of_the_inside(db, monkeypatch):
    def breaks(user):
        raise RuntimeError("secret path /srv/leptonweb")

    monkeypatch.setattr("apps.accounts.api.views.session_of", breaks)
    answer = Client(raise_request_exception=False).get("/api/v1/session/")
    assert answer.status_code == 500
    assert set(answer.json()) == FORM
    assert "secret" not in answer.content.decode()


def test_every_answer_carries_the_safe_headers(db, client):
    for path in ("/", "/api/v1/health/", "/api/v1/nowhere/", "/static/plain.css"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert "script-src 'self';" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff", path


def test_health_asks_the_database(db, client):
    assert client.get("/api/v1/health/").json() == {"status": "ok", "disk": "ok"}


def test_a_program_that_posts_to_no_call_is_told_so_and_not_about_the_page(db):
    answer = Client(enforce_csrf_checks=True).post("/api/v1/nowhere/", {"a": 1}, content_type="application/json")
    assert answer.status_code == 404
    assert answer.json()["message"] == "There is no call POST /api/v1/nowhere/. See /api/v1/docs/."

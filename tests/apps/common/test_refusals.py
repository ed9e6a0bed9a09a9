"""Requests that no page sends: each is refused in the error form, none is an error of the server."""

from __future__ import annotations

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from apps.common.database_state import database_fault
from leptonweb.routing import websocket_routes
from leptonweb.supervise import preparation
from leptonweb.supervise.start_error import StartError
from tests.factories import make_graph
from tests.factories.serving import make_endpoint

ZEROS = "0" * 36


def nested(levels):
    inner = {}
    for _ in range(levels):
        inner = {"a": [inner]}
    return inner


@pytest.mark.parametrize(("method", "tail"), [("delete", ""), ("patch", ""), ("post", "renew/")])
def test_a_key_id_that_is_none_is_not_found(as_alice, workspace, method, tail):
    endpoint = make_endpoint(workspace, slug="houses")
    answer = getattr(as_alice, method)(f"/api/v1/endpoints/{endpoint.slug}/keys/{ZEROS}/{tail}", {})
    assert answer.status_code == 404


@pytest.mark.parametrize("levels", [40, 150, 300, 5000])
def test_parameters_nested_without_reason_are_refused(as_alice, workspace, levels):
    graph = make_graph(workspace)
    node = {"id": "n", "type": "clean.impute", "version": 1, "params": nested(levels), "position": {"x": 0, "y": 0}}
    document = {"nodes": [node], "edges": []}
    text = '{"document": {"nodes": [{"params": ' + '{"a": [' * levels + "{}" + "]}" * levels + "}]}}"
    for path in ("/api/v1/graphs/", f"/api/v1/graphs/{graph.pk}/check/"):
        answer = as_alice.post(path, text, content_type="application/json")
        assert answer.status_code == 400
        assert "nested" in answer.json()["message"]
    if levels < 100:
        assert as_alice.post("/api/v1/graphs/", {"name": "deep", "document": document}).status_code == 400


@pytest.mark.parametrize("path", ["datasets", "graphs", "endpoints", "runs", "models"])
def test_a_search_of_a_thousand_words_is_refused(as_alice, path):
    answer = as_alice.get(f"/api/v1/{path}/", {"search": " ".join(map(str, range(1000)))})
    assert answer.status_code == 400
    assert answer.json()["message_id"] == "search.too_many_words"
    assert as_alice.get(f"/api/v1/{path}/", {"search": " ".join(map(str, range(32)))}).status_code == 200


async def test_a_websocket_at_an_address_that_has_none_is_refused():
    socket = WebsocketCommunicator(URLRouter(websocket_routes()), "/ws/nothing/")
    assert (await socket.connect())[0] is False


@pytest.mark.parametrize("path", ["/", "/api/v1/session/", "/api/v1/nothing/", "/static/nothing.js", "/metrics"])
def test_every_answer_says_how_it_may_be_used(anonymous, db, path):
    answer = anonymous.get(path)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in answer["Permissions-Policy"]
    assert (answer.headers.get("Cache-Control") == "no-store") == path.startswith(("/api/", "/metrics"))


def test_a_database_of_a_newer_version_is_refused_with_a_sentence(db):
    assert database_fault() is None
    MigrationRecorder(connection).record_applied("datasets", "9000_of_next_year")
    assert "newer version of LeptonWeb (it has datasets.9000_of_next_year)" in database_fault()
    with pytest.raises(StartError, match="newer version"):
        preparation.migrate()


def test_a_damaged_database_names_the_way_to_restore(monkeypatch):
    def refuse(*_):
        raise preparation.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(preparation, "MigrationExecutor", refuse)
    with pytest.raises(StartError, match="docs/backup.md"):
        preparation.migrate()

"""Control plane and serving process together: what a person does on the page is what the world can call."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from apps.serving import active_release, releases
from apps.serving.management.commands.serve import environment
from apps.serving.models import Endpoint
from apps.serving.snapshot import publish_snapshot
from apps.serving.traffic import drain_statistics
from tests.apps.serving.conftest import deploy, redraw, run_of
from tests.factories.serving import make_endpoint
from tests.serving.packages import column, line, referenced
from tests.serving.plane import ROOT, wait_for

ROW = {"size": 10, "rooms": 2}

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def ask(plane, key):
    return plane.predict([ROW], slug="house-prices", key=key)


def test_a_deployed_endpoint_answers_at_once_and_so_does_its_page(plane, as_bob, graph, has_run):
    body = deploy(as_bob, graph).json()
    assert body["notice"] == ""
    assert ask(plane, body["key"])[1]["predictions"] == [23.0]
    response = as_bob.post("/api/v1/endpoints/house-prices/try/", {"rows": [ROW]})
    assert (response.status_code, response.json()["predictions"]) == (200, [23.0])
    wrong = as_bob.post("/api/v1/endpoints/house-prices/try/", {"rows": [{"size": "x", "rooms": 1}]})
    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["at"] == "rows.0.size"
    assert as_bob.get("/api/v1/endpoints/house-prices/").json()["state"] == "ready"


def test_the_page_is_told_what_each_column_adds(plane, as_bob, graph, has_run):
    deploy(as_bob, graph)
    body = as_bob.post("/api/v1/endpoints/house-prices/try/", {"rows": [ROW], "explain": True}).json()
    (explanation,) = body["explanations"]
    assert explanation["base"] + sum(explanation["contributions"].values()) == pytest.approx(body["predictions"][0])


def test_a_file_sent_from_the_page_comes_back_with_an_answer_a_line(plane, as_bob, graph, has_run):
    deploy(as_bob, graph)
    address = "/api/v1/endpoints/house-prices/batch/"
    table = b"size,rooms\n10,2\n20,2\n"
    answer = as_bob.post(address, table, content_type="text/csv")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv")
    assert answer.content.decode().split() == ["prediction", "23.0", "43.0"]
    wrong = as_bob.post(address, b"size,rooms\nlarge,2\n", content_type="text/csv")
    assert (wrong.status_code, wrong.json()["problems"][0]["at"]) == (422, "rows.0.size")


def test_a_page_is_not_told_that_its_own_key_is_wrong(plane, as_bob, workspace):
    make_endpoint(workspace, slug="untold")
    answer = as_bob.post("/api/v1/endpoints/untold/try/", {"rows": [ROW]})
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")


def test_a_new_release_answers_when_deploy_returns_and_a_rollback_brings_the_old_one_back(
    plane, as_bob, bob, graph, has_run
):
    key = deploy(as_bob, graph).json()["key"]
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
    run_of(graph, line(slope=3), number=2)
    assert deploy(as_bob, graph).json()["notice"] == ""
    status, answer = ask(plane, key)
    assert (status, answer["predictions"], answer["model"]["release"]) == (200, [33.0], 2)
    as_bob.post("/api/v1/endpoints/house-prices/rollback/", {"release": 1})
    assert ask(plane, key)[1]["predictions"] == [23.0]


def test_a_revoked_key_is_dead_within_a_second_and_a_new_one_alive(plane, as_bob, graph, has_run):
    key = deploy(as_bob, graph).json()["key"]
    fresh = as_bob.post("/api/v1/endpoints/house-prices/keys/", {"name": "excel"}).json()["key"]
    wait_for("the new key", lambda: ask(plane, fresh)[0] == 200, seconds=1)
    (first, _) = as_bob.get("/api/v1/endpoints/house-prices/").json()["keys"]
    as_bob.delete(f"/api/v1/endpoints/house-prices/keys/{first['id']}/")
    wait_for("the end of the key", lambda: ask(plane, key)[0] == 401, seconds=1)
    assert ask(plane, fresh)[0] == 200


def test_a_package_that_cannot_be_loaded_is_refused_and_changes_nothing(plane, as_bob, bob, graph, has_run):
    key = deploy(as_bob, graph).json()["key"]
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
    broken = line(slope=3)
    run_of(graph, type(broken)(broken.name, broken.program, {"model.onnx": b"no model"}, broken.parity), number=2)
    answer = deploy(as_bob, graph)
    assert (answer.status_code, answer.json()["code"]) == (409, "release_refused")
    assert Endpoint.objects.get().active.number == 1
    assert ask(plane, key)[1]["predictions"] == [23.0]


def test_a_first_deploy_that_cannot_be_loaded_leaves_no_endpoint(plane, as_bob, graph, data_folder):
    broken = line()
    run_of(graph, type(broken)(broken.name, broken.program, {"model.onnx": b"no model"}, broken.parity))
    assert deploy(as_bob, graph).json()["code"] == "release_refused"
    assert not Endpoint.objects.exists()
    graph.refresh_from_db()
    assert graph.published_version is None


def test_a_rollback_away_from_a_release_that_no_longer_loads_is_not_refused_with_its_error(
    plane, as_bob, bob, graph, has_run, data_folder
):
    key = deploy(as_bob, graph).json()["key"]
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
    run_of(graph, line(slope=3), number=2)
    deploy(as_bob, graph)
    lost = Endpoint.objects.get().active.address
    shutil.rmtree(data_folder / "artifacts" / lost[:2] / lost[2:])
    plane.stop()
    plane.start()
    wait_for("the failure", lambda: plane.report("house-prices").get("failure"))
    answer = as_bob.post("/api/v1/endpoints/house-prices/rollback/", {"release": 1})
    assert answer.status_code == 200, answer.json()
    assert ask(plane, key)[1]["predictions"] == [23.0]


def two_releases(as_bob, bob, graph, second):
    """Deploy a second release, go back to the first, and return the key."""
    key = deploy(as_bob, graph).json()["key"]
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
    run_of(graph, second, number=2)
    assert deploy(as_bob, graph).json()["endpoint"]["release"] == 2
    as_bob.post("/api/v1/endpoints/house-prices/rollback/", {"release": 1})
    return key


def answered_by(plane, key, count):
    """Ask about many rows, and return the release of each answer: 0 where there was none."""
    answers = [plane.predict([{"size": size, "rooms": 2}], slug="house-prices", key=key) for size in range(count)]
    return [body["model"]["release"] if status == 200 else 0 for status, body in answers]


def test_a_canary_that_refuses_what_callers_send_is_taken_back_while_it_serves(plane, as_bob, bob, graph, has_run):
    wanting = line(slope=3)
    program = wanting.program
    columns = [*program["raw_schema"]["columns"], column("garden", "boolean")]
    program |= {"raw_schema": {"columns": columns, "is_open": False}, "example": {**program["example"], "garden": True}}
    key = two_releases(as_bob, bob, graph, wanting)
    address = "/api/v1/endpoints/house-prices/traffic/"
    assert as_bob.put(address, {"canary": {"release": 2, "percent": 50}}).status_code == 200
    first = answered_by(plane, key, 40)
    assert set(first) == {0, 1}, "the canary refuses each row it gets"
    assert answered_by(plane, key, 40) == first, "the same row always goes to the same release"
    wait_for("the verdict", lambda: drain_statistics() and releases.return_failing_canaries())
    shown = as_bob.get("/api/v1/endpoints/house-prices/").json()
    assert (shown["canary"], shown["returned"]["release"]) == (None, 2)
    assert "were not answered" in shown["returned"]["why"]
    publish_snapshot()
    wait_for("the champion alone", lambda: set(answered_by(plane, key, 40)) == {1})


def test_a_canary_whose_rows_are_not_those_of_its_training_is_taken_back_while_it_serves(
    plane, as_bob, bob, graph, has_run
):
    key = two_releases(as_bob, bob, graph, referenced(slope=3))
    address = "/api/v1/endpoints/house-prices/traffic/"
    as_bob.put(address, {"canary": {"release": 2, "percent": 100}})
    large = {"columns": {"size": list(range(1000, 1300)), "rooms": [2] * 300}}
    assert plane.call("POST", "/endpoints/house-prices/predict", json.dumps(large), key=key)[0] == 200
    wait_for("the verdict", lambda: drain_statistics() and releases.return_failing_canaries())
    shown = as_bob.get("/api/v1/endpoints/house-prices/").json()
    assert "where 0.25 is allowed" in shown["returned"]["why"]
    (moved, *_) = as_bob.get("/api/v1/endpoints/house-prices/drift/", {"release": 2}).json()["columns"]
    assert (moved["name"], moved["level"], moved["unseen"]) == ("size", "strong", 1.0)


def test_a_renewed_key_and_its_former_one_are_both_good_for_a_while(plane, as_bob, graph, has_run):
    key = deploy(as_bob, graph).json()["key"]
    (row,) = as_bob.get("/api/v1/endpoints/house-prices/").json()["keys"]
    address = f"/api/v1/endpoints/house-prices/keys/{row['id']}/"
    fresh = as_bob.post(f"{address}renew/", {"overlap_hours": 1}).json()["key"]
    wait_for("the new key", lambda: ask(plane, fresh)[0] == 200, seconds=1)
    assert ask(plane, key)[0] == 200
    changed = as_bob.put(address, {"name": "nightly", "scopes": ["metadata"], "per_second": 5, "expires_at": None})
    assert (changed.json()["name"], changed.json()["scopes"]) == ("nightly", ["metadata"])
    wait_for("the change", lambda: ask(plane, key)[0] == 403, seconds=1)
    stored = as_bob.put(address, {"per_day": 7}).json()
    assert (stored["name"], stored["per_day"]) == ("nightly", 7), "without a name it keeps its own"


def test_a_deleted_endpoint_is_gone_from_the_plane(plane, as_bob, graph, has_run):
    key = deploy(as_bob, graph).json()["key"]
    as_bob.delete("/api/v1/endpoints/house-prices/")
    wait_for("404", lambda: ask(plane, key)[0] == 404, seconds=1)


def test_requests_are_counted_on_the_page(plane, as_bob, graph, has_run):
    key = deploy(as_bob, graph).json()["key"]
    for _ in range(3):
        ask(plane, key)

    def shown():
        drain_statistics()
        return as_bob.get("/api/v1/endpoints/house-prices/").json()

    # The process delivers its counts each second, so the three may come in two parts.
    wait_for("the counts", lambda: shown()["traffic"]["requests"] == 3)
    assert shown()["keys"][0]["last_used_at"]


def test_a_plane_that_is_not_there_is_said_after_the_wait(plane, as_bob, graph, has_run, monkeypatch):
    plane.stop()
    monkeypatch.setattr(active_release, "WAIT_SECONDS", 0.2)
    body = deploy(as_bob, graph).json()
    assert "not running" in body["notice"]
    plane.start()
    wait_for("the answer", lambda: ask(plane, body["key"])[0] == 200)


def test_serve_hands_the_settings_on_and_keeps_djangos_secret(settings, monkeypatch):
    monkeypatch.setenv("LEPTON_SECRET_KEY", "hidden")
    monkeypatch.setenv("DATABASE_URL", "postgresql://hidden")
    variables = environment()
    assert "hidden" not in str(variables)
    assert variables["REDIS_URL"] == settings.REDIS_URL
    assert variables["LEPTON_SERVE_PORT"] == str(settings.LEPTON_SERVE_PORT)


def test_manage_serve_becomes_the_serving_plane(plane, as_bob, graph, has_run):
    key = deploy(as_bob, graph).json()["key"]
    plane.stop()
    variables = {
        "LEPTON_DATA_DIR": str(plane.folder),
        "LEPTON_SERVE_PORT": str(plane.port),
        "REDIS_URL": plane.redis_url,
        "LEPTON_SECRET_KEY": "x" * 50,
        "DJANGO_SETTINGS_MODULE": "leptonweb.settings",
    }
    plane.process = subprocess.Popen([sys.executable, "manage.py", "serve"], cwd=ROOT, env=os.environ | variables)
    wait_for("an answer", lambda: plane.get("/health/ready") == 200)
    assert ask(plane, key)[0] == 200
    command = Path(f"/proc/{plane.process.pid}/cmdline").read_text()
    assert "tasks.inference.server" in command, "nothing of Django stays in the process"

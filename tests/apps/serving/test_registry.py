"""Registered models: names, approval, cards, downloads, and removals that free the disk."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile

import pytest

from apps.accounts.models import AuditEntry
from tasks.artifacts.store import Store
from tasks.jobs.garbage_collection import collect_garbage
from tests.apps.serving.conftest import deploy, graph_store, redraw, run_of
from tests.serving.packages import line
from tests.serving.plane import ROOT

pytestmark = pytest.mark.postgresql


def versions_of(client, model):
    return {version["number"]: version for version in client.get(model).json()["versions"]}


def test_versions_show_size_lineage_and_who_is_champion(as_vera, model):
    versions = versions_of(as_vera, model)
    assert versions[2]["aliases"] == ["champion"]
    assert versions[1]["aliases"] == []
    assert versions[1]["bytes"] > 500
    assert versions[1]["graph_version"] == 1
    assert "data" in versions[1]["details"]


def test_people_name_versions_and_the_name_moves_on(as_bob, model):
    assert as_bob.put(f"{model}aliases/blessed/", {"version": 1}).status_code == 200
    as_bob.put(f"{model}aliases/blessed/", {"version": 2})
    versions = versions_of(as_bob, model)
    assert (versions[1]["aliases"], versions[2]["aliases"]) == ([], ["blessed", "champion"])
    assert as_bob.delete(f"{model}aliases/blessed/").status_code == 204
    assert as_bob.put(f"{model}aliases/champion/", {"version": 1}).json()["code"] == "alias_follows"
    assert as_bob.put(f"{model}aliases/blessed/", {"version": 9}).status_code == 404


def test_an_approval_is_the_owners_and_can_be_withdrawn(as_alice, as_bob, model):
    assert as_bob.put(f"{model}versions/1/approval/").status_code == 403
    as_alice.put(f"{model}versions/1/approval/")
    assert versions_of(as_bob, model)[1]["approved_by"] == "alice"
    as_alice.delete(f"{model}versions/1/approval/")
    assert versions_of(as_bob, model)[1]["approved_at"] is None
    actions = AuditEntry.objects.values_list("action", flat=True)
    assert {"model.approved", "model.approval_withdrawn"} <= set(actions)


def test_the_card_says_what_how_well_and_where_from(as_vera, model):
    card = as_vera.get(f"{model}versions/2/card/").json()["markdown"]
    assert card.startswith("# House prices, version 2\n")
    assert "| r2 | 0.9 |" in card
    assert "| Predicts | price |" in card
    assert "Not approved." in card
    assert "`size`, `rooms`" in card


def test_a_download_can_be_loaded_as_its_readme_says(as_vera, model, tmp_path):
    answer = as_vera.get(f"{model}versions/2/download/")
    assert answer["Content-Disposition"] == 'attachment; filename="house-prices-2.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
    assert {"program.json", "model.onnx", "CARD.md", "README.md", "manifest.json"} <= {
        path.name for path in tmp_path.iterdir()
    }
    code = (tmp_path / "README.md").read_text().split("```")[1].removeprefix("python\n")
    environment, command = {"PYTHONPATH": str(ROOT)}, [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("[244.0]"), done.stderr


def test_removing_a_version_frees_what_was_shown(as_bob, model):
    shown = versions_of(as_bob, model)[1]
    folder = Store(graph_store()).local_path(shown["address"], "program.json").parent
    os.utime(folder / "manifest.json", (0, 0))
    freed = as_bob.delete(f"{model}versions/1/").json()["freed_bytes"]
    assert freed == shown["bytes"]
    assert collect_garbage(Store(graph_store()).scan()).bytes >= freed
    assert not folder.exists()
    assert list(versions_of(as_bob, model)) == [2]
    assert [one["number"] for one in as_bob.get("/api/v1/endpoints/house-prices/").json()["releases"]] == [2]


def test_a_version_that_answers_is_not_removed(as_bob, model):
    answer = as_bob.delete(f"{model}versions/2/")
    assert (answer.status_code, answer.json()["code"]) == (409, "version_in_use")
    as_bob.put("/api/v1/endpoints/house-prices/traffic/", {"shadow": 1})
    assert as_bob.delete(f"{model}versions/1/").json()["code"] == "version_in_use"


def test_a_package_that_two_versions_share_stays_until_both_are_gone(as_bob, bob, graph, model):
    first = versions_of(as_bob, model)[1]
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=4))
    run_of(graph, line(name=""), number=3)
    deploy(as_bob, graph)
    assert versions_of(as_bob, model)[3]["address"] == first["address"]
    os.utime(Store(graph_store()).local_path(first["address"], "program.json").with_name("manifest.json"), (0, 0))
    assert as_bob.delete(f"{model}versions/1/").json()["freed_bytes"] == 0
    assert collect_garbage(Store(graph_store()).scan()).removed == 0
    assert Store(graph_store()).exists(first["address"])


def test_a_package_that_is_gone_is_said_to_be(as_bob, model, data_folder):
    import shutil

    shutil.rmtree(data_folder / "artifacts")
    answer = as_bob.get(f"{model}versions/1/download/")
    assert (answer.status_code, json.loads(answer.content)["code"]) == (404, "result_gone")
    assert as_bob.delete(f"{model}versions/1/").json()["freed_bytes"] == 0


def test_a_package_that_is_damaged_is_neither_sent_nor_deployed(as_bob, model):
    store = Store(graph_store())
    path = store.local_path(versions_of(as_bob, model)[1]["address"], "model.onnx")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    for answer in (as_bob.get(f"{model}versions/1/download/"), as_bob.post(f"{model}versions/1/deploy/")):
        assert (answer.status_code, json.loads(answer.content)["code"]) == (410, "result_damaged")
    assert as_bob.get(f"{model}versions/2/download/").status_code == 200

"""Deploying what was run: releases, keys, versions, and what is refused. Without a serving process."""

from __future__ import annotations

import itertools
import re

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import AuditEntry
from apps.common import artifacts
from apps.registry import packages as registry_packages
from apps.registry.models import ModelVersion, RegisteredModel
from apps.registry.packages import package_bytes
from apps.runs.models import NodeRun
from apps.serving import deployment, keys, serving_client
from apps.serving.models import Endpoint, EndpointKey
from tests.apps.serving.conftest import deploy, redraw, run_of
from tests.factories import drawn, make_graph
from tests.serving.packages import line

pytestmark = pytest.mark.postgresql


def test_a_finished_run_becomes_an_endpoint_with_a_key(as_bob, graph, has_run):
    answer = deploy(as_bob, graph)
    assert answer.status_code == 201, answer.json()
    body = answer.json()
    assert body["endpoint"]["slug"] == "house-prices"
    assert body["endpoint"]["url"].endswith("/endpoints/house-prices")
    assert body["endpoint"]["version"] == 1
    assert re.fullmatch(r"lep_[A-Za-z0-9_-]{43}[0-9a-f]{8}", body["key"])
    shown = as_bob.get("/api/v1/endpoints/house-prices/").json()
    assert shown["release"]["number"] == 1
    assert shown["release"]["run"] == str(has_run.pk)
    assert shown["release"]["model"]["target"] == "price"
    assert shown["release"]["example"] == {"size": 80.0, "rooms": 3}
    assert [column["name"] for column in shown["release"]["inputs"]] == ["size", "rooms"]
    assert shown["release"]["parity"]["rows"] == 3
    assert shown["graph"] == str(graph.pk)
    assert as_bob.get(f"/api/v1/graphs/{graph.pk}/").json()["published_version"] == 1


def test_a_key_is_kept_as_a_hash_and_never_shown_again(as_bob, graph, has_run):
    key = deploy(as_bob, graph).json()["key"]
    row = EndpointKey.objects.get()
    assert row.digest == keys.digest(key)
    assert key.startswith(row.prefix)
    assert key not in str(as_bob.get("/api/v1/endpoints/house-prices/").json())
    assert key not in str(list(AuditEntry.objects.values_list("details", flat=True)))


def test_what_was_not_run_is_refused(as_bob, graph, data_folder):
    answer = deploy(as_bob, graph)
    assert (answer.status_code, answer.json()["code"]) == (409, "run_first")
    assert "Run" in answer.json()["message"]


@pytest.mark.parametrize("state", ["failed", "running", "cancelled"])
def test_a_run_that_did_not_end_well_does_not_count(as_bob, graph, data_folder, state):
    run_of(graph, line(), state=state)
    assert deploy(as_bob, graph).json()["code"] == "run_first"


def test_a_draft_changed_since_its_run_is_refused_but_moving_a_node_is_no_change(as_bob, bob, graph, has_run):
    redraw(graph, bob, lambda document: document["nodes"][0]["position"].update(x=500))
    assert deploy(as_bob, graph).status_code == 201
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
    assert deploy(as_bob, graph).json()["code"] == "run_first"


def test_a_result_that_is_no_longer_stored_is_refused(as_bob, graph, has_run, data_folder):
    import shutil

    shutil.rmtree(data_folder / "artifacts")
    assert deploy(as_bob, graph).json()["code"] == "run_first"


def test_a_second_deploy_keeps_address_and_key_and_adds_a_release(as_bob, bob, graph, has_run):
    deploy(as_bob, graph)
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
    run_of(graph, line(slope=3), number=2)
    body = deploy(as_bob, graph).json()
    assert (body["endpoint"]["slug"], body["key"]) == ("house-prices", None)
    assert (body["endpoint"]["release"], body["endpoint"]["version"]) == (2, 2)
    assert EndpointKey.objects.count() == 1
    versions = RegisteredModel.objects.get().versions.values_list("number", "graph_version")
    assert list(versions) == [(2, 2), (1, 1)]


def test_pressing_deploy_twice_makes_one_release(as_bob, graph, has_run):
    deploy(as_bob, graph)
    assert deploy(as_bob, graph).json()["endpoint"]["release"] == 1
    assert Endpoint.objects.get().releases.count() == 1


def test_a_key_can_be_asked_for_on_a_later_deploy(as_bob, graph, has_run):
    first = deploy(as_bob, graph).json()["key"]
    second = deploy(as_bob, graph, wants_key=True).json()["key"]
    assert second not in {first, None}


def test_the_given_name_makes_the_address_and_the_next_of_the_same_name_gets_a_number(
    as_bob, workspace, graph, has_run
):
    from tests.factories import make_graph

    assert (
        deploy(as_bob, graph, name="Prix des maisons à Lyon!").json()["endpoint"]["slug"] == "prix-des-maisons-a-lyon"
    )
    other = make_graph(workspace, name="other", document=graph.draft.document)
    run_of(other, line())
    assert (
        deploy(as_bob, other, name="Prix des maisons a Lyon").json()["endpoint"]["slug"] == "prix-des-maisons-a-lyon-2"
    )


def test_a_name_without_a_single_latin_letter_still_has_an_address(as_bob, graph, has_run):
    body = deploy(as_bob, graph, name="房价").json()
    assert (body["endpoint"]["slug"], body["endpoint"]["name"]) == ("endpoint", "房价")


def test_a_graph_without_a_deploy_node_is_told_to_draw_one(as_bob, workspace, graph):
    graph.draft.document = drawn("source=source.file")
    graph.draft.save()
    answer = deploy(as_bob, graph)
    assert (answer.status_code, answer.json()["code"]) == (422, "no_deploy_node")


def test_two_deploy_nodes_must_be_told_apart(as_bob, graph, data_folder):
    nodes = "source=source.file model=model.linear deploy=publish.deploy second=publish.deploy"
    wires = "source.table>model.table model.model>deploy.model model.model>second.model"
    graph.draft.document = drawn(nodes, wires)
    graph.draft.save()
    run_of(graph, line())
    assert deploy(as_bob, graph).json()["code"] == "no_deploy_node"
    assert deploy(as_bob, graph, node="deploy").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_no_transaction_waits_for_the_store_and_of_the_model_nothing_is_read(as_bob, graph, has_run, monkeypatch):
    reads = []

    def note(address, name):
        reads.append((name, connection.in_atomic_block))
        return artifacts_path(address, name)

    artifacts_path = artifacts.local_path
    for module in (artifacts, deployment, registry_packages):
        monkeypatch.setattr(module, "local_path", note)
    assert deploy(as_bob, graph).status_code == 201
    version = ModelVersion.objects.get()
    assert reads
    assert not [name for name, is_in_transaction in reads if is_in_transaction]
    assert {name for name, _ in reads} == {"program.json", "parity.json", "name.json", "manifest.json"}
    assert version.bytes == package_bytes(version.address) > 500


def test_what_is_drawn_anew_while_the_package_is_read_is_not_deployed(as_bob, bob, graph, has_run, monkeypatch):
    read = deployment.find_package

    def read_and_draw(*arguments):
        monkeypatch.setattr(deployment, "find_package", read)
        built = read(*arguments)
        redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
        return built

    monkeypatch.setattr(deployment, "find_package", read_and_draw)
    assert deploy(as_bob, graph).json()["code"] == "run_first"
    assert not Endpoint.objects.exists()


def test_a_result_removed_while_its_package_is_read_is_not_deployed(as_bob, graph, has_run, monkeypatch):
    read = deployment.find_package

    def read_and_evict(*arguments):
        built = read(*arguments)
        NodeRun.objects.update(evicted_at=timezone.now())
        return built

    monkeypatch.setattr(deployment, "find_package", read_and_evict)
    assert deploy(as_bob, graph).json()["code"] == "run_first"


def draw_deploy_node_again(graph, user):
    """Delete the Deploy node and draw it again: it is the same node under another id."""

    def change(document):
        document["nodes"][2]["id"] = document["edges"][1]["target"] = "deploy_1"

    redraw(graph, user, change)


def test_a_deploy_node_that_was_drawn_again_is_deployed_with_the_result_of_the_former_one(as_bob, bob, graph, has_run):
    draw_deploy_node_again(graph, bob)
    answer = deploy(as_bob, graph)
    assert answer.status_code == 201, answer.json()
    version = ModelVersion.objects.get()
    assert (version.model.node, version.run) == ("deploy_1", has_run)
    assert [node["type"] for node in version.nodes] == ["source.file", "model.linear", "publish.deploy"]
    assert deploy(as_bob, graph).json()["endpoint"]["release"] == 1
    assert (Endpoint.objects.get().node, ModelVersion.objects.count()) == ("deploy_1", 1)


def test_each_of_two_deploy_nodes_that_are_alike_is_deployed_with_the_one_result(as_bob, bob, graph, has_run):
    def change(document):
        document["nodes"].append({**document["nodes"][2], "id": "second"})
        document["edges"].append({**document["edges"][1], "target": "second"})

    redraw(graph, bob, change)
    slugs = [deploy(as_bob, graph, node=node).json()["endpoint"]["slug"] for node in ("deploy", "second")]
    assert slugs == ["house-prices", "house-prices-2"]


def test_a_deploy_ends_though_what_is_drawn_changes_each_time_its_package_is_read(
    as_bob, bob, graph, has_run, monkeypatch
):
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
    run_of(graph, line(slope=3), number=2)
    read, alphas = deployment.find_package, itertools.cycle((1, 3))

    def read_and_draw(*arguments):
        built = read(*arguments)
        alpha = next(alphas)
        redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=alpha))
        return built

    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=1))
    run_of(graph, line(), number=3)
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
    monkeypatch.setattr(deployment, "find_package", read_and_draw)
    answer = deploy(as_bob, graph)
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert not Endpoint.objects.exists()


def test_a_slug_that_another_deploy_takes_at_the_same_moment_is_left_to_it(
    as_bob, workspace, graph, has_run, monkeypatch
):
    Endpoint.objects.create(workspace=workspace, name="House prices", node="deploy", slug="house-prices")
    find, looked_too_early = deployment.free_slug, iter(["house-prices"] * 2)
    monkeypatch.setattr(deployment, "free_slug", lambda name: next(looked_too_early, None) or find(name))
    assert deploy(as_bob, graph).json()["endpoint"]["slug"] == "house-prices-2"


def fail_after(monkeypatch, number, act):
    """Have the serving plane refuse a release after something happened during the wait for it."""

    def wait_for(slug, release, **_):
        if release != number:
            return serving_client.ReleaseStatus("ready")
        act()
        return serving_client.ReleaseStatus("failed", "no model")

    monkeypatch.setattr(serving_client, "wait_for", wait_for)


def deploy_another(client, user, graph):
    redraw(graph, user, lambda document: document["nodes"][1]["params"].update(alpha=7))
    run_of(graph, line(slope=7), number=7)
    assert deploy(client, graph).status_code == 201


def test_a_refused_first_deploy_leaves_what_another_person_deployed_meanwhile(as_bob, bob, graph, has_run, monkeypatch):
    fail_after(monkeypatch, 1, lambda: deploy_another(as_bob, bob, graph))
    assert deploy(as_bob, graph).json()["code"] == "release_refused"
    endpoint = Endpoint.objects.get()
    assert (endpoint.active.number, endpoint.keys.count()) == (2, 1)


def test_a_refused_deploy_or_rollback_leaves_what_another_person_deployed_meanwhile(
    as_bob, bob, graph, has_run, monkeypatch
):
    deploy(as_bob, graph)
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
    run_of(graph, line(slope=3), number=2)
    fail_after(monkeypatch, 2, lambda: deploy_another(as_bob, bob, graph))
    assert deploy(as_bob, graph).json()["code"] == "release_refused"
    assert Endpoint.objects.get().active.number == 3
    fail_after(monkeypatch, 1, lambda: as_bob.post("/api/v1/endpoints/house-prices/rollback/", {"release": 3}))
    assert as_bob.post("/api/v1/endpoints/house-prices/rollback/", {"release": 1}).status_code == 409
    assert Endpoint.objects.get().active.number == 3


def test_a_refused_first_deploy_that_was_deleted_meanwhile_stays_deleted(as_bob, graph, has_run, monkeypatch):
    fail_after(monkeypatch, 1, lambda: as_bob.delete("/api/v1/endpoints/house-prices/"))
    assert deploy(as_bob, graph).json()["code"] == "release_refused"
    assert not Endpoint.objects.exists()


def test_viewers_may_not_deploy_and_strangers_see_no_graph(as_vera, as_charlie, graph, has_run):
    assert deploy(as_vera, graph).status_code == 403
    assert deploy(as_charlie, graph).status_code == 404
    assert not Endpoint.objects.exists()


def test_an_endpoint_outlives_its_graph(as_bob, graph, has_run):
    deploy(as_bob, graph)
    graph.delete()
    shown = as_bob.get("/api/v1/endpoints/house-prices/").json()
    assert (shown["graph"], shown["release"]["number"]) == (None, 1)


def test_a_deploy_without_a_serving_plane_says_so_and_gives_the_key(as_bob, graph, has_run):
    body = deploy(as_bob, graph).json()
    assert "not running" in body["notice"]
    assert body["notice_parts"] == {"id": "deploy.offline", "params": {}}
    assert body["key"]
    assert as_bob.get("/api/v1/endpoints/house-prices/").json()["state"] == "offline"


class TestDeployBesideTheActiveRelease:
    def test_a_second_deploy_answers_a_share_as_the_canary(self, as_bob, bob, graph, has_run):
        deploy(as_bob, graph)
        redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
        run_of(graph, line(slope=3), number=2)
        assert deploy(as_bob, graph, canary_percent=20).status_code == 201
        (shown,) = as_bob.get(f"/api/v1/endpoints/?graph={graph.pk}").json()["results"]
        assert (shown["node"], shown["release"]["number"]) == ("deploy", 1), "the active release stays"
        assert {name: shown["canary"][name] for name in ("release", "percent")} == {"release": 2, "percent": 20.0}

    def test_the_first_deploy_answers_all_of_them(self, as_bob, graph, has_run):
        deploy(as_bob, graph, canary_percent=20)
        (shown,) = as_bob.get(f"/api/v1/endpoints/?graph={graph.pk}").json()["results"]
        assert (shown["release"]["number"], shown["canary"]) == (1, None)

    def test_the_same_package_again_stays_active(self, as_bob, graph, has_run):
        deploy(as_bob, graph)
        assert deploy(as_bob, graph, canary_percent=20).status_code == 201
        (shown,) = as_bob.get(f"/api/v1/endpoints/?graph={graph.pk}").json()["results"]
        assert (shown["release"]["number"], shown["canary"]) == (1, None)

    def test_a_version_of_a_model_answers_a_share_too(self, as_bob, model):
        assert as_bob.post(f"{model}versions/1/deploy/", {"canary_percent": 5}).status_code == 201
        (shown,) = as_bob.get("/api/v1/endpoints/").json()["results"]
        assert (shown["release"]["number"], shown["canary"]["release"], shown["canary"]["percent"]) == (2, 1, 5.0)

    def test_a_canary_that_cannot_be_loaded_leaves_nothing_behind(self, as_bob, bob, graph, has_run, monkeypatch):
        deploy(as_bob, graph)
        redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
        run_of(graph, line(slope=3), number=2)
        refused = serving_client.ReleaseStatus("failed", "No such file.")
        monkeypatch.setattr(serving_client, "wait_for", lambda *_, **__: refused)
        assert deploy(as_bob, graph, canary_percent=20).json()["code"] == "release_refused"
        (shown,) = as_bob.get(f"/api/v1/endpoints/?graph={graph.pk}").json()["results"]
        assert ([one["number"] for one in shown["releases"]], shown["canary"]) == ([1], None)

    def test_endpoints_of_another_graph_are_left_out(self, as_bob, graph, has_run, workspace):
        deploy(as_bob, graph)
        assert as_bob.get(f"/api/v1/endpoints/?graph={make_graph(workspace).pk}").json()["results"] == []

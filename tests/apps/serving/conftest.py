"""A graph that was run, a Redis, and a serving process where one is asked for."""

from __future__ import annotations

import copy

import pytest
from django.utils import timezone

from apps.graphs import services as graphs
from apps.graphs.documents import read_document
from apps.graphs.models import Graph
from apps.registry.models import RegisteredModel
from apps.runs.models import NodeRun, Run
from apps.serving import active_release, releases
from tasks.artifacts.store import Store
from tasks.catalogue import catalogue
from tasks.graph.fingerprint import fingerprints
from tests.factories import drawn, make_graph
from tests.serving.packages import line
from tests.serving.plane import Plane, RedisServer

WAITING = {module: module.WAIT_SECONDS for module in (active_release, releases)}
DOCUMENT = "source=source.file model=model.linear deploy=publish.deploy"
WIRES = "source.table>model.table model.model>deploy.model"


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(autouse=True)
def no_serving_process(settings, monkeypatch):
    """No Redis and no serving process: where a test brings Redis alone, nobody waits for a release to be loaded."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    for module in WAITING:
        monkeypatch.setattr(module, "WAIT_SECONDS", 0.0)


@pytest.fixture
def plane(data_folder, redis_server, settings, monkeypatch):
    """A running serving process that follows this test's database."""
    for module, seconds in WAITING.items():
        monkeypatch.setattr(module, "WAIT_SECONDS", seconds)
    redis_server.client.flushall()
    settings.REDIS_URL = redis_server.url
    with Plane(data_folder, redis_server.url) as made:
        settings.LEPTON_SERVE_URL = f"http://127.0.0.1:{made.port}"
        yield made.start()


@pytest.fixture
def graph(workspace):
    return make_graph(workspace, name="House prices", document=drawn(DOCUMENT, WIRES))


def deploy(client, graph, **body):
    return client.post(f"/api/v1/graphs/{graph.pk}/deploy/", body)


def redraw(graph, user, change):
    """Change the draft as an editor would."""
    draft = Graph.objects.get(pk=graph.pk).draft
    document = copy.deepcopy(draft.document)
    change(document)
    graphs.save_draft(graph=graph, user=user, document=read_document(document), revision=draft.revision)


@pytest.fixture
def model(as_bob, bob, graph, has_run):
    """Two versions, the second one answers."""
    deploy(as_bob, graph)
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
    run_of(graph, line(slope=3), number=2)
    deploy(as_bob, graph)
    return f"/api/v1/models/{RegisteredModel.objects.get().pk}/"


def run_of(graph, package, *, number=1, state="done"):
    """Leave what a run of the draft leaves: the Deploy node's package in the store."""
    graph = Graph.objects.get(pk=graph.pk)  # as it is drawn now
    document = read_document(graph.draft.document)
    stored = Store(graph_store()).put(package)
    run = Run.objects.create(
        workspace=graph.workspace, graph=graph, number=number, document=graph.draft.document, state=state
    )
    NodeRun.objects.create(
        run=run,
        node="deploy",
        type="publish.deploy",
        state=state,
        fingerprint=fingerprints(document, catalogue())["deploy"],
        outputs={"endpoint": {"wire": "endpoint", "address": stored.digest, "summary": {}}},
        finished_at=timezone.now(),
    )
    return run


def graph_store():
    from django.conf import settings

    return settings.LEPTON_ARTIFACTS_URL


@pytest.fixture
def has_run(graph, data_folder):
    return run_of(graph, line(name=""))

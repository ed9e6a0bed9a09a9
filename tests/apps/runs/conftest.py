"""A small catalogue, an engine that finds nothing wrong, and a worker that is played by the test."""

from __future__ import annotations

import pytest

from apps.graphs import schema_inference
from apps.runs import scheduling, services
from apps.runs.claims import Outcome
from apps.runs.models import NodeRun
from tasks import catalogue as exported
from tasks.artifacts.store import Store
from tasks.graph.description import Catalogue, NodeDescription, PortDescription, PurposeDescription
from tasks.jobs import artifact_references
from tests.factories import make_graph, whole

DATASET = {"type": "string", "default": "", "title": "Data set", "x-lepton": {"widget": "dataset"}}
AMOUNT = {"type": "number", "default": 1.0, "title": "Amount"}
CONTENT = b'{"values": {"x": 1.0}, "headline": "x", "details": {}}'
NO_ARTIFACT, MANIFEST = whole("metrics", {"metrics.json": CONTENT})


def kind(ident: str, takes: str, gives: str, **more) -> NodeDescription:
    params = more.pop("params", {"amount": AMOUNT})
    described = {"detail": "", "icon": "box", "keywords": (), "version": 1, "serve": "none", "replaces": ()}
    return NodeDescription(
        id=ident,
        title=ident,
        summary="What it does.",
        group="test",
        purpose=PurposeDescription(title="Test"),
        uses_gpu=more.get("uses_gpu", False),
        is_cheap=False,
        inputs=tuple(PortDescription(name=name, wire="metrics", is_optional=True) for name in takes.split()),
        outputs=tuple(PortDescription(name=name, wire="metrics") for name in gives.split()),
        params={"type": "object", "additionalProperties": False, "properties": params},
        defaults={name: field["default"] for name, field in params.items()},
        **described,
    )


KINDS = (
    kind("test.step", "a b c", "out"),
    kind("test.source", "", "out", params={"dataset": DATASET}),
    kind("test.gpu", "a", "out", uses_gpu=True),
)


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch, data_folder):
    path = tmp_path / "catalogue.json"
    path.write_text(Catalogue(hash="abc", nodes={node.id: node for node in KINDS}).model_dump_json())
    monkeypatch.setattr(exported, "CATALOGUE_PATH", path)
    exported.catalogue.cache_clear()
    monkeypatch.setattr(schema_inference, "infer", lambda document, known: None)
    monkeypatch.setattr("apps.live.publish.publish", lambda events: None)
    yield
    monkeypatch.undo()
    exported.catalogue.cache_clear()


def document(nodes: str, wires: str = "", **params) -> dict:
    """Return a graph of steps: names with spaces between, wires as ``a>b.port``, ``b*`` for a frozen one."""
    edges = [wire.split(">") for wire in wires.split()]
    return {
        "nodes": [
            {
                "id": name.rstrip("*"),
                "type": "test.step",
                "params": params.get(name.rstrip("*"), {}),
                "is_frozen": name.endswith("*"),
            }
            for name in nodes.split()
        ],
        "edges": [
            {
                "source": source,
                "source_port": "out",
                "target": target.partition(".")[0],
                "target_port": target.partition(".")[2] or "a",
            }
            for source, target in edges
        ],
    }


@pytest.fixture
def store(data_folder, settings):
    settings.LEPTON_CACHE_GB = 1
    artifact_references.store_at.cache_clear()
    artifact_references._references.clear()
    return Store(settings.LEPTON_ARTIFACTS_URL)


@pytest.fixture
def graph(workspace):
    return make_graph(workspace)


@pytest.fixture
def start(graph, alice):
    def start_run(nodes: str, wires: str = "", to: str = "", key: str = "", anew: str = "", **params):
        drawn = document(nodes, wires, **params)
        return services.start(graph=graph, user=alice, document=drawn, to=to, start=anew, idempotency_key=key)

    return start_run


class Worker:
    """Takes nodes and says how they ended, as a worker does."""

    def __init__(self, name: str = "worker-1") -> None:
        self.name = name

    def take(self, run):
        return scheduling.claim_next(run.pk, queue="cpu", owner=self.name)

    def finish(self, claim, state=NodeRun.State.DONE, *, goes_on=True, error=None):
        outputs = {}
        if state == NodeRun.State.DONE:
            outputs = {"out": {"wire": "metrics", "address": NO_ARTIFACT, "bytes": 1, "summary": {}}}
        outcome = Outcome(state, outputs, f"{claim.node.node} done", error)
        return scheduling.finish(claim, outcome, owner=self.name, goes_on=goes_on)

    def work(self, run, failing=()):
        """Do everything that is ready and return the order it was done in."""
        order = []
        claim = self.take(run)
        while claim is not None:
            order.append(claim.node.node)
            is_bad = claim.node.node in failing
            state = NodeRun.State.FAILED if is_bad else NodeRun.State.DONE
            claim = self.finish(claim, state, error={"message": "No."} if is_bad else None)
        return order


@pytest.fixture
def worker():
    return Worker()


@pytest.fixture
def other_worker():
    return Worker("worker-2")


def states(run) -> dict[str, str]:
    return dict(NodeRun.objects.filter(run=run).order_by().values_list("node", "state"))


def keep_artifact(folder) -> None:
    """Make the result that the worker names be there."""
    place = folder / "artifacts" / NO_ARTIFACT[:2] / NO_ARTIFACT[2:]
    place.mkdir(parents=True, exist_ok=True)
    (place / "manifest.json").write_bytes(MANIFEST)
    (place / "metrics.json").write_bytes(CONTENT)

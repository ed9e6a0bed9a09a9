"""A small catalogue in place of the exported one, and an engine that answers what a test says."""

from __future__ import annotations

import pytest

from apps.graphs import catalogue_payload, schema_inference
from tasks import catalogue as exported
from tasks.graph.description import Catalogue, NodeDescription, PortDescription, PurposeDescription

DATASET = {"type": "string", "default": "", "title": "Data set", "x-lepton": {"widget": "dataset"}}
TARGET = {"type": "string", "default": "", "title": "Target", "x-lepton": {"widget": "column", "of": "table"}}
DEPTH = {"type": "integer", "minimum": 1, "maximum": 9, "default": 3, "title": "Depth"}


def kind(ident: str, takes: str = "", gives: str = "", *, params=None, is_cheap=False) -> NodeDescription:
    properties = params or {}
    return NodeDescription(
        id=ident,
        title=ident.rpartition(".")[2].title(),
        summary="What it does.",
        detail="",
        icon="box",
        group=ident.partition(".")[0],
        purpose=PurposeDescription(title=ident.partition(".")[0].title()),
        keywords=(),
        version=1,
        serve="none",
        uses_gpu=False,
        is_cheap=is_cheap,
        replaces=(),
        inputs=tuple(PortDescription(name=name, wire=name) for name in takes.split()),
        outputs=tuple(PortDescription(name=name, wire=name) for name in gives.split()),
        params={"type": "object", "additionalProperties": False, "properties": properties},
        defaults={name: field["default"] for name, field in properties.items()},
    )


KINDS = (
    kind("source.file", gives="table", params={"dataset": DATASET, "target": TARGET}, is_cheap=True),
    kind("clean.impute", "table", "table", is_cheap=True),
    kind("model.tree", "table", "model metrics", params={"depth": DEPTH}),
)


@pytest.fixture(autouse=True)
def small_catalogue(tmp_path, monkeypatch):
    path = tmp_path / "catalogue.json"
    path.write_text(Catalogue(hash="abc", nodes={node.id: node for node in KINDS}).model_dump_json())
    monkeypatch.setattr(exported, "CATALOGUE_PATH", path)
    _forget()
    yield
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    exported.catalogue.cache_clear()
    catalogue_payload.catalogue_payload.cache_clear()


@pytest.fixture
def engine(monkeypatch):
    """Questions put to the engine. ``engine.answer``: what it says; ``None`` for an engine that is away."""

    class Engine(list):
        answer = {"schemas": {}, "problems": [], "estimates": {}}

    asked = Engine()

    def ask(question):
        asked.append(question)
        return asked.answer

    monkeypatch.setattr(schema_inference, "_request", ask)
    schema_inference._cache.clear()
    yield asked
    schema_inference._cache.clear()

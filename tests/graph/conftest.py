"""A small catalogue that stands for all kinds of node the compiler meets."""

from __future__ import annotations

import pytest

from tasks.graph.description import Catalogue, NodeDescription, PortDescription, PurposeDescription
from tasks.graph.document import Document


def kind(node_type: str, *, inputs="", outputs="", serve="none", version=1, params=None, **extra) -> NodeDescription:
    def ports(text: str) -> tuple[PortDescription, ...]:
        parts = [part.split(":") for part in text.split()]
        return tuple(
            PortDescription(name=name, wire=wire.rstrip("?"), is_optional=wire.endswith("?")) for name, wire in parts
        )

    properties = params or {}
    return NodeDescription(
        id=node_type,
        title=node_type.rpartition(".")[2].title(),
        summary="",
        detail="",
        icon="box",
        group=node_type.rpartition(".")[0],
        purpose=PurposeDescription(title=node_type.rpartition(".")[0]),
        keywords=(),
        version=version,
        serve=serve,
        uses_gpu=extra.get("uses_gpu", False),
        is_cheap=False,
        replaces=extra.get("replaces", ()),
        inputs=ports(inputs),
        outputs=ports(outputs),
        params={"type": "object", "additionalProperties": False, "properties": properties},
        defaults={name: schema.get("default") for name, schema in properties.items()},
    )


@pytest.fixture
def catalogue() -> Catalogue:
    depth = {"depth": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3, "title": "Depth"}}
    kinds = [
        kind("source.file", outputs="table:table"),
        kind("clean.impute", inputs="table:table", outputs="table:table", serve="fitted"),
        kind("split.split", inputs="table:table", outputs="table:table", serve="training_only"),
        kind(
            "model.tree", inputs="table:table valid:table?", outputs="model:model", params=depth, replaces=("old.tree",)
        ),
        kind("tune.tune", inputs="model:model", outputs="model:model"),
    ]
    return Catalogue(hash="x", nodes={k.id: k for k in kinds})


@pytest.fixture
def line() -> Document:
    """source → split → impute → tree → tune."""
    return drawn(
        "file=source.file split=split.split impute=clean.impute tree=model.tree tune=tune.tune",
        "file.table>split.table split.table>impute.table impute.table>tree.table tree.model>tune.model",
    )


def drawn(nodes: str, edges: str = "", **changes) -> Document:
    """Return a document from a line of ``id=type`` and a line of ``source.port>target.port``."""
    listed = []
    for text in nodes.split():
        node_id, _, node_type = text.partition("=")
        listed.append({"id": node_id, "type": node_type, **changes.get(node_id, {})})
    wires = []
    for text in edges.split():
        source, _, target = text.partition(">")
        wires.append(
            dict(
                zip(
                    ("source", "source_port", "target", "target_port"),
                    [*source.split("."), *target.split(".")],
                    strict=True,
                )
            )
        )
    return Document.model_validate({"nodes": listed, "edges": wires})

"""Rows for tests, made with one call each."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from apps.accounts.models import Membership, User, Workspace
from apps.datasets.models import Dataset, DatasetVersion
from apps.graphs.models import Draft, Graph

PASSWORD = "a long enough phrase"


def make_workspace(name: str = "Wonderland") -> Workspace:
    return Workspace.objects.create(name=name)


def make_person(name: str, workspace: Workspace | None = None, role: str = "analyst", **more) -> User:
    person = User.objects.create_user(username=name, password=PASSWORD, **more)
    if workspace is not None:
        Membership.objects.create(workspace=workspace, user=person, role=role)
    return person


def column(name: str, kind: str = "number", **more) -> dict:
    return {
        "name": name,
        "type": kind,
        "role": "feature",
        "categories": None,
        "nullable": True,
        "minimum": None,
        "maximum": None,
        **more,
    }


HOUSES = [column("size"), column("place", "category", categories=["centre", "edge"]), column("price")]


def make_dataset(workspace: Workspace, *, name: str = "houses", columns=None, status="ready", **more) -> Dataset:
    dataset = Dataset.objects.create(workspace=workspace, name=name)
    is_ready = status == "ready"
    dataset.current = DatasetVersion.objects.create(
        dataset=dataset,
        file_name=f"{name}.csv",
        status=status,
        next_notification_at=more.pop("next_notification_at", Now()),
        rows=3 if is_ready else None,
        bytes=100,
        address=more.pop("address", hashlib.sha256(str(dataset.pk).encode()).hexdigest() if is_ready else ""),
        content_hash="c0ffee" if is_ready else "",
        schema={"columns": columns or HOUSES, "is_open": False} if is_ready else {},
        profile=more.pop("profile", {"rows": 3, "columns": [], "warnings": []}) if is_ready else {},
        **more,
    )
    dataset.save()
    return dataset


def drawn(nodes: str, wires: str = "") -> dict:
    """Return a document from ``"id=type ..."`` and ``"a.port>b.port ..."``."""
    pairs = [part.split("=") for part in nodes.split()]
    ends = [[end.split(".") for end in wire.split(">")] for wire in wires.split()]
    return {
        "nodes": [
            {
                "id": ident,
                "type": kind,
                "version": 1,
                "params": {},
                "position": {"x": 0.0, "y": 0.0},
                "title": "",
                "is_disabled": False,
                "is_frozen": False,
            }
            for ident, kind in pairs
        ],
        "edges": [{"source": a[0], "source_port": a[1], "target": b[0], "target_port": b[1]} for a, b in ends],
        "notes": [],
        "seed": 0,
    }


def make_graph(workspace: Workspace, *, name: str = "prices", document: dict | None = None, **more) -> Graph:
    graph = Graph.objects.create(workspace=workspace, name=name, **more)
    Draft.objects.create(graph=graph, document=document or drawn(""), saved_at=timezone.now())
    return graph


def whole(wire: str, files: dict[str, bytes]) -> tuple[str, bytes]:
    """Return the address of an artifact and its manifest."""
    sizes, hashes = map(len, files.values()), {name: hashlib.sha256(one).hexdigest() for name, one in files.items()}
    manifest = json.dumps({"wire": wire, "files": hashes, "bytes": sum(sizes), "references": [], "summary": {}})
    return hashlib.sha256(manifest.encode()).hexdigest(), manifest.encode()


def write_table(columns: dict, schema: list[dict]) -> str:
    """Store a table the way the engine does and return its address."""
    import pyarrow as pa

    names = [*columns, "__row__"]
    arrays = [*columns.values(), pa.array(range(len(next(iter(columns.values())))))]
    batch = pa.RecordBatch.from_arrays(arrays, names=names)
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    recipe = json.dumps({"schema": {"columns": schema, "is_open": False}}).encode()
    address, manifest = whole("table", {"table.arrow": sink.getvalue(), "table.json": recipe})
    folder = Path(settings.LEPTON_ARTIFACTS_URL) / address[:2] / address[2:]
    folder.mkdir(parents=True)
    (folder / "table.arrow").write_bytes(sink.getvalue())
    (folder / "table.json").write_bytes(recipe)
    (folder / "manifest.json").write_bytes(manifest)
    return address

"""A graph of many nodes as people draw them: rows of real nodes, and rows of nodes that keep a steady pace when run."""

from __future__ import annotations

from typing import Any

STEP = (296, 208)
CYCLE = (
    "source.sample",
    "clean.impute",
    "clean.outliers",
    "features.encode",
    "features.scale",
    "clean.columns",
    "features.dates",
    "clean.deduplicate",
    "split.split",
    "model.boosting",
    "tune.tune",
    "evaluate.evaluate",
)


def many_nodes(count: int, *, columns: int, paced_rows: int, pace_seconds: float) -> dict[str, Any]:
    """Return a document of ``count`` nodes: the lowest ``paced_rows`` rows can be run and take their time."""
    rows = count // columns
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, str]] = []
    for row in range(rows):
        is_paced = row >= rows - paced_rows
        for column in range(columns):
            kind = "bench.paced" if is_paced else CYCLE[column % len(CYCLE)]
            params = {"seconds": pace_seconds} if is_paced else {}
            ident = name_of(row, column)
            place = {"x": column * STEP[0], "y": row * STEP[1]}
            nodes.append({"id": ident, "type": kind, "version": 1, "params": params, "position": place})
            if column and (wire := _wire(nodes[-2], nodes[-1])):
                edges.append(wire)
        if row > rows - paced_rows:
            # One node waits for all of them, so that a run to it has every paced row.
            edges.append(_paced_wire(name_of(row - 1, columns - 1), name_of(row, columns - 1), "beside"))
    return {"nodes": nodes, "edges": edges}


def name_of(row: int, column: int) -> str:
    """Return the id of a node."""
    return f"n{row}_{column}"


def _wire(before: dict[str, Any], after: dict[str, Any]) -> dict[str, str] | None:
    if after["type"] == "source.sample":
        return None
    if after["type"] == "bench.paced":
        return _paced_wire(before["id"], after["id"], "before")
    ports = ("model", "model") if before["type"].split(".")[0] in ("model", "tune") else ("table", "table")
    return {"source": before["id"], "source_port": ports[0], "target": after["id"], "target_port": ports[1]}


def _paced_wire(source: str, target: str, port: str) -> dict[str, str]:
    return {"source": source, "source_port": "metrics", "target": target, "target_port": port}

"""Warnings of a profile name what a fix is for; the page gets the node of the catalogue that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.catalogue import catalogue
from tasks.graph.fixes import params_for
from tasks.graph.target_guess import usual_task


def with_nodes(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored profile in which each fix is ``{type, version, params}`` of a node, or nothing.

    Each column also has the ``task`` that predicting it would be.
    """
    rows = int(profile.get("rows") or 0)
    columns = [
        {**column, "warnings": _resolved(column.get("warnings", ())), "task": _task_of(column, rows)}
        for column in profile.get("columns", ())
    ]
    return {**profile, "columns": columns, "warnings": _resolved(profile.get("warnings", ()))}


def _task_of(column: Mapping[str, Any], rows: int) -> str:
    codes = {warning.get("code") for warning in column.get("warnings", ())}
    stored = column.get("type", "")
    kind = "number" if stored == "text" and "almost_numeric" in codes else stored
    lowest, highest = column.get("minimum"), column.get("maximum")
    if isinstance(lowest, str) or isinstance(highest, str):  # of dates, which are not predicted
        return ""
    present = rows - int(column.get("missing") or 0)
    return usual_task(kind, int(column.get("distinct") or 0), lowest or 0.0, highest or 0.0, present)


def _resolved(warnings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"choices": [], **warning, "fix": _node_for(warning["fix"]) if warning.get("fix") else None}
        for warning in warnings
    ]


def _node_for(fix: Mapping[str, Any]) -> dict[str, Any] | None:
    if "purpose" not in fix:
        # Stored before fixes named purposes: the node by its id then, with parameters of its first version.
        node = catalogue().find(fix["type"])
        return {"type": node.id, "version": 1, "params": fix["params"]} if node else None
    node = catalogue().fixing(fix["purpose"])
    if node is None:
        return None
    params = params_for(node.fixes[fix["purpose"]], fix["column"])
    return {"type": node.id, "version": node.version, "params": params}

"""Queries about runs: events and outputs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.common.artifacts import DAMAGED, GONE, local_path, read_json
from apps.common.errors import ApplicationError, not_found
from apps.runs.models import NodeRun, Run, RunEvent
from tasks.graph.messages import Message

MAX_EVENTS = 2000
JSON_FILE = {"metrics": "metrics.json", "report": "report.json", "study": "study.json", "model": "model.json"}


def event_bodies(run_id: uuid.UUID | str, *, after: int, limit: int = MAX_EVENTS) -> list[tuple[int, str]]:
    """Return the events after a sequence number, as (number, JSON text), oldest first."""
    rows = RunEvent.objects.filter(run_id=run_id, seq__gt=after).order_by("seq")
    return list(rows.values_list("seq", "body")[:limit])


def events(run: Run, *, after: int, limit: int = MAX_EVENTS) -> dict[str, Any]:
    """Return ``{"events": [...], "last_seq"}``; ``last_seq`` is the run's newest, events may end before it."""
    found = [json.loads(body) for _, body in event_bodies(run.pk, after=after, limit=min(limit, MAX_EVENTS))]
    return {"events": found, "last_seq": run.last_seq}


def output(run: Run, node_id: str, port: str, *, offset: int = 0, limit: int = 100) -> dict[str, Any]:
    """Return the output of a node at a port: a page of a table, or all of any other kind.

    Raises:
        ApplicationError: 404 when there is no such output; 410 when it was evicted, or is missing in the store or
            damaged there.
    """
    node = NodeRun.objects.select_related("run").filter(run=run, node=node_id).first()
    stored: Mapping[str, Any] | None = node.outputs.get(port) if node else None
    if node is None or stored is None:
        raise not_found("output")
    if node.evicted_at is not None:  # even if a local copy still exists
        message = Message(
            "result.evicted",
            "The result of “{node}” was removed on {date} to free space. Open its graph and choose “Run to this node” "
            "to make it anew.",
            node=node.title or node.node,
            date=f"{node.evicted_at:%Y-%m-%d}",
        )
        raise _removed(node, node.evicted_at, message)
    try:
        return {"wire": stored["wire"], **_content(stored, offset, limit)}
    except ApplicationError as error:
        if error.code == DAMAGED:
            raise _damaged(node) from None
        if error.code != GONE:
            raise
        message = Message(
            "result.missing",
            "The result of “{node}” is not in the store any more. Open its graph and choose “Run to this node” to make "
            "it anew.",
            node=node.title or node.node,
        )
        raise _removed(node, timezone.now(), message) from None


def _damaged(node: NodeRun) -> ApplicationError:
    message = Message(
        "result.node_damaged",
        "The stored result of “{node}” is damaged. Open its graph and choose “Run to this node” to make it anew.",
        node=node.title or node.node,
    )
    details = {"node": node.node, "address": f"/graphs/{node.run.graph_id}"}
    return ApplicationError(DAMAGED, message, 410, details=details)


def _removed(node: NodeRun, at: datetime, message: Message) -> ApplicationError:
    """Return the error; ``at``: when it was removed, or when that was noticed."""
    details = {"node": node.node, "removed_at": at, "address": f"/graphs/{node.run.graph_id}"}
    return ApplicationError("result_removed", message, 410, details=details)


def _content(stored: Mapping[str, Any], offset: int, limit: int) -> dict[str, Any]:
    kind, digest = stored["wire"], stored["address"]
    if kind == "table":
        from apps.datasets.table_rows import table_page

        local_path(digest, "table.json")
        return dict(table_page(local_path(digest, "table.arrow"), offset, limit))
    if kind == "endpoint":
        return _endpoint(digest, stored)
    content: dict[str, Any] = read_json(digest, JSON_FILE[kind])
    return content


def _endpoint(digest: str, stored: Mapping[str, Any]) -> dict[str, Any]:
    program = read_json(digest, "program.json")
    return {
        "name": stored["summary"].get("name", ""),
        "parity": read_json(digest, "parity.json"),
        "inputs": program.get("inputs", []),
        "example": program.get("example", {}),
    }

"""What is read of runs: whole runs, missed events, outputs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from apps.common.artifacts import local_path, read_json
from apps.common.errors import ApplicationError, not_found
from apps.runs.models import NodeRun, Run, RunEvent

MOST_EVENTS = 2000
EVICTED = "This result was removed to free space. Run the graph again to make it anew."
JSON_FILE = {"metrics": "metrics.json", "report": "report.json", "study": "study.json", "model": "model.json"}


def event_bodies(run_id: uuid.UUID | str, *, after: int, limit: int = MOST_EVENTS) -> list[tuple[int, str]]:
    """Return the events after a sequence number, as (number, JSON text), oldest first."""
    rows = RunEvent.objects.filter(run_id=run_id, seq__gt=after).order_by("seq")
    return list(rows.values_list("seq", "body")[:limit])


def events(run: Run, *, after: int, limit: int = MOST_EVENTS) -> dict[str, Any]:
    """Return ``{"events": [...], "last_seq"}``; ``last_seq`` is the run's newest, events may end before it."""
    found = [json.loads(body) for _, body in event_bodies(run.pk, after=after, limit=min(limit, MOST_EVENTS))]
    return {"events": found, "last_seq": run.last_seq}


def output(run: Run, node_id: str, port: str, *, offset: int = 0, limit: int = 100) -> dict[str, Any]:
    """Return what a node gave at a port: a page of a table, or the whole of anything else.

    Raises:
        ApplicationError: 404 when there is no such output, or it is no longer stored.
    """
    node = NodeRun.objects.filter(run=run, node=node_id).first()
    stored: Mapping[str, Any] | None = node.outputs.get(port) if node else None
    if stored is None:
        raise not_found("output")
    try:
        return {"wire": stored["wire"], **_content(stored, offset, limit)}
    except ApplicationError as error:
        if node is None or node.evicted_at is None or error.code != "result_gone":
            raise
        raise ApplicationError("result_gone", EVICTED, 404) from error


def _content(stored: Mapping[str, Any], offset: int, limit: int) -> dict[str, Any]:
    wire, address = stored["wire"], stored["address"]
    if wire == "table":
        from apps.datasets.pages import table_page

        local_path(address, "table.json")
        return dict(table_page(local_path(address, "table.arrow"), offset, limit))
    if wire == "endpoint":
        return _endpoint(address, stored)
    content: dict[str, Any] = read_json(address, JSON_FILE[wire])
    return content


def _endpoint(address: str, stored: Mapping[str, Any]) -> dict[str, Any]:
    program = read_json(address, "program.json")
    return {
        "name": stored["summary"].get("name", ""),
        "parity": read_json(address, "parity.json"),
        "inputs": program.get("inputs", []),
        "example": program.get("example", {}),
    }

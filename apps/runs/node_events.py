"""Stores and publishes the events that a node emits while it runs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from apps.common.database_retry import retry_on_disconnect
from apps.common.json_values import sanitized_text
from apps.live.events import MetricPoints, NodeLog, NodeProgress, TrialFinished
from apps.runs.models import NodeRun, RunEvent
from apps.runs.run_transaction import RunTransaction, run_transaction

LONGEST_LINE = 2000
LONGEST_PROGRESS_TEXT = 300


def store_events(run_id: uuid.UUID, node: NodeRun, events: Sequence[Mapping[str, Any]]) -> None:
    """Store and publish events of an attempt, once; nothing when the attempt is stale."""
    last_event = (0, "")

    def store(*, is_retry: bool) -> None:
        nonlocal last_event
        with run_transaction(run_id) as change:
            if is_retry and RunEvent.objects.filter(run=run_id, seq=last_event[0], body=last_event[1]).exists():
                return
            append_events(change, node, events)
            last_event = change.last_event

    retry_on_disconnect(store)


def append_events(change: RunTransaction, node: NodeRun, events: Sequence[Mapping[str, Any]]) -> None:
    """Add events of an attempt to a transaction; nothing when the attempt is stale."""
    events = sanitized_text(events)
    progress = next((event for event in reversed(events) if event["event"] == "progress"), None)
    fields = _progress_fields(progress) if progress else {}
    current = NodeRun.objects.held_as(node.pk, node.attempt)
    if not (current.update(**fields) if fields else current.exists()):
        return
    emit_events(change, node, events)


def _progress_fields(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "progress": event["share"],
        "progress_text": event["text"][:LONGEST_PROGRESS_TEXT],
        "progress_text_parts": event.get("parts"),
    }


def emit_events(change: RunTransaction, node: NodeRun, events: Sequence[Mapping[str, Any]]) -> None:
    """Add the events of an attempt that is known to be the newest."""
    for event in events:
        _emit(change, node.node, event)


def _emit(change: RunTransaction, node: str, event: Mapping[str, Any]) -> None:
    kind = event["event"]
    if kind == "progress":
        fields = _progress_fields(event)
        text, parts = fields["progress_text"], fields["progress_text_parts"]
        change.emit(NodeProgress, node=node, share=fields["progress"], text=text, text_parts=parts)
    elif kind == "metric":
        change.emit(MetricPoints, node=node, points=event["points"])
    elif kind == "log":
        lines = [line[:LONGEST_LINE] for line in event["lines"]]
        change.emit(NodeLog, node=node, lines=lines, parts=event.get("parts", []))
    elif kind == "trial":
        change.emit(TrialFinished, node=node, trial=event["trial"])
    else:
        raise ValueError(f"The engine process reported an event of a kind that is not known here: {kind}.")

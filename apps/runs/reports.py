"""Writes down what a node says while it runs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from apps.common.insist import insist
from apps.live.events import MetricPoints, NodeLog, NodeProgress, TrialFinished
from apps.runs.ledger import Change, changing
from apps.runs.models import NodeRun, RunEvent

LONGEST_LINE = 2000


def record(run_id: uuid.UUID, node: NodeRun, events: Sequence[Mapping[str, Any]]) -> None:
    """Keep and publish what an attempt said, once; nothing when the attempt is stale."""
    said = (0, "")

    def keep(is_again: bool) -> None:
        nonlocal said
        with changing(run_id) as change:
            if is_again and RunEvent.objects.filter(run=run_id, seq=said[0], body=said[1]).exists():
                return
            write(change, node, events)
            said = change.last_said

    insist(keep)


def write(change: Change, node: NodeRun, events: Sequence[Mapping[str, Any]]) -> None:
    """Write what an attempt said, within a change; nothing when the attempt is stale."""
    progress = next((event for event in reversed(events) if event["event"] == "progress"), None)
    fields = {"progress": progress["share"], "progress_text": progress["text"][:300]} if progress else {}
    current = NodeRun.objects.filter(pk=node.pk, attempt=node.attempt, state=NodeRun.State.RUNNING)
    if not (current.update(**fields) if fields else current.exists()):
        return
    say(change, node, events)


def say(change: Change, node: NodeRun, events: Sequence[Mapping[str, Any]]) -> None:
    """Add the events of an attempt that is known to be the newest."""
    for event in events:
        _say(change, node.node, event)


def _say(change: Change, node: str, event: Mapping[str, Any]) -> None:
    kind = event["event"]
    if kind == "progress":
        change.say(NodeProgress, node=node, share=event["share"], text=event["text"][:300])
    elif kind == "metric":
        change.say(MetricPoints, node=node, points=event["points"])
    elif kind == "log":
        change.say(NodeLog, node=node, lines=[line[:LONGEST_LINE] for line in event["lines"]])
    elif kind == "trial":
        change.say(TrialFinished, node=node, trial=event["trial"])

"""Checkpoints of nodes: where an attempt writes them, and when they are removed."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.runs.models import UNFINISHED, NodeRun, Run, RunEvent
from tasks.artifacts.checkpoints import checkpoints_at

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_REMOVALS = 600.0
RETENTION_AFTER_RUN = timedelta(days=7)
FINGERPRINT_DIGITS = 16
_removed_stale = {"at": 0.0}


def key_of(node: NodeRun) -> str:
    """Return the key of a node's checkpoints, the same for every attempt at the same work."""
    return f"{node.run_id}/{node.node}-{node.fingerprint[:FINGERPRINT_DIGITS]}"


def place_of(node: NodeRun) -> dict[str, Any]:
    """Return where an attempt writes its checkpoints and how often; for a further attempt also the reported events."""
    place = {
        "store": settings.LEPTON_ARTIFACTS_URL,
        "key": key_of(node),
        "seconds": settings.LEPTON_CHECKPOINT_SECONDS,
    }
    return {**place, "reported": reported_events(node)} if node.attempt > 1 else place


def reported_events(node: NodeRun) -> dict[str, Any]:
    """Return the points and trials that earlier attempts reported, as a page shows them: ``{"points", "trials"}``.

    A point whose step is not beyond the last one of its curve replaces everything from there on.
    """
    curves: dict[str, list[tuple[str, Any, float]]] = {}
    trials: dict[int, dict[str, Any]] = {}
    stored = RunEvent.objects.filter(run=node.run_id, body__contains=f'"node":{json.dumps(node.node)}')
    for body in stored.order_by("seq").values_list("body", flat=True).iterator():
        event = json.loads(body)
        if event.get("node") != node.node:
            continue
        for point in event.get("points", ()):
            curve = curves.setdefault(point["name"], [])
            while curve and curve[-1][2] >= point["step"]:
                curve.pop()
            curve.append((point["name"], point["value"], point["step"]))
        if trial := event.get("trial"):
            trials[trial["number"]] = trial
    return {"points": [point for curve in curves.values() for point in curve], "trials": list(trials.values())}


def forget(node: NodeRun) -> None:
    """Remove the checkpoints of a node that is done; otherwise another worker may hold it and need them."""
    if NodeRun.objects.filter(pk=node.pk, state=NodeRun.State.DONE).exists():
        _remove([key_of(node)])


def remove_stale_if_due() -> None:
    """Call `remove_stale` at most once in `SECONDS_BETWEEN_REMOVALS`."""
    if not _removed_stale["at"] or time.monotonic() - _removed_stale["at"] > SECONDS_BETWEEN_REMOVALS:
        _removed_stale["at"] = time.monotonic()
        remove_stale()


def remove_stale() -> int:
    """Remove the checkpoints of deleted runs, of nodes that are done, and of runs that ended long ago."""
    try:
        keys = list(checkpoints_at(settings.LEPTON_ARTIFACTS_URL).keys())
    except Exception as error:  # noqa: BLE001 - any error of the store: the next pass tries again
        logger.warning("checkpoints could not be listed: %s", error)
        return 0
    needed = _needed({key.partition("/")[0] for key in keys})
    return _remove([key for key in keys if key not in needed])


def _needed(run_ids: set[str]) -> set[str]:
    ids = [run for run in run_ids if _is_id(run)]
    recent = Run.objects.filter(pk__in=ids, finished_at__gt=timezone.now() - RETENTION_AFTER_RUN)
    runs = recent | Run.objects.filter(pk__in=ids, state__in=UNFINISHED)
    nodes = NodeRun.objects.filter(run__in=runs).exclude(state=NodeRun.State.DONE)
    return {key_of(node) for node in nodes.only("run_id", "node", "fingerprint")}


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _remove(keys: Sequence[str]) -> int:
    removed = 0
    for key in keys:
        try:
            checkpoints_at(settings.LEPTON_ARTIFACTS_URL).remove(key)
            removed += 1
        except Exception as error:  # noqa: BLE001 - as above
            logger.warning("the checkpoint %s could not be removed: %s", key, error)
    return removed

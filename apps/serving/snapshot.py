"""What the serving plane shall serve, numbered so that older never replaces newer."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from typing import Any

from django.db import transaction
from django.db.models import Prefetch

from apps.serving import keys, serving_client
from apps.serving.models import Endpoint, EndpointKey, Release, SnapshotRevision

logger = logging.getLogger(__name__)

ROW = 1


def publish_snapshot() -> bool:
    """Tell the serving plane what to serve, if it does not know, and return whether it was told.

    Called after every change and by the reconciler, so that a lost message or a restarted Redis mends itself.
    """
    try:
        handed = _hand(*_numbered())
        if handed is serving_client.PublishResult.OUTDATED:
            # Someone was faster, or the database is an older one brought back from a backup: it is what counts.
            handed = _hand(*_renumbered())
    except serving_client.AWAY as error:
        logger.warning("the list of endpoints could not be published, the reconciler tries again: %s", error)
        return False
    return handed is serving_client.PublishResult.NEW


def published_revision() -> int:
    """Return the number of the newest snapshot; call it after the commit of a change that shall be in it."""
    return SnapshotRevision.objects.filter(pk=ROW).values_list("number", flat=True).first() or 0


def _hand(revision: int, endpoints: list[dict[str, Any]]) -> serving_client.PublishResult:
    content = json.dumps({"revision": revision, "endpoints": endpoints}, ensure_ascii=False).encode()
    return serving_client.write_snapshot(revision, content)


def _numbered() -> tuple[int, list[dict[str, Any]]]:
    """Return all endpoints with the number of this content; a new number only when something changed."""
    known = SnapshotRevision.objects.filter(pk=ROW).first()
    endpoints = _endpoints()
    if known is not None and known.digest == _digest(endpoints):
        return known.number, endpoints
    return _renumbered()


@transaction.atomic
def _renumbered() -> tuple[int, list[dict[str, Any]]]:
    SnapshotRevision.objects.get_or_create(pk=ROW)
    row = SnapshotRevision.objects.select_for_update().get(pk=ROW)
    endpoints = _endpoints()  # read behind the lock: numbers follow the order of what was read
    # Milliseconds, so that a database brought back from a backup still counts upwards.
    row.number = max(row.number + 1, time.time_ns() // 1_000_000)
    row.digest = _digest(endpoints)
    row.save(update_fields=["number", "digest"])
    return row.number, endpoints


def _endpoints() -> list[dict[str, Any]]:
    valid = Prefetch("keys", EndpointKey.objects.filter(revoked_at=None), to_attr="valid_keys")
    found = Endpoint.objects.exclude(active=None).select_related("active", "canary", "shadow").prefetch_related(valid)
    return [_entry(endpoint) for endpoint in found.order_by("slug")]


def _entry(endpoint: Endpoint) -> dict[str, Any]:
    release = endpoint.active
    assert release is not None  # noqa: S101 - the query leaves those out
    page = {"id": "", "hash": keys.digest(keys.page_key(endpoint.slug))}
    valid: list[EndpointKey] = endpoint.valid_keys  # type: ignore[attr-defined]
    return {
        "slug": endpoint.slug,
        "name": endpoint.name,
        "release": release.number,
        "version": release.graph_version,
        "address": release.address,
        "keys": [page, *map(_key, valid)],
        "canary": _beside(endpoint.canary, endpoint.canary_percent),
        "shadow": _beside(endpoint.shadow),
    }


def _key(key: EndpointKey) -> dict[str, Any]:
    return {
        "id": str(key.pk),
        "hash": key.digest,
        "scopes": key.scopes,
        "per_second": key.per_second,
        "per_day": key.per_day,
        "expires_at": key.expires_at.timestamp() if key.expires_at else 0,
    }


def _beside(release: Release | None, percent: float = 0.0) -> dict[str, Any] | None:
    if release is None:
        return None
    said = {"release": release.number, "version": release.graph_version, "address": release.address}
    return {**said, "percent": percent}


def _digest(endpoints: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(endpoints, sort_keys=True).encode()).hexdigest()

"""The snapshot of endpoints for the serving plane, numbered so that an older one never replaces a newer one."""

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
    """Publish the snapshot of endpoints unless Redis has it, and return whether it was new there.

    Called after every change and by the reconciler, so that a lost snapshot or an emptied Redis is repaired.
    """
    try:
        result = _publish(*_numbered())
        if result is serving_client.PublishResult.OUTDATED:
            # Another process published a newer one, or the database was restored from a backup and counts from below.
            # Either way the database is right: publish it under a new number.
            result = _publish(*_renumbered())
    except serving_client.UNAVAILABLE as error:
        logger.warning("the list of endpoints could not be published, the reconciler tries again: %s", error)
        return False
    return result is serving_client.PublishResult.NEW


def published_revision() -> int:
    """Return the number of the newest snapshot; call it after the commit of the change it has to contain."""
    return SnapshotRevision.objects.filter(pk=ROW).values_list("number", flat=True).first() or 0


def _publish(revision: int, endpoints: list[dict[str, Any]]) -> serving_client.PublishResult:
    content = json.dumps({"revision": revision, "endpoints": endpoints}, ensure_ascii=False).encode()
    return serving_client.write_snapshot(revision, content)


def _numbered() -> tuple[int, list[dict[str, Any]]]:
    """Return the number of the snapshot and all endpoints; a new number only when something changed."""
    last = SnapshotRevision.objects.filter(pk=ROW).first()
    endpoints = _endpoints()
    if last is not None and last.digest == _digest(endpoints):
        return last.number, endpoints
    return _renumbered()


@transaction.atomic
def _renumbered() -> tuple[int, list[dict[str, Any]]]:
    SnapshotRevision.objects.get_or_create(pk=ROW)
    row = SnapshotRevision.objects.select_for_update().get(pk=ROW)
    endpoints = _endpoints()  # read under the lock, so that a higher number has newer content
    # Milliseconds, so that a database restored from a backup still counts upwards.
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
    assert release is not None  # noqa: S101 - excluded by the query
    page = {"id": "", "hash": keys.digest(keys.page_key(endpoint.slug))}
    valid: list[EndpointKey] = endpoint.valid_keys  # type: ignore[attr-defined]
    return {
        "slug": endpoint.slug,
        "name": endpoint.name,
        "release": release.number,
        "version": release.graph_version,
        "address": release.address,
        "keys": [page, *map(_key, valid)],
        "canary": _secondary_release(endpoint.canary, endpoint.canary_percent),
        "shadow": _secondary_release(endpoint.shadow),
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


def _secondary_release(release: Release | None, percent: float = 0.0) -> dict[str, Any] | None:
    if release is None:
        return None
    identity = {"release": release.number, "version": release.graph_version, "address": release.address}
    return {**identity, "percent": percent}


def _digest(endpoints: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(endpoints, sort_keys=True).encode()).hexdigest()

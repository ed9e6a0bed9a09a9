"""Which release answers at an endpoint: switched, waited for, confirmed, and taken back when it cannot be loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.common import repair_guard
from apps.common.errors import not_found
from apps.graphs.models import Graph
from apps.graphs.services import note_published
from apps.registry.services import CHAMPION, point
from apps.serving import serving_client
from apps.serving.endpoint_audit import record
from apps.serving.models import Endpoint, Release
from apps.serving.releases import (
    SPLIT,
    UNCONFIRMED,
    clear_traffic_split,
    follow_aliases,
    lock_endpoint,
    reason,
    release_refused,
    returned,
)
from apps.serving.snapshot import publish_snapshot, published_revision
from tasks.graph.messages import Message

WAIT_SECONDS = 10.0
SETTLE_AFTER = timedelta(seconds=30)  # longer than WAIT_SECONDS: by then no deploy waits that would withdraw it


def set_active(endpoint: Endpoint, release: Release | None) -> Release | None:
    """Make a release active, or none where the first one could not be loaded; return the former one."""
    with transaction.atomic():
        if not _lock(endpoint):
            raise not_found("endpoint")
        former, endpoint.active = endpoint.active, release
        if release is None or release == endpoint.fallback:
            endpoint.fallback, endpoint.unconfirmed_since = None, None
        elif release != former:
            # An unconfirmed release is no fallback: the one before it stays the fallback.
            endpoint.fallback = endpoint.fallback if endpoint.unconfirmed_since else former
            endpoint.unconfirmed_since = timezone.now()
        if release is not None:
            clear_traffic_split(endpoint, release)
        elif former is not None and former.model_version is not None:
            point(former.model_version.model, CHAMPION, None)
        endpoint.save(update_fields=["active", *UNCONFIRMED, *SPLIT])
        follow_aliases(endpoint)
        if endpoint.graph_id is not None:
            note_published(graph_id=endpoint.graph_id, version=release.graph_version if release else None)
        transaction.on_commit(publish_snapshot)
    return former


def _lock(endpoint: Endpoint) -> bool:
    """Lock the endpoint's graph and the endpoint, in the order of `deploy`, and reload it; False if deleted."""
    if endpoint.graph_id is not None:
        Graph.objects.select_for_update().only("pk").filter(pk=endpoint.graph_id).first()
    return lock_endpoint(endpoint)


def withdraw(endpoint: Endpoint, release: Release, former: Release | None, *, is_new: bool) -> None:
    """Undo the deploy of a release that cannot be loaded; delete its endpoint when it has no other release.

    The deploy waited without a lock: a release that was made active meanwhile stays active.
    """
    with transaction.atomic():
        if not _lock(endpoint):
            return
        if endpoint.active != release:
            if is_new and release not in (endpoint.canary, endpoint.shadow):
                release.delete()  # else a later deploy that is refused as well would fall back to it
            return
        if former is not None or not is_new or endpoint.releases.exclude(pk=release.pk).exists():
            # The former release may have been refused and deleted meanwhile.
            restored = Release.objects.filter(pk=former.pk).first() if former is not None else None
            set_active(endpoint, endpoint.fallback or restored)
            if is_new:
                release.delete()
            return
        if endpoint.graph_id is not None:
            note_published(graph_id=endpoint.graph_id, version=None)
        endpoint.delete()
        transaction.on_commit(publish_snapshot)


def wait_for_release(endpoint: Endpoint, release: Release, *, former: Release | None, is_new: bool) -> str:
    """Wait until the release answers; return an empty sentence, or a notice that it does not yet.

    Args:
        former: The release that was active before; it is active again when this one cannot be loaded.
        is_new: Whether the release was created by this deploy; it is deleted when it cannot be loaded.

    Raises:
        ApplicationError: 409 ``release_refused``.
    """
    status = serving_client.wait_for(endpoint.slug, release.number, revision=published_revision(), seconds=WAIT_SECONDS)
    if status.state == "ready":
        _confirm(endpoint, release)
        return ""
    if status.state == "failed":
        if release != former:
            withdraw(endpoint, release, former, is_new=is_new)
        raise release_refused(status.failure)
    if status.state == "offline":
        return Message("deploy.offline", "The serving plane is not running; the endpoint answers as soon as it is.")
    return Message("deploy.loading", "The release is still being loaded; the endpoint answers with it in a moment.")


def check_pending_releases() -> int:
    """Confirm releases that answer by now, roll back those that cannot be loaded; return how many of both.

    A deploy waits a few seconds for its release, and may be killed while it waits. A release without a fallback stays
    active, and its page says why it does not answer.
    """
    pending = Endpoint.objects.exclude(unconfirmed_since=None).exclude(active=None).select_related("active")
    reports = serving_client.reports() if pending.exists() else None
    if not reports:
        return 0
    revision = published_revision()
    return sum(
        repair_guard.rows.attempt(
            f"endpoint {endpoint.slug} {endpoint.pk}: settle its release",
            partial(_settle_late, endpoint, reports, revision),
        )
        for endpoint in pending
    )


def _settle_late(endpoint: Endpoint, reports: Sequence[Mapping[str, Any]], revision: int) -> bool:
    release, since = endpoint.active, endpoint.unconfirmed_since
    assert release is not None  # noqa: S101 - excluded by the query
    assert since is not None  # noqa: S101 - as above
    status = serving_client.release_status(endpoint.slug, release.number, reports, revision=revision)
    if status.state == "ready":
        return _confirm(endpoint, release)
    if status.state != "failed" or endpoint.fallback is None or timezone.now() - since < SETTLE_AFTER:
        return False
    with transaction.atomic():
        if not _lock(endpoint) or endpoint.active != release or endpoint.unconfirmed_since != since:
            return False
        fallback = endpoint.fallback
        set_active(endpoint, fallback)
        endpoint.returned = returned(release.number, status.failure)
        endpoint.save(update_fields=["returned"])
        record(None, "endpoint.rolled_back", endpoint, release=fallback.number, **reason(status.failure))
    return True


def _confirm(endpoint: Endpoint, release: Release) -> bool:
    """Record that the serving plane answers with the release, unless another one was made active meanwhile."""
    unconfirmed = Endpoint.objects.filter(pk=endpoint.pk, active=release).exclude(unconfirmed_since=None)
    return bool(unconfirmed.update(fallback=None, unconfirmed_since=None))

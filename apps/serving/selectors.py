"""Endpoints as they are shown: with the status of their release and the traffic of the last hour."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from apps.common.errors import not_found
from apps.serving import serving_client
from apps.serving.drift import Drift, drift_of
from apps.serving.models import Endpoint
from apps.serving.serving_client import ReleaseStatus
from apps.serving.traffic import traffic_of


def shown(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """Return the endpoints with ``status`` and ``last_hour`` set, reading each source once."""
    rows = list(endpoints)
    reports = serving_client.reports() if rows else []
    traffic = traffic_of(rows)
    for endpoint in rows:
        active = endpoint.active
        status = ReleaseStatus("waiting")
        if active is not None:
            status = serving_client.release_status(endpoint.slug, active.number, reports)
        endpoint.status = status  # type: ignore[attr-defined]
        endpoint.last_hour = traffic[endpoint.pk]  # type: ignore[attr-defined]
    return rows


def drift(endpoint: Endpoint, *, hours: int, release: int | None = None) -> Drift:
    """Return the drift of inputs and predictions of a release; of the active one unless a number is given.

    Raises:
        ApplicationError: 404 for a release it does not have.
    """
    found = endpoint.active if release is None else endpoint.releases.filter(number=release).first()
    if found is None:
        raise not_found("release")
    return drift_of(endpoint, found, since=timezone.now() - timedelta(hours=hours))

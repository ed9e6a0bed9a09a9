"""Endpoints as they are shown: with how far their release is and what happened in the last hour."""

from __future__ import annotations

from collections.abc import Iterable

from apps.serving import plane
from apps.serving.models import Endpoint
from apps.serving.traffic import traffic_of


def shown(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """Return the endpoints with ``standing`` and ``last_hour`` set, by one question to each source."""
    rows = list(endpoints)
    said = plane.reports() if rows else []
    traffic = traffic_of(rows)
    for endpoint in rows:
        number = endpoint.active.number if endpoint.active else 0
        endpoint.standing = plane.standing(endpoint.slug, number, said)  # type: ignore[attr-defined]
        endpoint.last_hour = traffic[endpoint.pk]  # type: ignore[attr-defined]
    return rows

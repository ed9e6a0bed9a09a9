"""Metrics of endpoints for ``/metrics``, from the counts that the serving plane reported by minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from django.db.models.functions import Now
from prometheus_client.core import Metric

from apps.common.metrics import gauge, gauges
from apps.serving.models import Endpoint, TrafficMinute

WINDOW_MINUTES = 5


def endpoint_figures() -> Iterator[Metric]:
    """Return the number of endpoints, and how many requests they all answered recently, by status."""
    statuses: Counter[str] = Counter()
    recent = TrafficMinute.objects.order_by().filter(minute__gt=Now() - timedelta(minutes=WINDOW_MINUTES))
    for counts in recent.values_list("statuses", flat=True):
        statuses.update(counts)
    yield gauge("leptonweb_endpoints", "Endpoints.", Endpoint.objects.count())
    text = f"Requests that endpoints answered in the last {WINDOW_MINUTES} minutes."
    yield gauges("leptonweb_endpoint_recent_requests", text, ("status",), _each(statuses))


def _each(statuses: Counter[str]) -> list[tuple[tuple[str, ...], float]]:
    return [((status,), float(count)) for status, count in sorted(statuses.items())]

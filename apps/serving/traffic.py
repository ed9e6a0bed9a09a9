"""Counts of answers: written down by minute, read as totals, percentiles and a series."""

from __future__ import annotations

import logging
import math
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import Error, transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.serving import drift, serving_client
from apps.serving.models import Endpoint, EndpointKey, TrafficMinute

logger = logging.getLogger(__name__)

BUCKETS_PER_DOUBLING = 8  # as in tasks/inference/server/deployments/statistics.py
SHOWN_MINUTES = 60
KEPT = timedelta(days=30)
PERCENTILES = (50, 95, 99)
FIRST_ERROR = 400


def drain_statistics() -> int:
    """Write down what the serving processes counted and return how many counts that were."""
    try:
        counted = serving_client.pop_statistics()
    except serving_client.AWAY:
        return 0
    if not counted:
        return 0
    try:
        _write(counted)
    except Error:
        try:
            serving_client.requeue(counted)
        except serving_client.AWAY as error:
            logger.warning("%d counts of answers are lost: Redis is away as well: %s", len(counted), error)
        raise
    return len(counted)


@transaction.atomic
def _write(counted: Sequence[Mapping[str, Any]]) -> None:
    grouped: dict[tuple[str, int, int], list[Mapping[str, Any]]] = defaultdict(list)
    for one in counted:
        grouped[one["slug"], one["minute"], one["release"]].append(one)
    slugs = {slug for slug, *_ in grouped}
    endpoints = dict(Endpoint.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    for (slug, minute, release), parts in grouped.items():
        if slug in endpoints:  # else it was deleted meanwhile
            at = datetime.fromtimestamp(minute, UTC)
            _add(endpoints[slug], at, release, parts)
            drift.write_counts(endpoints[slug], at, release, parts)
    used = {key for one in counted for key in one["keys"]}
    EndpointKey.objects.filter(pk__in=used).update(last_used_at=Now())
    TrafficMinute.objects.filter(minute__lt=timezone.now() - KEPT).delete()
    drift.drop_old_counts()


def _add(endpoint_id: uuid.UUID, minute: datetime, release: int, parts: Iterable[Mapping[str, Any]]) -> None:
    place: dict[str, Any] = {"endpoint_id": endpoint_id, "minute": minute, "release": release}
    TrafficMinute.objects.get_or_create(**place)
    row = TrafficMinute.objects.select_for_update().get(**place)
    for part in parts:
        row.statuses = _sum(row.statuses, part["statuses"])
        row.latencies = _sum(row.latencies, part["latencies"])
        row.shadow = _compared(row.shadow, part["shadow"])
        row.rows += part["rows"]
    row.save()


def _compared(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Return both comparisons of a shadow together: all are sums but the largest difference."""
    both = {name: one.get(name, 0) + other.get(name, 0) for name in {*one, *other}}
    if "largest" in both:
        both["largest"] = max(one.get("largest", 0.0), other.get("largest", 0.0))
    return both


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(one) + Counter(other))


def traffic_of(endpoints: Iterable[Endpoint]) -> dict[uuid.UUID, dict[str, Any]]:
    """Return the last hour of each endpoint: requests, errors, percentiles in milliseconds, and every minute."""
    now = timezone.now().replace(second=0, microsecond=0)
    first = now - timedelta(minutes=SHOWN_MINUTES - 1)
    ids = [endpoint.pk for endpoint in endpoints]
    found: dict[uuid.UUID, list[TrafficMinute]] = {pk: [] for pk in ids}
    for row in TrafficMinute.objects.filter(endpoint__in=ids, minute__gte=first):
        found[row.endpoint_id].append(row)
    return {pk: _shown(rows, first) for pk, rows in found.items()}


def _shown(rows: Sequence[TrafficMinute], first: datetime) -> dict[str, Any]:
    by_minute: dict[datetime, list[TrafficMinute]] = defaultdict(list)
    by_release: dict[int, list[TrafficMinute]] = defaultdict(list)
    for row in rows:
        by_minute[row.minute].append(row)
        by_release[row.release].append(row)
    series = []
    for step in range(SHOWN_MINUTES):
        at = first + timedelta(minutes=step)
        series.append({"at": at, **_minute(by_minute[at])})
    return {
        "requests": sum(one["requests"] for one in series),
        "errors": sum(one["errors"] for one in series),
        **_percentiles(rows),
        "per_minute": series,
        "by_release": [_release(number, by_release[number]) for number in sorted(by_release, reverse=True) if number],
    }


def _minute(rows: Sequence[TrafficMinute]) -> dict[str, Any]:
    statuses: Counter[str] = Counter()
    for row in rows:
        statuses.update(row.statuses)
    requests, errors = _counts(statuses)
    return {"requests": requests, "errors": errors, **_percentiles(rows)}


def _release(number: int, rows: Sequence[TrafficMinute]) -> dict[str, Any]:
    """Return what happened at one release, for champion and challenger side by side."""
    statuses: Counter[str] = Counter()
    shadow: dict[str, float] = {}
    for row in rows:
        statuses.update(row.statuses)
        shadow = _compared(shadow, row.shadow)
    requests, errors = _counts(statuses)
    return {
        "release": number,
        "requests": requests,
        "errors": errors,
        "rows": sum(row.rows for row in rows),
        **_percentiles(rows),
        "shadow": shadow or None,
    }


def failures_of(endpoint_id: uuid.UUID, release: int, since: datetime) -> tuple[int, int]:
    """Return how many requests a release was asked since a moment's minute, and how many it did not answer."""
    first = since.replace(second=0, microsecond=0)
    statuses: Counter[str] = Counter()
    for row in TrafficMinute.objects.filter(endpoint=endpoint_id, release=release, minute__gte=first):
        statuses.update(row.statuses)
    return _counts(statuses)


def _percentiles(rows: Iterable[TrafficMinute]) -> dict[str, float | None]:
    latencies: Counter[int] = Counter()
    for row in rows:
        latencies.update({int(bucket): count for bucket, count in row.latencies.items()})
    return {f"p{percent}_ms": percentile_ms(latencies, percent) for percent in PERCENTILES}


def _counts(statuses: Mapping[str, int]) -> tuple[int, int]:
    errors = sum(count for status, count in statuses.items() if int(status) >= FIRST_ERROR)
    return sum(statuses.values()), errors


def percentile_ms(latencies: Mapping[int, int], percent: int) -> float | None:
    """Return a percentile in milliseconds: the middle of its log bucket, at most 5 % off; ``None`` without any."""
    total = sum(latencies.values())
    wanted = math.ceil(total * percent / 100)
    seen = 0
    for bucket in sorted(latencies):
        seen += latencies[bucket]
        if total and seen >= wanted:
            return round(2 ** ((bucket - 0.5) / BUCKETS_PER_DOUBLING) / 1000, 4)
    return None

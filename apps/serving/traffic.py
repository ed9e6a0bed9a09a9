"""Counts of responses: stored by minute, read as totals, percentiles and a series."""

from __future__ import annotations

import json
import logging
import math
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.serving import drift, serving_client
from apps.serving.models import CountBatch, Endpoint, EndpointKey, TrafficMinute
from apps.serving.serving_client import StatisticsBatch
from tasks.serving_interface import BUCKETS_PER_DOUBLING

logger = logging.getLogger(__name__)

SHOWN_MINUTES = 60
RETENTION = timedelta(days=30)
BATCH_RETENTION = timedelta(days=1)  # far longer than any process pauses between taking a batch and storing it
PERCENTILES = (50, 95, 99)
FIRST_ERROR = 400
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError)


def drain_statistics() -> int:
    """Store the counts of the serving processes and return how many those were.

    Each batch is stored exactly once, even if this process is killed at any moment: it stays in Redis until it is
    committed, and its id is committed with it. A batch that cannot be stored now is stored by the next call.
    """
    try:
        batch = serving_client.take_statistics()
    except serving_client.UNAVAILABLE:
        return 0
    if batch is None:
        return 0
    is_written = _write(batch)
    try:
        serving_client.forget_statistics(batch)
    except serving_client.UNAVAILABLE as error:
        logger.warning("a batch of counts that is written down stays in Redis until the next time: %s", error)
    return len(batch.counts) if is_written else 0


@transaction.atomic
def _write(batch: StatisticsBatch) -> bool:
    """Store a batch; ``False`` when that was done before."""
    _, is_new = CountBatch.objects.get_or_create(pk=batch.id)
    if not is_new:
        return False
    grouped: dict[tuple[str, datetime, int], list[Mapping[str, Any]]] = defaultdict(list)
    for content in batch.counts:
        try:
            one = _read(content)
        except UNREADABLE as error:
            logger.warning("a count of answers cannot be read and is dropped: %r: %.500s", error, content)
        else:
            grouped[one["slug"], one["minute"], one["release"]].append(one)
    slugs = {slug for slug, *_ in grouped}
    endpoints = dict(Endpoint.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    for (slug, minute, release), parts in grouped.items():
        if slug in endpoints:  # else it was deleted meanwhile
            _add(endpoints[slug], minute, release, parts)
    used = {key for parts in grouped.values() for one in parts for key in one["keys"]}
    EndpointKey.objects.filter(pk__in=used).update(last_used_at=Now())
    TrafficMinute.objects.filter(minute__lt=timezone.now() - RETENTION).delete()
    CountBatch.objects.filter(written_at__lt=timezone.now() - BATCH_RETENTION).delete()
    drift.drop_old_counts()
    return True


def _read(content: bytes) -> dict[str, Any]:
    """Return a count as a serving process of this or an earlier version wrote it. Raises one of `UNREADABLE`."""
    one = json.loads(content)
    return {
        "slug": str(one["slug"]),
        "minute": datetime.fromtimestamp(one["minute"], UTC),
        "release": int(one["release"]),
        "statuses": {str(int(status)): int(count) for status, count in one["statuses"].items()},
        "latencies": {str(int(bucket)): int(count) for bucket, count in one["latencies"].items()},
        "keys": {uuid.UUID(key) for key in one["keys"]},
        "rows": int(one.get("rows", 0)),
        "shadow": _numbers(one.get("shadow", {})),
        "drift": drift.read_counts(one.get("drift", {})),
        "canary": {str(int(status)): int(count) for status, count in one.get("canary", {}).items()},
        "canary_drift": drift.read_counts(one.get("canary_drift", {})),
    }


def _numbers(found: Mapping[str, Any]) -> dict[str, float]:
    for name, value in found.items():
        if not isinstance(value, int | float):
            raise TypeError(f"{name} is no number: {value!r}")
    return dict(found)


def _add(endpoint_id: uuid.UUID, minute: datetime, release: int, parts: Sequence[Mapping[str, Any]]) -> None:
    """Add counts of one release and minute; where some cannot be added, those alone are dropped."""
    try:
        with transaction.atomic():
            _add_traffic(endpoint_id, minute, release, parts)
            drift.write_counts(endpoint_id, minute, release, parts)
    except (OperationalError, InterfaceError):  # says nothing about the counts
        raise
    except Exception as error:  # process edge: the counts of other people's endpoints are in the same batch
        if len(parts) > 1:
            for part in parts:
                _add(endpoint_id, minute, release, [part])
        else:
            logger.warning("a count of answers cannot be added and is dropped: %r: %.500s", error, parts[0])


def _add_traffic(endpoint_id: uuid.UUID, minute: datetime, release: int, parts: Iterable[Mapping[str, Any]]) -> None:
    place: dict[str, Any] = {"endpoint_id": endpoint_id, "minute": minute, "release": release}
    TrafficMinute.objects.get_or_create(**place)
    row = TrafficMinute.objects.select_for_update().get(**place)
    for part in parts:
        row.statuses = _sum(row.statuses, part["statuses"])
        row.latencies = _sum(row.latencies, part["latencies"])
        row.shadow = _compared(row.shadow, part["shadow"])
        row.canary = _sum(row.canary, part["canary"])
        row.rows += part["rows"]
    row.save()


def _compared(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Return two comparisons of a shadow combined: sums, except for the largest difference."""
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
    """Return the traffic of one release, to compare champion and challenger."""
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


def failures_of(endpoint_id: uuid.UUID, release: int, since: datetime, *, as_canary: bool = False) -> tuple[int, int]:
    """Return how many requests a release got since a time, rounded down to the minute, and how many failed.

    Args:
        as_canary: Count those only that it got as the canary.
    """
    first = since.replace(second=0, microsecond=0)
    statuses: Counter[str] = Counter()
    for row in TrafficMinute.objects.filter(endpoint=endpoint_id, release=release, minute__gte=first):
        statuses.update(row.canary if as_canary else row.statuses)
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

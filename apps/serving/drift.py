"""Drift: how far the inputs and predictions of a release have moved from the training rows of its model."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.serving.models import DriftCount, Endpoint, Release

MINUTES = 10
RETENTION = timedelta(days=14)
MAX_HOURS = 24 * 14
MIN_ROWS = 200
"""With fewer rows, shares of ten bins differ by chance as much as the first threshold."""

SOME, STRONG = 0.1, 0.25
"""Thresholds of the population stability index (Siddiqi 2006): below the first it is stable."""

HALF = 0.5  # added to each count, so that an empty bin has no infinite weight
LENGTH, DATE, CATEGORY = "length", "date", "category"


@dataclass(frozen=True)
class ColumnDrift:
    """Drift of one column, or of the predictions.

    Attributes:
        name: The column; empty for the predictions.
        kind: number, category, length (of text) or date.
        index: Population stability index; ``None`` for fewer than `MIN_ROWS` rows.
        level: unknown, stable, some or strong.
        missing, reference_missing: Shares of missing values, now and in training.
        unseen: Share of values that training did not have: other categories, or numbers beyond its range.
        bins: Label, share in training and share now, of each bin.
    """

    name: str
    kind: str
    index: float | None
    level: str
    missing: float
    reference_missing: float
    unseen: float
    bins: list[dict[str, Any]]


@dataclass(frozen=True)
class Drift:
    """Drift of one release since a time. ``prediction``, ``columns``: empty without a reference."""

    release: int
    since: datetime
    rows: int
    rows_needed: int
    has_reference: bool
    prediction: ColumnDrift | None
    columns: list[ColumnDrift]

    @property
    def every(self) -> Iterator[ColumnDrift]:
        """The predictions, then the columns."""
        yield from ([self.prediction] if self.prediction else [])
        yield from self.columns


def read_counts(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts of a serving process, empty or complete. Raises ``KeyError``, ``TypeError``, ``ValueError``."""
    if not found:
        return {}
    return {
        "rows": int(found["rows"]),
        "prediction": [int(count) for count in found["prediction"]],
        "columns": {name: [int(count) for count in counts] for name, counts in found["columns"].items()},
    }


def write_counts(endpoint_id: uuid.UUID, minute: datetime, release: int, parts: Sequence[Mapping[str, Any]]) -> None:
    """Add the counts of serving processes; call within a transaction."""
    counts = [part["drift"] for part in parts if part.get("drift")]
    if not counts or not release:
        return
    place: dict[str, Any] = {"endpoint_id": endpoint_id, "release": release, "since": _start_of(minute)}
    DriftCount.objects.get_or_create(**place)
    row = DriftCount.objects.select_for_update().get(**place)
    for one in counts:
        row.counts = _added(row.counts, one)
    for part in parts:
        if part.get("canary_drift"):
            row.canary = _added(row.canary, part["canary_drift"])
    row.save(update_fields=["counts", "canary"])


def drop_old_counts() -> None:
    """Delete counts that are older than the longest window."""
    DriftCount.objects.filter(since__lt=timezone.now() - RETENTION).delete()


def drift_of(endpoint: Endpoint, release: Release, *, since: datetime, as_canary: bool = False) -> Drift:
    """Return the drift of a release since a time, rounded down to the ten minutes that counts are stored by.

    Args:
        as_canary: Of the rows only that it answered as the canary.
    """
    first = _start_of(since)
    counts: dict[str, Any] = {}
    for row in DriftCount.objects.filter(endpoint=endpoint, release=release.number, since__gte=first).order_by("since"):
        found = row.canary if as_canary else row.counts
        counts = _added(counts, found) if found else counts
    reference: Mapping[str, Any] = release.reference
    if not reference:
        return Drift(release.number, first, counts.get("rows", 0), MIN_ROWS, False, None, [])
    seen = counts.get("columns", {})
    columns = [_column_drift(name, one, seen.get(name)) for name, one in reference["columns"].items()]
    columns.sort(key=lambda one: -(one.index or 0.0))
    prediction = _column_drift("", reference["prediction"], counts.get("prediction"))
    return Drift(release.number, first, counts.get("rows", 0), MIN_ROWS, True, prediction, columns)


def stability_index(expected: Sequence[float], counts: Sequence[int]) -> float:
    """Return the population stability index of counts against expected shares: 0 when they are alike.

    The sum over bins of ``(now - then) * ln(now / then)``, a symmetric divergence of the two.
    """
    total = sum(counts) + HALF * len(counts)
    now = [(count + HALF) / total for count in counts]
    least = HALF / max(total, 1000.0)
    then = [max(share, least) for share in expected]
    return sum((a - b) * math.log(a / b) for a, b in zip(now, then, strict=True))


def _column_drift(name: str, reference: Mapping[str, Any], counts: Sequence[int] | None) -> ColumnDrift:
    shares: list[float] = reference["shares"]
    if counts is None or len(counts) != len(shares) + 2:  # no rows yet, or counts of a deleted endpoint's release
        counts = [0] * (len(shares) + 2)
    *inside, unseen, missing = counts
    rows = sum(inside) + missing
    index = None
    if rows >= MIN_ROWS:
        index = stability_index([*shares, reference["missing"]], [*inside, missing])
    labels = _labels(reference)
    return ColumnDrift(
        name=name,
        kind=reference["kind"],
        index=index,
        level=level_of(index),
        missing=missing / rows if rows else 0.0,
        reference_missing=reference["missing"],
        unseen=unseen / rows if rows else 0.0,
        bins=[
            {"label": label, "reference": share, "live": count / rows if rows else 0.0}
            for label, share, count in zip(labels, shares, inside, strict=True)
        ],
    )


def level_of(index: float | None) -> str:
    """Return the level of an index: unknown, stable, some or strong."""
    if index is None:
        return "unknown"
    return "stable" if index < SOME else "some" if index < STRONG else "strong"


def _labels(reference: Mapping[str, Any]) -> list[str]:
    if reference["kind"] == CATEGORY:
        return [*reference["categories"], ""]
    edges = [_edge(edge, reference["kind"]) for edge in reference["edges"]]
    if not edges:
        return ["–"]
    between = [f"{low} – {high}" for low, high in zip(edges, edges[1:], strict=False)]
    return [f"< {edges[0]}", *between, f"≥ {edges[-1]}"]


def _edge(edge: float, kind: str) -> str:
    if kind != DATE:
        return f"{edge:.4g}"
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=edge)).strftime("%Y-%m-%d")


def _start_of(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // MINUTES * MINUTES, second=0, microsecond=0)


def _added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sum; where bins differ, the newer counts: an endpoint was deleted and created again by this name."""
    if not one:
        return dict(other)
    mine, theirs = one["columns"], other["columns"]
    return {
        "rows": one["rows"] + other["rows"],
        "prediction": _sum(one["prediction"], other["prediction"]),
        "columns": {name: _sum(mine.get(name), counts) for name, counts in theirs.items()},
    }


def _sum(one: Sequence[int] | None, other: Sequence[int]) -> list[int]:
    if one is None or len(one) != len(other):
        return list(other)
    return [a + b for a, b in zip(one, other, strict=True)]

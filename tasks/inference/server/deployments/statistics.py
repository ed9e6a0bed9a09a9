"""Counts per release between two deliveries: requests by status, latencies in log buckets, keys that were used."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Any

from tasks.inference import drift
from tasks.inference.server.deployments.drift_counts import DriftCounts, count_drift
from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.responses import Answer
from tasks.serving_interface import BUCKETS_PER_DOUBLING

logger = logging.getLogger(__name__)

MINUTES_KEPT = 60


@dataclass
class Counts:
    """What happened at one release of an endpoint.

    Attributes:
        statuses: HTTP status to number of answers.
        latencies: Bucket of `bucket_of` to number of good answers.
        keys: Ids of the keys that were used.
        rows: Rows that were answered.
        shadow: How its responses as a shadow compare: see `Statistics.compare`.
        drift: How its rows and answers fall into the bins of its training data: see `tasks.inference.drift.count`.
        canary: Of ``statuses``, those that it answered as the canary.
        canary_drift: Of ``drift``, the rows that it answered as the canary.
    """

    statuses: dict[int, int] = field(default_factory=dict)
    latencies: dict[int, int] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    rows: int = 0
    shadow: dict[str, float] = field(default_factory=dict)
    drift: dict[str, Any] = field(default_factory=dict)
    canary: dict[int, int] = field(default_factory=dict)
    canary_drift: dict[str, Any] = field(default_factory=dict)

    def merge(self, other: Counts) -> None:
        """Add what another one counted."""
        counted = (
            (self.statuses, other.statuses),
            (self.latencies, other.latencies),
            (self.canary, other.canary),
        )
        for mine, theirs in counted:
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        add_shadow(self.shadow, other.shadow)
        if other.drift:
            drift.add(self.drift, other.drift)
        if other.canary_drift:
            drift.add(self.canary_drift, other.canary_drift)
        self.keys |= other.keys
        self.rows += other.rows

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "latencies": {str(bucket): count for bucket, count in self.latencies.items()},
            "keys": sorted(self.keys),
            "rows": self.rows,
            "shadow": self.shadow,
            "drift": self.drift,
            "canary": {str(status): count for status, count in self.canary.items()},
            "canary_drift": self.canary_drift,
        }


def add_shadow(mine: dict[str, float], theirs: Mapping[str, float]) -> None:
    """Add comparisons: all are sums but ``largest``."""
    for name, value in theirs.items():
        mine[name] = max(mine.get(name, 0.0), value) if name == "largest" else mine.get(name, 0) + value


def bucket_of(seconds: float) -> int:
    """Return the log bucket of a duration; bucket 0 ends at one microsecond."""
    microseconds = seconds * 1e6
    return int(log2(microseconds) * BUCKETS_PER_DOUBLING) + 1 if microseconds > 1 else 0


class Statistics:
    """Counts of all endpoints of one process, by minute, until they are delivered to Redis."""

    def __init__(self) -> None:
        self._now: dict[tuple[str, int], Counts] = {}
        self._waiting: dict[tuple[str, int, int], Counts] = {}
        self._drift_counts = DriftCounts()

    def count(  # noqa: PLR0913 - called for each answer, and an object for it would cost more than the counting
        self,
        slug: str,
        status: int,
        seconds: float,
        key: str = "",
        rows: int = 0,
        release: int = 0,
        *,
        as_canary: bool = False,
    ) -> None:
        """Count one answer.

        Args:
            slug: The endpoint.
            status: HTTP status.
            seconds: How long a good answer took.
            key: Id of the key; empty for the page's own.
            rows: Rows that were answered.
            release: The number of the release that answered; 0 when the request was refused before.
            as_canary: It answered as the canary.
        """
        counts = self._now.get((slug, release))
        if counts is None:
            counts = self._now[slug, release] = Counts()
        statuses = counts.statuses
        statuses[status] = statuses.get(status, 0) + 1
        if as_canary:
            counts.canary[status] = counts.canary.get(status, 0) + 1
        if key:
            counts.keys.add(key)
        if status == 200:
            bucket = bucket_of(seconds)
            latencies = counts.latencies
            latencies[bucket] = latencies.get(bucket, 0) + 1
            counts.rows += rows

    def compare(self, slug: str, release: int, found: Mapping[str, float]) -> None:
        """Count how the responses of a shadow compare.

        Args:
            slug: The endpoint.
            release: The shadow.
            found: ``requests``, ``rows`` and ``differed`` rows, ``errors``, ``skipped`` requests, the ``largest``
                difference of numbers, their sum as ``distance``, and the ``seconds`` it took.
        """
        add_shadow(self._now.setdefault((slug, release), Counts()).shadow, found)

    def observe(
        self,
        release: Release,
        answer: Answer,
        rows: Sequence[Mapping[str, Any]] | None = None,
        *,
        as_canary: bool = False,
    ) -> None:
        """Keep a request and its answer for the next `count_drift`; see `DriftCounts.add`."""
        self._drift_counts.add(release, answer, rows, as_canary=as_canary)

    async def count_drift(self) -> None:
        """Count the requests that were kept, in a thread: no response waits for it."""
        recent = self._drift_counts.take()
        if not recent:
            return
        try:
            counted = await asyncio.to_thread(count_drift, recent)
        except Exception:  # process edge: rows that cannot be counted must not stop the counting of the rest
            logger.exception("the drift of recent requests could not be counted")
            return
        for (slug, number, as_canary), found in counted.items():
            counts = self._now.setdefault((slug, number), Counts())
            drift.add(counts.drift, found)
            if as_canary:
                drift.add(counts.canary_drift, found)

    def collect(self) -> list[dict[str, Any]]:
        """Return all counts that were not delivered, as JSON data; `mark_delivered` forgets them."""
        minute = int(time.time()) // 60 * 60
        current, self._now = self._now, {}
        for (slug, release), counts in current.items():
            self._waiting.setdefault((slug, release, minute), Counts()).merge(counts)
        oldest = minute - MINUTES_KEPT * 60
        self._waiting = {place: counts for place, counts in self._waiting.items() if place[2] > oldest}
        return [
            {"slug": slug, "release": release, "minute": at, **counts.as_json()}
            for (slug, release, at), counts in self._waiting.items()
        ]

    def mark_delivered(self) -> None:
        """Forget what the last `collect` returned."""
        self._waiting = {}

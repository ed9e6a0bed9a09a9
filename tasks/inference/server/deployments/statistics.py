"""Counts per release between two flushes: requests by status, latencies in log buckets, keys that were used."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2
from typing import Any

from tasks.inference import drift
from tasks.inference.server.deployments.drift_counts import DriftCounts, counted
from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.deployments.package import Answer

logger = logging.getLogger(__name__)

BUCKETS_PER_DOUBLING = 8  # a bucket is 9 % wide
MINUTES_KEPT = 60


@dataclass
class Counts:
    """What happened at one release of an endpoint.

    Attributes:
        statuses: HTTP status to number of answers.
        latencies: Bucket of `bucket_of` to number of good answers.
        keys: Ids of the keys that were used.
        rows: Rows that were answered.
        shadow: What asking this release beside the other gave: see `Statistics.compare`.
        drift: How its rows and answers fell into the bins of its reference: see `tasks.inference.drift.count`.
    """

    statuses: dict[int, int] = field(default_factory=dict)
    latencies: dict[int, int] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    rows: int = 0
    shadow: dict[str, float] = field(default_factory=dict)
    drift: dict[str, Any] = field(default_factory=dict)

    def merge(self, other: Counts) -> None:
        """Add what another one counted."""
        for mine, theirs in ((self.statuses, other.statuses), (self.latencies, other.latencies)):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        add_shadow(self.shadow, other.shadow)
        if other.drift:
            drift.add(self.drift, other.drift)
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
    """Counts of all endpoints of one process, by minute, until they were handed on."""

    def __init__(self) -> None:
        self._now: dict[tuple[str, int], Counts] = {}
        self._waiting: dict[tuple[str, int, int], Counts] = {}
        self._drift_counts = DriftCounts()

    def count(  # noqa: PLR0913 - called for each answer, and an object for it would cost more than the counting
        self, slug: str, status: int, seconds: float, key: str = "", rows: int = 0, release: int = 0
    ) -> None:
        """Count one answer.

        Args:
            slug: The endpoint.
            status: HTTP status.
            seconds: How long a good answer took.
            key: Id of the key; empty for the page's own.
            rows: Rows that were answered.
            release: Who answered; 0 when it was refused before a release was asked.
        """
        counts = self._now.get((slug, release))
        if counts is None:
            counts = self._now[slug, release] = Counts()
        statuses = counts.statuses
        statuses[status] = statuses.get(status, 0) + 1
        if key:
            counts.keys.add(key)
        if status == 200:
            bucket = bucket_of(seconds)
            latencies = counts.latencies
            latencies[bucket] = latencies.get(bucket, 0) + 1
            counts.rows += rows

    def compare(self, slug: str, release: int, found: Mapping[str, float]) -> None:
        """Count what a shadow gave.

        Args:
            slug: The endpoint.
            release: The shadow.
            found: ``requests``, ``rows`` and ``differed`` rows, ``errors``, ``skipped`` requests, the ``largest``
                difference of numbers, their sum as ``distance``, and the ``seconds`` it took.
        """
        add_shadow(self._now.setdefault((slug, release), Counts()).shadow, found)

    def observe(self, release: Release, given: Answer | None, body: bytes = b"") -> None:
        """Hold what came in and what was answered for the next `look`; see `DriftCounts.note`."""
        if given is not None:
            self._drift_counts.note(release, given, body)

    async def look(self) -> None:
        """Count what is held, in a thread: nobody's answer waits for it."""
        held = self._drift_counts.take()
        if not held:
            return
        try:
            looked_at = await asyncio.to_thread(counted, held)
        except Exception:  # process edge: what cannot be counted must not stop the counting of the rest
            logger.exception("rows that came in could not be counted")
            return
        for place, found in looked_at.items():
            drift.add(self._now.setdefault(place, Counts()).drift, found)

    def collect(self) -> list[dict[str, Any]]:
        """Return everything that was not handed on, as JSON data; `handed_on` forgets it."""
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

    def handed_on(self) -> None:
        """Forget what the last `collect` returned."""
        self._waiting = {}

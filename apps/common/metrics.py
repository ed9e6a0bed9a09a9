"""Prometheus metrics of this process. Those about rows are read from the database at each scrape.

Labels have few values: routes instead of paths; no ids, no names that people chose.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from django.db import DatabaseError
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from apps.common import hooks

logger = logging.getLogger(__name__)

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LAG_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

REQUESTS = Histogram(
    "leptonweb_request_seconds",
    "Time to answer requests, by route.",
    ("route", "method", "status"),
    buckets=SECONDS,
    registry=REGISTRY,
)
REFUSED = Counter(
    "leptonweb_refused", "Requests and connections refused before they were read.", ("reason",), registry=REGISTRY
)
OPEN_SOCKETS = Gauge("leptonweb_open_websockets", "Websockets that are open.", registry=REGISTRY)
LOOP_LAG = Histogram(
    "leptonweb_event_loop_lag_seconds",
    "How late a timer of the event loop fires, sampled four times a second.",
    buckets=LAG_SECONDS,
    registry=REGISTRY,
)


class _DatabaseCollector(Collector):
    """Metrics that applications read from the database, and whether it answered."""

    def collect(self) -> Iterator[Metric]:
        is_up = 1.0
        for read in hooks.collect_metrics.receivers:
            try:
                yield from list(read())
            except DatabaseError as error:
                logger.warning("figures could not be read from the database: %s", error)
                is_up = 0.0
        yield gauge("leptonweb_database_up", "Whether the database answered.", is_up)

    def describe(self) -> Iterator[Metric]:
        yield from ()


REGISTRY.register(_DatabaseCollector())


def gauge(name: str, text: str, value: float) -> Metric:
    """Return a metric of one value."""
    return GaugeMetricFamily(name, text, value=value)


def gauges(name: str, text: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    """Return one metric with a value for each combination of labels."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for names, value in values:
        family.add_metric(names, value)
    return family


def text_format() -> bytes:
    """Return all metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)

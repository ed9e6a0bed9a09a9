"""Several releases of one endpoint: which one answers a request, and what a shadow would have answered."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any, TypeAlias

from tasks.inference.server.deployments.model_repository import LoadedEndpoint, Release
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.responses import HttpError, Response

logger = logging.getLogger(__name__)

Answerer: TypeAlias = Callable[[Release, bytes], Response]
"""Returns the response of a release to a body. Raises `HttpError`."""

PARTS = 10_000
"""A hundredth of a percent is the smallest share that a canary may have."""

SHADOW_QUEUE_LENGTH = 16
TOLERANCE = 1e-9


def choose(endpoint: LoadedEndpoint, request_id: bytes | None, content: bytes) -> Release | None:
    """Return the release that answers a request.

    Requests with the same id, or without one with the same body, go to the same release. Raising the percentage moves
    requests to the canary and none away from it.
    """
    canary, secondary = endpoint.canary, endpoint.entry.canary
    if canary is None or secondary is None:
        return endpoint.release
    subject = content if request_id is None else request_id
    digest = hashlib.blake2b(subject, digest_size=4, key=endpoint.entry.slug.encode()[:64]).digest()
    return canary if int.from_bytes(digest, "big") % PARTS < secondary.percent * (PARTS / 100) else endpoint.release


class ShadowTraffic:
    """Sends requests to shadow releases too, one at a time, and counts how their answers compare.

    A shadow's answer is never sent. When shadows fall behind, requests are skipped: no response waits for a shadow.
    """

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shadow")
        self._waiting = 0

    def submit(self, shadow: Release, content: bytes, answer: Answerer, response: Response) -> None:
        """Have a shadow answer a request that was answered, in the same protocol."""
        slug, number = shadow.entry.slug, shadow.entry.release
        if self._waiting >= SHADOW_QUEUE_LENGTH:
            self._statistics.compare(slug, number, {"skipped": 1})
            return
        self._waiting += 1
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._thread, compare, shadow, content, answer, response)
        future.add_done_callback(lambda done: self._record(shadow, done))

    def stop(self) -> None:
        """Begin no more comparisons."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _record(self, shadow: Release, done: asyncio.Future[tuple[dict[str, float], Response | None]]) -> None:
        self._waiting -= 1
        if done.cancelled():
            return
        found, response = done.result()
        self._statistics.compare(shadow.entry.slug, shadow.entry.release, found)
        if response is not None and response.answer is not None:
            self._statistics.observe(shadow, response.answer, response.rows)


def compare(
    shadow: Release, content: bytes, answer: Answerer, response: Response
) -> tuple[dict[str, float], Response | None]:
    """Return how the shadow's answer differs from the one that was sent, and its response if it had one."""
    started = perf_counter()
    try:
        other = answer(shadow, content)
    except HttpError:
        return {"requests": 1, "errors": 1}, None
    except Exception:  # process edge: a shadow's fault is counted and fails no request
        logger.exception("the shadow of %s failed on a row", shadow.entry.slug)
        return {"requests": 1, "errors": 1}, None
    seconds = perf_counter() - started
    if other.answer is None or response.answer is None:
        return {"requests": 1, "errors": 1}, None
    pairs = zip(response.answer.predictions, other.answer.predictions, strict=True)
    gaps = [_gap(one, shadowed) for one, shadowed in pairs]
    finite = [gap for gap in gaps if math.isfinite(gap)]
    return {
        "requests": 1,
        "rows": len(gaps),
        "differed": sum(gap > 0 for gap in gaps),
        "largest": max(finite, default=0.0),
        "distance": sum(finite),
        "seconds": seconds,
    }, other


def _gap(one: Any, other: Any) -> float:
    """Return how far two predictions are apart: 0 when they agree, infinite for two different classes."""
    numbers = (int, float)
    if isinstance(one, numbers) and isinstance(other, numbers) and not isinstance(one, bool):
        gap = abs(one - other)
        return 0.0 if gap <= TOLERANCE * max(1.0, abs(one)) else gap
    return 0.0 if one == other else math.inf

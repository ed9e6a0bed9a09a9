"""Several releases at one address: which one answers a request, and what a shadow would have answered."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TYPE_CHECKING, Any

from tasks.inference.server.deployments.model_repository import LoadedEndpoint, Release
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.http.responses import HttpError, Response

if TYPE_CHECKING:
    from tasks.inference.server.protocols.registry import Work

logger = logging.getLogger(__name__)

REQUEST_ID = b"x-request-id"
PARTS = 10_000
WAITING = 16
TOLERANCE = 1e-9


def choose(endpoint: LoadedEndpoint, headers: Iterable[tuple[bytes, bytes]], content: bytes) -> Release | None:
    """Return who answers a request.

    The same request id, or without one the same body, gets the same release; raising the percentage moves requests
    to the canary and none away from it.
    """
    canary, beside = endpoint.canary, endpoint.entry.canary
    if canary is None or beside is None:
        return endpoint.release
    said = next((value for name, value in headers if name == REQUEST_ID), content)
    digest = hashlib.blake2b(said, digest_size=4, key=endpoint.entry.slug.encode()[:64]).digest()
    return canary if int.from_bytes(digest, "big") % PARTS < beside.percent * (PARTS / 100) else endpoint.release


class ShadowTraffic:
    """Asks shadow releases after the answer has gone out, one at a time, and counts how they compare.

    What they give is never answered, and when they fall behind they are not asked: they must not cost anybody
    an answer.
    """

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shadow")
        self._waiting = 0

    def ask(self, shadow: Release, content: bytes, work: Work, answer: Response) -> None:
        """Have a shadow asked what was answered, in the dialect it was asked in."""
        slug, number = shadow.entry.slug, shadow.entry.release
        if self._waiting >= WAITING:
            self._statistics.compare(slug, number, {"skipped": 1})
            return
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(self._thread, compared, shadow, content, work, answer)
        future.add_done_callback(lambda done: self._note(shadow, done))

    def stop(self) -> None:
        """Ask no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _note(self, shadow: Release, done: asyncio.Future[tuple[dict[str, float], Response | None]]) -> None:
        self._waiting -= 1
        if done.cancelled():
            return
        found, reply = done.result()
        self._statistics.compare(shadow.entry.slug, shadow.entry.release, found)
        if reply is not None:
            self._statistics.observe(shadow, reply.given)


def compared(shadow: Release, content: bytes, work: Work, answer: Response) -> tuple[dict[str, float], Response | None]:
    """Return how the shadow's answer differs from the one that was given, and its answer if it had one."""
    started = perf_counter()
    try:
        reply = work.answer(shadow, content)
    except HttpError:
        return {"requests": 1, "errors": 1}, None
    except Exception:  # process edge: a shadow's fault is counted and hurts nobody
        logger.exception("the shadow of %s failed on a row", shadow.entry.slug)
        return {"requests": 1, "errors": 1}, None
    seconds = perf_counter() - started
    if reply.given is None or answer.given is None:
        return {"requests": 1, "errors": 1}, None
    pairs = zip(answer.given.predictions, reply.given.predictions, strict=True)
    gaps = [_gap(one, other) for one, other in pairs]
    finite = [gap for gap in gaps if math.isfinite(gap)]
    return {
        "requests": 1,
        "rows": len(gaps),
        "differed": sum(gap > 0 for gap in gaps),
        "largest": max(finite, default=0.0),
        "distance": sum(finite),
        "seconds": seconds,
    }, reply


def _gap(one: Any, other: Any) -> float:
    """Return how far two predictions are apart: 0 when they agree, infinite for two different classes."""
    numbers = (int, float)
    if isinstance(one, numbers) and isinstance(other, numbers) and not isinstance(one, bool):
        gap = abs(one - other)
        return 0.0 if gap <= TOLERANCE * max(1.0, abs(one)) else gap
    return 0.0 if one == other else math.inf

"""Refusing a request by its head, before its body came.

Under overload most requests are refused, so a refusal must cost next to nothing: no body, no coroutine, and a response
whose bytes were made before. It says what `FastPath` would say, in the same protocol.
"""

from __future__ import annotations

from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.http.route_cache import RouteCache
from tasks.inference.server.limits.admission import (
    BatchQueue,
    ConcurrencyLimit,
    RequestQueue,
    busy,
    no_capacity,
    no_capacity_for_key,
)
from tasks.inference.server.limits.api_keys import Key
from tasks.inference.server.protocols.base import InferenceProtocol
from tasks.inference.server.protocols.request_head import RequestHead
from tasks.inference.server.protocols.routes import Route
from tasks.inference.server.responses import HttpError, encode


class Precheck:
    """Refuses requests without a valid key, and those for which there is no time or no place.

    Args:
        routes: What is served.
        statistics: Where refusals are counted.
        queue: The queue of the cheap requests.
        batch_queue: The queue of the expensive ones.
        concurrency: Requests under way.
    """

    def __init__(
        self,
        routes: RouteCache,
        statistics: Statistics,
        queue: RequestQueue,
        batch_queue: BatchQueue,
        concurrency: ConcurrencyLimit,
    ) -> None:
        self._routes = routes
        self._statistics = statistics
        self._queue = queue
        self._batch_queue = batch_queue
        self._concurrency = concurrency
        self._encoded: dict[tuple[InferenceProtocol, int, float], bytes] = {}

    def refusal(self, head: RequestHead) -> bytes | None:
        """Return the whole refusal of a POST request; ``None`` when its body is wanted."""
        route = head.route
        endpoint = None if route is None or not route.is_inference else self._routes.find(route.slug)
        if route is None or endpoint is None:
            return None  # the application answers what is no prediction, and endpoints that are not there
        try:
            key = self._routes.key(endpoint, head.authorization)
        except HttpError as error:
            self._statistics.count(route.slug, error.status, 0.0)
            return self._encode(route.protocol, error.status, 0.0, error)
        if not self.may_refuse():
            return None
        return self._overload(route, endpoint.endpoint.release, key, head.content_length)

    def is_overloaded(self) -> bool:
        """Return whether a queue is full."""
        return self._queue.is_full() or self._batch_queue.is_full()

    def may_refuse(self) -> bool:
        """Return whether a request with a valid key may be refused for want of time or place."""
        return self._concurrency.is_full() or self.is_overloaded()

    def _overload(self, route: Route, release: Release | None, key: Key, size: int) -> bytes | None:
        is_expensive = route.is_expensive or (release is not None and not release.package.cost.is_cheap(size))
        queue = self._batch_queue if is_expensive else self._queue
        if queue.is_full():
            # Rounded as the sentence shows it, so that few different responses are kept.
            status, seconds = 503, max(round(queue.max_wait, 1), 0.1)
        else:
            status, seconds = self._concurrency.refusal_status(key.id), 0.0
            if not status:
                return None
        self._statistics.count(route.slug, status, 0.0, key.id)
        encoded = self._encoded.get((route.protocol, status, seconds))
        if encoded is not None:
            return encoded
        if status == 429:
            return self._encode(route.protocol, status, seconds, no_capacity_for_key())
        return self._encode(route.protocol, status, seconds, busy(seconds) if seconds else no_capacity())

    def _encode(self, protocol: InferenceProtocol, status: int, seconds: float, error: HttpError) -> bytes:
        """Return a refusal as it is sent, and keep it: ``status`` and ``seconds`` determine its words."""
        place = (protocol, status, seconds)
        if place not in self._encoded:
            self._encoded[place] = encode(protocol.format_error(error))
        return self._encoded[place]

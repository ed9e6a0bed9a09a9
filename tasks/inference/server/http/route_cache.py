"""What is known of an endpoint while nothing about it changes, so that no request finds it out again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import time

from tasks.inference.server.deployments.dynamic_batching import DynamicBatcher
from tasks.inference.server.deployments.model_repository import LoadedEndpoint, ModelRepository, Release
from tasks.inference.server.limits.admission import RequestQueue
from tasks.inference.server.limits.api_keys import Key, check_key
from tasks.serving_interface import PREDICT

REMEMBERED_KEYS = 1000
"""Of one endpoint; with more, all are forgotten."""


@dataclass(eq=False)
class EndpointRoute:
    """An endpoint in one state. The repository makes a new `LoadedEndpoint` with each change, which ends this one.

    Attributes:
        endpoint: The endpoint.
        batchers: By the number of a release, what answers rows of several requests together where that is faster.
        keys: Keys that may predict by the header that they came in, so that a key is hashed once.
    """

    endpoint: LoadedEndpoint
    batchers: Mapping[int, DynamicBatcher]
    keys: dict[bytes, Key] = field(default_factory=dict)


class RouteCache:
    """The endpoints of a repository by slug.

    Args:
        repository: What is served.
        queue: Where batched rows record their time.
        batch_rows: Rows of several requests answered together at most; 1 for none.
    """

    def __init__(self, repository: ModelRepository, queue: RequestQueue, batch_rows: int) -> None:
        self._repository = repository
        self._queue = queue
        self._batch_rows = batch_rows
        self._routes: dict[str, EndpointRoute] = {}

    def __len__(self) -> int:
        return len(self._routes)

    def find(self, slug: str) -> EndpointRoute | None:
        """Return an endpoint as it is now; ``None`` when there is none."""
        endpoint = self._repository.endpoints.get(slug)
        route = self._routes.get(slug)
        if route is not None and route.endpoint is endpoint:
            return route
        if route is None and endpoint is None:
            return None
        current = self._repository.endpoints
        self._routes = {name: one for name, one in self._routes.items() if current.get(name) is one.endpoint}
        if endpoint is None:
            return None
        route = self._routes[slug] = EndpointRoute(endpoint, self._batchers(endpoint))
        return route

    def key(self, route: EndpointRoute, authorization: bytes) -> Key:
        """Return the key of a request that wants to predict.

        Raises:
            HttpError: 401 or 403, as `check_key`.
        """
        key = route.keys.get(authorization)
        if key is None or (key.expires_at and key.expires_at <= time()):
            key = check_key(route.endpoint.entry.keys, authorization, PREDICT)
            if len(route.keys) >= REMEMBERED_KEYS:
                route.keys.clear()
            route.keys[authorization] = key
        return key

    def _batchers(self, endpoint: LoadedEndpoint) -> dict[int, DynamicBatcher]:
        releases = [release for release in (endpoint.release, endpoint.canary) if release is not None]
        return {release.entry.release: self._batcher(release) for release in releases if self._most(release) > 1}

    def _batcher(self, release: Release) -> DynamicBatcher:
        return DynamicBatcher(release.package.program, self._queue, self._most(release))

    def _most(self, release: Release) -> int:
        return min(self._batch_rows, release.package.batch_rows)

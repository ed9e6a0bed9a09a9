"""What is known of an endpoint while nothing about it changes, so that a request need not find it out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tasks.inference.server.deployments import traffic_split
from tasks.inference.server.deployments.dynamic_batching import DynamicBatcher
from tasks.inference.server.deployments.model_repository import LoadedEndpoint, ModelRepository, Release
from tasks.inference.server.deployments.snapshot import Key
from tasks.inference.server.limits.admission import RequestQueue

BEFORE, AFTER = b"/endpoints/", b"/predict"

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case, and values."""


@dataclass(eq=False)
class ReleaseTarget:
    """Who answers. ``batcher``: collects rows where answering several together is faster."""

    release: Release
    batcher: DynamicBatcher | None


@dataclass(eq=False)
class EndpointRoute:
    """A loaded endpoint. The repository makes a new `LoadedEndpoint` with each change, which makes this route stale.

    Attributes:
        endpoint: The endpoint it stands for.
        desk: Who answers.
        canary: Who answers a share of the requests.
        keys: Headers that came with a key that may predict, so that a key is hashed once.
    """

    endpoint: LoadedEndpoint
    desk: ReleaseTarget
    canary: ReleaseTarget | None = None
    keys: dict[bytes, Key] = field(default_factory=dict)

    def choose(self, headers: Headers, content: bytes) -> ReleaseTarget:
        """Return who answers a request."""
        if self.canary is None:
            return self.desk
        release = traffic_split.choose(self.endpoint, headers, content)
        return self.canary if release is self.canary.release else self.desk

    def desk_of(self, release: Release) -> ReleaseTarget | None:
        """Return the desk of a release that answers here."""
        return next((desk for desk in (self.desk, self.canary) if desk is not None and desk.release is release), None)


class RouteCache:
    """The doors of a repository by address.

    Args:
        repository: What is endpoint.
        queue: Where batch_rows rows note their time.
        batch_rows: Rows answered together at most; 1 for none.
    """

    def __init__(self, repository: ModelRepository, queue: RequestQueue, batch_rows: int) -> None:
        self._repository = repository
        self._queue = queue
        self._gathered = batch_rows
        self._doors: dict[bytes, EndpointRoute] = {}

    def __len__(self) -> int:
        return len(self._doors)

    def door(self, url: bytes) -> EndpointRoute | None:
        """Return the door of an address such as ``/endpoints/house/predict``; ``None`` when `app` shall answer."""
        door = self._doors.get(url)
        if door is not None and self._is_current(door):
            return door
        return self._opened(url)

    def _is_current(self, door: EndpointRoute) -> bool:
        return self._repository.endpoints.get(door.endpoint.entry.slug) is door.endpoint

    def _opened(self, url: bytes) -> EndpointRoute | None:
        self._doors.pop(url, None)
        if not (url.startswith(BEFORE) and url.endswith(AFTER)):
            return None
        endpoint = self._repository.endpoints.get(url[len(BEFORE) : -len(AFTER)].decode("latin-1"))
        if endpoint is None or endpoint.release is None or endpoint.is_unloaded:
            return None
        canary = None if endpoint.canary is None else self._desk(endpoint.canary)
        self._doors = {name: door for name, door in self._doors.items() if self._is_current(door)}
        door = self._doors[url] = EndpointRoute(endpoint, self._desk(endpoint.release), canary)
        return door

    def _desk(self, release: Release) -> ReleaseTarget:
        most = min(self._gathered, release.package.batch_rows)
        return ReleaseTarget(release, DynamicBatcher(release.package.program, self._queue, most) if most > 1 else None)

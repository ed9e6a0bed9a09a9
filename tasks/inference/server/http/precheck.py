"""Refusing at the head of a request: what is known without its body costs no body, no task and no new words.

Under ten times the load nine of ten requests are refused, so a refusal must cost next to nothing. What it says is what
`app` would say, in the dialect of the address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import time

from tasks.inference.server.deployments.model_repository import LoadedEndpoint, ModelRepository, Release
from tasks.inference.server.deployments.snapshot import PREDICT, Key
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.http.responses import HttpError, whole_refusal
from tasks.inference.server.limits.admission import (
    BatchQueue,
    ConcurrencyLimit,
    RequestQueue,
    busy,
    no_place,
    no_place_for_key,
)
from tasks.inference.server.limits.api_keys import checked
from tasks.inference.server.protocols import registry
from tasks.inference.server.protocols.registry import InferenceProtocol

REMEMBERED = 1000
"""Addresses, and keys of one endpoint, that are remembered; with more it begins anew."""


@dataclass(frozen=True)
class Address:
    """What an address means. ``is_heavy``: what is asked there may take long though its body is short."""

    slug: str
    dialect: InferenceProtocol
    is_heavy: bool


@dataclass(eq=False)
class Known:
    """Keys by their Authorization header, so that a key is hashed once; valid while ``endpoint`` is the current one."""

    endpoint: LoadedEndpoint
    keys: dict[bytes, Key] = field(default_factory=dict)


class Precheck:
    """Refuses whom there is no time or place for, and strangers.

    Args:
        repository: What is endpoint.
        statistics: Where refusals are counted.
        queue: The row of the short requests.
        batch_queue: The row of the long ones.
        concurrency: Requests under way.
    """

    def __init__(
        self,
        repository: ModelRepository,
        statistics: Statistics,
        queue: RequestQueue,
        batch_queue: BatchQueue,
        concurrency: ConcurrencyLimit,
    ) -> None:
        self._repository = repository
        self._statistics = statistics
        self._queue = queue
        self._batch_queue = batch_queue
        self._concurrency = concurrency
        self._addresses: dict[bytes, Address] = {}
        self._known: dict[str, Known] = {}
        self._said: dict[tuple[InferenceProtocol, int, float], bytes] = {}

    def refusal(self, url: bytes, authorization: bytes, size: int) -> bytes | None:
        """Return the whole refusal of a request; ``None`` when its body is wanted.

        Args:
            url: What was asked for with POST.
            authorization: The header; empty when it was not sent.
            size: Length of the body, 0 when it is not told.
        """
        address = self._addresses.get(url) or self._address(url)
        endpoint = None if address is None else self._repository.endpoints.get(address.slug)
        if address is None or endpoint is None:
            return None
        known = self._known.get(address.slug)
        if known is None or known.endpoint is not endpoint:
            current = self._repository.endpoints
            self._known = {slug: one for slug, one in self._known.items() if current.get(slug) is one.endpoint}
            known = self._known[address.slug] = Known(endpoint)
        key = known.keys.get(authorization)
        if key is None or (key.expires_at and key.expires_at <= time()):
            try:
                key = checked(endpoint, authorization, PREDICT)
            except HttpError as stranger:
                self._statistics.count(address.slug, stranger.status, 0.0)
                return self._whole(address.dialect, stranger.status, 0.0, stranger)
            if len(known.keys) >= REMEMBERED:
                known.keys.clear()
            known.keys[authorization] = key
        return self._crowded(address, endpoint.release, key, size)

    def is_crowded(self) -> bool:
        """Return whether a row is full."""
        return self._queue.is_full() or self._batch_queue.is_full()

    def _crowded(self, address: Address, release: Release | None, key: Key, size: int) -> bytes | None:
        is_long = address.is_heavy or (release is not None and not release.package.cost.is_cheap(size))
        row = self._batch_queue if is_long else self._queue
        if row.is_full():
            status, seconds = 503, max(round(row.max_wait, 1), 0.1)  # as it is said: there are few such words
        else:
            status, seconds = self._concurrency.refusal(key.id, self._queue.reserved), 0.0
            if not status:
                return None
        self._statistics.count(address.slug, status, 0.0, key.id)
        said = self._said.get((address.dialect, status, seconds))
        if said is not None:
            return said
        if status == 429:
            return self._whole(address.dialect, status, seconds, no_place_for_key())
        return self._whole(address.dialect, status, seconds, busy(seconds) if seconds else no_place())

    def _whole(self, dialect: InferenceProtocol, status: int, seconds: float, refusal: HttpError) -> bytes:
        """Return a refusal as it is sent; ``status`` and ``seconds`` stand for its words."""
        place = (dialect, status, seconds)
        if place not in self._said:
            self._said[place] = whole_refusal(dialect.refused(refusal))
        return self._said[place]

    def _address(self, url: bytes) -> Address | None:
        path, _, query = url.partition(b"?")
        parts = path.decode("latin-1").split("/")
        dialect = registry.find(parts)
        if dialect is None or (parts[3] == "v2" and parts[-1] != "infer") or parts[2] not in self._repository.endpoints:
            return None  # also where it is written with %: `app` reads such an address, and the rest is its affair
        if len(self._addresses) >= REMEMBERED:
            self._addresses.clear()
        address = self._addresses[url] = Address(parts[2], dialect, b"explain" in query)
        return address

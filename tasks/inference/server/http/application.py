"""The ASGI application of the serving plane: everything that a connection does not answer itself.

Predictions whose body cannot be kept whole by the connection (large or chunked ones, HTTP/1.0) take the same
`FastPath` from here; descriptions and health are answered here.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import TYPE_CHECKING

from tasks.inference.server.deployments.model_repository import LoadedEndpoint, ModelRepository, Release
from tasks.inference.server.deployments.package import Loader, loader
from tasks.inference.server.deployments.snapshot_sync import SnapshotSync
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.deployments.traffic_split import ShadowTraffic
from tasks.inference.server.http.body import ClientDisconnected, TooLarge, refuse_large
from tasks.inference.server.http.connection_registry import ConnectionRegistry
from tasks.inference.server.http.cross_origin import CrossOrigin
from tasks.inference.server.http.fast_path import FastPath, not_ready
from tasks.inference.server.http.precheck import Precheck
from tasks.inference.server.http.route_cache import RouteCache
from tasks.inference.server.limits.admission import BatchQueue, ConcurrencyLimit, RequestQueue
from tasks.inference.server.limits.api_keys import check_key
from tasks.inference.server.limits.rate_limits import RateLimits
from tasks.inference.server.process.orphan_guard import guard_against_orphaning
from tasks.inference.server.process.settings import Settings
from tasks.inference.server.protocols import kserve, metadata, open_inference, openapi
from tasks.inference.server.protocols.kserve import KSERVE
from tasks.inference.server.protocols.request_head import read_head
from tasks.inference.server.protocols.routes import Route, find_route
from tasks.inference.server.responses import (
    HttpError,
    Message,
    Receive,
    Send,
    no_endpoint,
    not_found,
    reply,
    retry_later,
    send_result,
    wrong_method,
)
from tasks.serving_interface import METADATA

if TYPE_CHECKING:
    from tasks.inference.server.protocols.request_head import RequestHead

SWITCH_SECONDS = 0.0005
"""How long the event loop waits for the thread of the expensive requests; with Python's 5 ms all others would wait."""

COLLECT_AFTER = (20_000, 20, 20)
"""Objects between two garbage collections: the rows of requests are many objects and hold no cycle."""


class Application:
    """The parts of the serving plane, put together, and their ASGI interface.

    Args:
        settings: Limits and sizes.
        load: Reads a package; the store's when ``None``.

    Attributes:
        connections: All that are open.
        heads: Request heads that came on any connection, by their bytes.
    """

    def __init__(self, settings: Settings, load: Loader | None = None) -> None:
        self.settings = settings
        self.repository = ModelRepository(load or loader(settings.artifacts_url, settings.device), settings.capacity)
        self.statistics = Statistics()
        self.concurrency = ConcurrencyLimit(settings.concurrency, settings.concurrency_per_key)
        self.queue = RequestQueue(settings.max_wait_seconds)
        self.batch_queue = BatchQueue(settings.batch_max_wait_seconds)
        self.rate_limits = RateLimits(settings.redis_url)
        self.shadows = ShadowTraffic(self.statistics)
        self.cross_origin = CrossOrigin(settings.origins)
        self.connections = ConnectionRegistry(settings.connections_per_address, settings.trusted_proxies)
        self.heads: dict[bytes, RequestHead] = {}
        self.routes = RouteCache(self.repository, self.queue, settings.batch_rows)
        self.precheck = Precheck(self.routes, self.statistics, self.queue, self.batch_queue, self.concurrency)
        self.fast_path = FastPath(
            self.repository,
            self.routes,
            statistics=self.statistics,
            queue=self.queue,
            batch_queue=self.batch_queue,
            concurrency=self.concurrency,
            rate_limits=self.rate_limits,
            shadows=self.shadows,
            body_limit_bytes=settings.body_limit_bytes,
        )
        self._sync: SnapshotSync | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or start and stop with the server."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        route = find_route(scope["path"], scope.get("query_string", b""))
        head = read_head(route, scope["headers"])
        if scope["method"] == "OPTIONS" and head.origin:
            headers = self.cross_origin.preflight_headers(head.origin)
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        origin_headers = self.cross_origin.headers(head.origin)
        if route is not None and route.is_inference:
            await self._infer(head, scope, receive, send)
            return
        try:
            status, body = await (self._answer(scope) if route is None else self._describe(route, scope))
        except HttpError as error:
            await send_result(send, error if route is None else route.protocol.format_error(error), origin_headers)
        else:
            await reply(send, status, body, origin_headers)

    async def _infer(self, head: RequestHead, scope: Message, receive: Receive, send: Send) -> None:
        headers = self.cross_origin.headers(head.origin)
        try:
            result = await self.fast_path.respond(head, perf_counter(), receive=receive, method=scope["method"])
        except ClientDisconnected:
            return
        if isinstance(result, TooLarge):
            await refuse_large(send, receive, result, headers)
        else:
            await send_result(send, result, headers)

    async def _answer(self, scope: Message) -> tuple[int, bytes]:
        match scope["path"].split("/"):
            case ["", "health", "live"]:
                return 200, b'{"status":"live"}'
            case ["", "health", "ready"]:
                if not self.repository.is_settled:
                    raise retry_later(503, "not_ready", "The endpoints are being loaded.")
                return 200, b'{"status":"ready"}'
            case ["", "endpoints", slug]:
                return 200, metadata.metadata(await self._release(slug, scope))
            case ["", "endpoints", slug, "openapi.json"]:
                return 200, openapi.document(await self._release(slug, scope))
        raise not_found()

    async def _describe(self, route: Route, scope: Message) -> tuple[int, bytes]:
        """Answer a description of a protocol. The health of the Open Inference Protocol needs no key, like probes."""
        if route.protocol is KSERVE:
            return kserve.describe(await self._endpoint(route.slug, scope), route.rest)
        is_health = route.rest[:1] == ("health",) and scope["method"] == "GET"
        endpoint = self.repository.endpoints.get(route.slug) if is_health else None
        return open_inference.describe(endpoint or await self._endpoint(route.slug, scope), route.rest)

    async def _release(self, slug: str, scope: Message) -> Release:
        endpoint = await self._endpoint(slug, scope)
        if endpoint.release is None:
            raise not_ready(endpoint)
        return endpoint.release

    async def _endpoint(self, slug: str, scope: Message) -> LoadedEndpoint:
        """Return the endpoint that a request may read about, loaded again if it was unloaded."""
        endpoint = self.repository.endpoints.get(slug)
        if endpoint is None:
            raise no_endpoint(slug)
        if scope["method"] != "GET":
            raise wrong_method("GET")
        check_key(endpoint.entry.keys, read_head(None, scope["headers"]).authorization, METADATA)
        self.repository.last_used[slug] = perf_counter()
        return await self.repository.load_on_demand(endpoint) if endpoint.is_unloaded else endpoint

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._sync = SnapshotSync(self.settings, self.repository, self.statistics)
                await self._sync.start()
                gc.freeze()  # what was loaded stays, so no collection need look at it again
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._sync is not None:
                    await self._sync.stop()
                self.fast_path.stop()
                self.shadows.stop()
                await self.rate_limits.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def create() -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """Return the application as the environment describes it; uvicorn calls this in each process."""
    settings = Settings.from_environment()
    guard_against_orphaning(settings.port, settings.orphan_seconds)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*COLLECT_AFTER)
    return Application(settings)

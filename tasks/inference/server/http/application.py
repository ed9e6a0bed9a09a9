"""The ASGI application of the serving plane: routes, keys, limits, and the way of one request."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TYPE_CHECKING

from tasks.inference.server.deployments import traffic_split
from tasks.inference.server.deployments.model_repository import LoadedEndpoint, ModelRepository, Release
from tasks.inference.server.deployments.package import Loader, loader
from tasks.inference.server.deployments.snapshot import METADATA, PREDICT, Key
from tasks.inference.server.deployments.snapshot_sync import SnapshotSync
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.deployments.traffic_split import ShadowTraffic
from tasks.inference.server.http import body
from tasks.inference.server.http.fast_path import EXPLAIN, FastPath
from tasks.inference.server.http.precheck import Precheck
from tasks.inference.server.http.responses import (
    HttpError,
    Message,
    Receive,
    Response,
    Send,
    come_again,
    not_found,
    reply,
)
from tasks.inference.server.limits import admission, api_keys
from tasks.inference.server.limits.admission import BatchQueue, ConcurrencyLimit, RequestQueue
from tasks.inference.server.limits.rate_limits import ADMISSION, RateLimits
from tasks.inference.server.process.orphan_guard import guard_against_orphaning
from tasks.inference.server.process.settings import Settings
from tasks.inference.server.protocols import metadata, openapi, registry
from tasks.inference.server.protocols.registry import Answerer, InferenceProtocol, Work

if TYPE_CHECKING:
    from tasks.inference.server.http.connection import Head

logger = logging.getLogger(__name__)

SWITCH_SECONDS = 0.0005
"""How long the network waits for the thread that works on a large request; with Python's own 5 ms, all others would."""

COLLECT_AFTER = (20_000, 20, 20)
"""Objects between two looks for garbage: rows are many without a cycle, and looking cost a tenth of a request."""


class Application:
    """Answers requests from the repository.

    Args:
        settings: RateLimits and concurrency.
        load: Reads a package; the store's when ``None``.
    """

    def __init__(self, settings: Settings, load: Loader | None = None) -> None:
        self.settings = settings
        self.repository = ModelRepository(load or loader(settings.artifacts_url, settings.device), settings.capacity)
        self.statistics = Statistics()
        self.concurrency = ConcurrencyLimit(settings.concurrency, settings.concurrency_per_key)
        self.queue = RequestQueue(settings.max_wait_seconds)
        self.batch_queue = BatchQueue(settings.batch_max_wait_seconds)
        self.limits = RateLimits(settings.redis_url)
        self.shadows = ShadowTraffic(self.statistics)
        self.heads: dict[bytes, Head] = {}
        self.precheck = Precheck(self.repository, self.statistics, self.queue, self.batch_queue, self.concurrency)
        self.fast_path = FastPath(
            self.repository,
            self.statistics,
            self.queue,
            self.concurrency,
            limits=self.limits,
            shadows=self.shadows,
            batch_rows=settings.batch_rows,
        )
        self._feed: SnapshotSync | None = None
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="batch")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or start and stop with the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        started = perf_counter()
        parts = scope["path"].split("/")
        dialect = registry.find(parts)
        try:
            if dialect is None:
                await self._other(parts, scope, send)
            elif parts[3] == "v2" and parts[-1] != "infer":
                await self._protocol(parts, scope, send)
            else:
                await self._predict(dialect, parts, scope, receive, send, started=started)
        except HttpError as refusal:
            said = refusal if dialect is None else dialect.refused(refusal)
            if isinstance(said, body.TooLarge):
                await body.refuse_large(send, receive, said)
            else:
                await reply(send, said.status, said.body, said.headers)
        except body.ClientDisconnected:
            return

    async def _predict(
        self,
        dialect: InferenceProtocol,
        parts: list[str],
        scope: Message,
        receive: Receive,
        send: Send,
        *,
        started: float,
    ) -> None:
        slug = parts[2]
        endpoint = self.repository.endpoints.get(slug)
        if endpoint is None:
            raise not_found(f"There is no endpoint “{slug[:80]}”.")
        status, key, number = 500, "", 0
        try:
            if scope["method"] != "POST":
                raise _wrong_method(b"POST")
            head = body.check_headers(scope["headers"], self.settings.body_limit_bytes, dialect.kinds)
            asking = api_keys.checked(endpoint, head.authorization, PREDICT)
            key = asking.id
            work = dialect.work(head, scope, parts)
            answer, number = await self._answer(endpoint, asking, work, scope, receive, started=started)
            status = 200
            await reply(send, 200, answer.body, (), answer.headers)
            self.statistics.count(slug, 200, perf_counter() - started, key, answer.rows, number)
        except body.ClientDisconnected:
            status = 499
            raise
        except HttpError as refusal:
            status, number = refusal.status, refusal.release
            raise
        finally:
            if status != 200:
                self.statistics.count(slug, status, 0.0, key, release=number)

    async def _answer(
        self, endpoint: LoadedEndpoint, key: Key, work: Work, scope: Message, receive: Receive, *, started: float
    ) -> tuple[Response, int]:
        """Return the answer and the number of the release that gave it."""
        self.concurrency.enter(key.id)
        try:
            if key.is_limited:
                await self.limits.admit(key, scope.get(ADMISSION))
            latest = admission.deadline(scope["headers"], started)
            content = await body.read(receive, self.settings.body_limit_bytes)
            endpoint = await self.ready(endpoint, started)
            release = traffic_split.choose(endpoint, scope["headers"], content) if endpoint.canary else endpoint.release
            if work.version:
                release = work.named(endpoint)
            if release is None:
                raise _not_ready(endpoint)
            answer = await self._computed(release, content, work, receive, latest=latest)
            self.statistics.observe(release, answer.given, content)
            if endpoint.shadow is not None:
                self.shadows.ask(endpoint.shadow, content, work, answer)
            return answer, release.entry.release
        finally:
            self.concurrency.leave(key.id)

    async def ready(self, endpoint: LoadedEndpoint, now: float) -> LoadedEndpoint:
        """Return an endpoint that is about to be asked, loaded again if it slept."""
        slug = endpoint.entry.slug
        self.repository.used[slug] = now
        if endpoint.is_unloaded:
            await self.repository.load_on_demand(slug)
            return self.repository.endpoints.get(slug, endpoint)
        return endpoint

    async def _computed(
        self, release: Release, content: bytes, work: Work, receive: Receive, *, latest: float
    ) -> Response:
        try:
            is_heavy = work.is_heavy or EXPLAIN in content
            if is_heavy or not release.package.cost.is_cheap(len(content)):
                with self.batch_queue.held(latest) as late:
                    answer, loop = work.answer if is_heavy else work.measured, asyncio.get_running_loop()
                    return await loop.run_in_executor(self._threads, _answer_late, answer, release, content, late)
            if not self.queue.is_mine():
                await self.queue.wait(latest, receive)
            if work.is_plain and release.package.batch_rows > 1:
                together = await self.fast_path.together(release, content)
                if together is not None:
                    return together
            begun = perf_counter()
            try:
                return work.measured(release, content)
            finally:
                self.queue.spent(perf_counter() - begun)
        except HttpError as refusal:
            refusal.release = release.entry.release
            raise

    async def _other(self, parts: list[str], scope: Message, send: Send) -> None:
        match parts:
            case ["", "health", "live"]:
                await reply(send, 200, b'{"status":"live"}')
            case ["", "health", "ready"]:
                await self._say_ready(send)
            case ["", "endpoints", slug]:
                await self._describe(slug, scope, send, metadata.metadata)
            case ["", "endpoints", slug, "openapi.json"]:
                await self._describe(slug, scope, send, openapi.document)
            case _:
                raise not_found()

    async def _protocol(self, parts: list[str], scope: Message, send: Send) -> None:
        """Answer a question of the Open Inference Protocol; only health is told without a key."""
        if parts[4:5] == ["health"] and parts[2] in self.repository.endpoints and scope["method"] == "GET":
            endpoint = self.repository.endpoints[parts[2]]
        else:
            endpoint = await self._allowed(parts[2], scope)
        status, said = registry.say(endpoint, parts[4:])
        await reply(send, status, said)

    async def _say_ready(self, send: Send) -> None:
        if not self.repository.is_settled:
            raise come_again(503, "not_ready", "The endpoints are being loaded.")
        await reply(send, 200, b'{"status":"ready"}')

    async def _describe(self, slug: str, scope: Message, send: Send, said: Callable[[Release], bytes]) -> None:
        endpoint = await self._allowed(slug, scope)
        if endpoint.release is None:
            raise _not_ready(endpoint)
        await reply(send, 200, said(endpoint.release))

    async def _allowed(self, slug: str, scope: Message) -> LoadedEndpoint:
        """Return the endpoint that a caller may read about, loaded again if it slept."""
        endpoint = self.repository.endpoints.get(slug)
        if endpoint is None:
            raise not_found(f"There is no endpoint “{slug[:80]}”.")
        if scope["method"] != "GET":
            raise _wrong_method(b"GET")
        authorization = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        api_keys.checked(endpoint, authorization, METADATA)
        return await self.ready(endpoint, perf_counter())

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._feed = SnapshotSync(self.settings, self.repository, self.statistics)
                await self._feed.start()
                gc.freeze()  # what was loaded stays: a collection need not look at it again
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._feed is not None:
                    await self._feed.stop()
                self._threads.shutdown(wait=False)
                self.shadows.stop()
                await self.limits.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _answer_late(answer: Answerer, release: Release, content: bytes, latest: float) -> Response:
    if perf_counter() > latest:
        raise come_again(503, "busy", "The request waited too long for its turn. Come again.")
    return answer(release, content)


def _not_ready(endpoint: LoadedEndpoint) -> HttpError:
    why = f" {endpoint.failure}" if endpoint.failure else ""
    return come_again(503, "not_ready", f"This endpoint is not ready yet.{why}")


def _wrong_method(allowed: bytes) -> HttpError:
    message = f"This address takes {allowed.decode()} only."
    return HttpError(405, "method_not_allowed", message, headers=((b"allow", allowed),))


def create() -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """Return the application as the environment describes it; uvicorn calls this in each process."""
    settings = Settings.from_environment()
    guard_against_orphaning(settings.port, settings.alone_seconds)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*COLLECT_AFTER)
    return Application(settings)

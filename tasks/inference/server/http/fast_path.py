"""The path of an inference request from its body to its response, for every protocol.

Each step may refuse: head, key, concurrency, rate limit, deadline, body, endpoint, queue. A request that need not wait
passes all of them within one call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter

from tasks.inference.server.deployments import traffic_split
from tasks.inference.server.deployments.dynamic_batching import DynamicBatcher
from tasks.inference.server.deployments.model_repository import LoadedEndpoint, ModelRepository, Release
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.deployments.traffic_split import Answerer, ShadowTraffic
from tasks.inference.server.http.body import ClientDisconnected, check_head, has_disconnected, read
from tasks.inference.server.http.content_encoding import UNPACKED_AT_ONCE_BYTES, UnpackedTooLarge, unpacked
from tasks.inference.server.http.route_cache import RouteCache
from tasks.inference.server.limits.admission import BatchQueue, ConcurrencyLimit, RequestQueue
from tasks.inference.server.limits.api_keys import Key
from tasks.inference.server.limits.rate_limits import RateLimits
from tasks.inference.server.protocols import open_inference, rows_json
from tasks.inference.server.protocols.base import PredictCall
from tasks.inference.server.protocols.request_head import ContentKind, RequestHead
from tasks.inference.server.responses import Answer, HttpError, Receive, Response, Result, no_endpoint, retry_later

logger = logging.getLogger(__name__)

EXPLAIN = b'"explain"'
"""A body that holds this may ask for an explanation, which takes long."""


class FastPath:
    """Answers inference requests.

    Args:
        repository: What is served.
        routes: The same with what is remembered of it.
        statistics: Where responses are counted.
        queue: The queue of the cheap requests.
        batch_queue: The queue of the expensive ones.
        concurrency: Requests under way.
        rate_limits: What limited keys have left.
        shadows: Releases that are asked too.
        body_limit_bytes: The largest body.
    """

    def __init__(  # noqa: PLR0913 - everything that a request passes
        self,
        repository: ModelRepository,
        routes: RouteCache,
        *,
        statistics: Statistics,
        queue: RequestQueue,
        batch_queue: BatchQueue,
        concurrency: ConcurrencyLimit,
        rate_limits: RateLimits,
        shadows: ShadowTraffic,
        body_limit_bytes: int,
    ) -> None:
        self._repository = repository
        self._routes = routes
        self._statistics = statistics
        self._queue = queue
        self._batch_queue = batch_queue
        self._concurrency = concurrency
        self._rate_limits = rate_limits
        self._shadows = shadows
        self._body_limit_bytes = body_limit_bytes
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="batch")

    def stop(self) -> None:
        """Begin no more work in the thread."""
        self._threads.shutdown(wait=False)

    async def respond(
        self,
        head: RequestHead,
        started: float,
        content: bytes = b"",
        *,
        receive: Receive | None = None,
        method: str = "POST",
    ) -> Result:
        """Return what becomes of a request, and count it.

        Args:
            head: Its head; its route is one for predictions.
            started: When it came, as `perf_counter` time.
            content: The body; empty while it is still to be read with ``receive``.
            receive: The ASGI channel of its connection; ``None`` where the connection answers without ASGI.
            method: The HTTP method.

        Raises:
            ClientDisconnected: Nobody waits for the response any more.
        """
        route = head.route
        assert route is not None  # noqa: S101 - others go to the application
        slug, protocol, call = route.slug, route.protocol, head.call
        endpoint_route = self._routes.find(slug)
        if endpoint_route is None:
            return protocol.format_error(no_endpoint(slug))
        key_id, release_number, is_try, as_canary = "", 0, False, False
        try:
            if call is None:
                check_head(method, head, self._body_limit_bytes, protocol.content_kinds)
            key = self._routes.key(endpoint_route, head.authorization)
            key_id = key.id
            is_try = _is_try(key, head)
            if call is None:
                call = head.call = protocol.call(head, route)
            self._concurrency.enter(key_id)
            try:
                if key.is_limited:
                    await self._rate_limits.admit(key)
                latest = head.latest_start(started)
                is_ready = content and not head.content_encoding
                content = content if is_ready else await self._read_body(content, head.content_encoding, receive)
                self._repository.last_used[slug] = started
                endpoint = endpoint_route.endpoint
                endpoint = await self._repository.load_on_demand(endpoint) if endpoint.is_unloaded else endpoint
                release = _release_for(endpoint, call, head, content)
                release_number = release.entry.release
                as_canary = _is_canary(endpoint, release, call)
                batcher = endpoint_route.batchers.get(release_number)
                response = await self._compute(call, release, content, batcher, latest=latest, receive=receive)
            finally:
                self._concurrency.leave(key_id)
        except HttpError as error:
            self._refuse(is_try, slug, error.status, key_id, release_number, as_canary=as_canary)
            return protocol.format_error(error)
        except ClientDisconnected:
            self._statistics.count(slug, 499, 0.0, key_id)
            raise
        except Exception:  # not GeneratorExit: a call that ended with its connection had no response to count
            self._statistics.count(slug, 500, 0.0, key_id)
            raise
        if is_try:
            return response
        self._record(release, response, perf_counter() - started, key_id, as_canary=as_canary)
        if endpoint.shadow is not None:
            self._shadows.submit(endpoint.shadow, content, call.answer, response)
        return response

    def _record(self, release: Release, response: Response, seconds: float, key_id: str, *, as_canary: bool) -> None:
        """Count a good answer, and keep it for the count of drift."""
        slug, number = release.entry.slug, release.entry.release
        self._statistics.count(slug, 200, seconds, key_id, response.row_count, number, as_canary=as_canary)
        if response.answer is not None:
            self._statistics.observe(release, response.answer, response.rows, as_canary=as_canary)

    def _refuse(self, is_try: bool, slug: str, status: int, key_id: str, release: int, *, as_canary: bool) -> None:
        """Count a refusal, unless it was of what a person tried on the page: that is neither traffic nor drift."""
        if not is_try:
            self._statistics.count(slug, status, 0.0, key_id, release=release, as_canary=as_canary)

    async def _read_body(self, content: bytes, encoding: bytes, receive: Receive | None) -> bytes:
        """Return a body as it was before it was compressed. Raises `HttpError` 400 or 413."""
        if not content:
            assert receive is not None  # noqa: S101 - where there is no body yet there is where to read it
            content = await read(receive, self._body_limit_bytes)
        if not encoding:
            return content
        at_once = min(UNPACKED_AT_ONCE_BYTES, self._body_limit_bytes)
        try:
            return unpacked(content, encoding, at_once)
        except UnpackedTooLarge:
            if at_once == self._body_limit_bytes:
                raise
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, unpacked, content, encoding, self._body_limit_bytes)

    async def _compute(  # noqa: PLR0913 - called for each request, and an object for it would cost more than the call
        self,
        call: PredictCall,
        release: Release,
        content: bytes,
        batcher: DynamicBatcher | None,
        *,
        latest: float,
        receive: Receive | None,
    ) -> Response:
        """Return the response of a release, once it is the request's turn."""
        queue, package = self._queue, release.package
        is_expensive = call.is_expensive or EXPLAIN in content
        if is_expensive or not package.cost.is_cheap(len(content)):
            with self._batch_queue.held(latest) as start_by:
                # What an explanation takes says nothing about other bodies of its size, so it is not recorded.
                answer = call.answer if is_expensive else call.answer_measured
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._threads, _answer_by, answer, release, content, start_by)
        has_waited = not queue.may_run_row()
        if has_waited:
            await self._wait(latest, receive)
        begun, parse_seconds = perf_counter(), 0.0
        if call.is_rows_json:
            try:
                data = rows_json.load_json(content)
            except HttpError:
                queue.spent(perf_counter() - begun)
                raise
            vector = rows_json.single_row_vector(package.program, data)
            if vector is not None:
                if batcher is not None:
                    answer_of_row = await batcher.answer(vector)
                else:
                    answer_of_row = _predict_one(release, vector)
                    queue.spent(perf_counter() - begun)
                if answer_of_row is not None:
                    return rows_json.json_response(release, answer_of_row, 1, data["rows"])
            call = PredictCall(partial(rows_json.answer_data, data=data))
            parse_seconds = perf_counter() - begun
        if not has_waited and not queue.may_run():
            await self._wait(latest, receive)
            begun = perf_counter() - parse_seconds
        try:
            return call.answer_measured(release, content, parse_seconds)
        finally:
            queue.spent(perf_counter() - begun)

    async def _wait(self, latest: float, receive: Receive | None) -> None:
        """Wait for a request's turn. Raises `ClientDisconnected` where the client did not."""
        await self._queue.wait(latest)
        # A connection without ASGI closes the waiting call instead.
        if receive is not None and has_disconnected(receive):
            raise ClientDisconnected


def _release_for(endpoint: LoadedEndpoint, call: PredictCall, head: RequestHead, content: bytes) -> Release:
    """Return the release that answers. Raises `HttpError` 404 or 503."""
    if call.version:
        return open_inference.release_with_number(endpoint, call.version)
    release = traffic_split.choose(endpoint, head.request_id, content) if endpoint.canary else endpoint.release
    if release is None:
        raise not_ready(endpoint)
    return release


def _is_try(key: Key, head: RequestHead) -> bool:
    """Return whether a person tries a row on the endpoint's own page; whole files come from there as CSV."""
    return not key.id and head.content_kind is ContentKind.JSON


def _is_canary(endpoint: LoadedEndpoint, release: Release, call: PredictCall) -> bool:
    """Return whether a release answers as the canary, and was not asked for by its number."""
    return release is endpoint.canary and not call.version


def not_ready(endpoint: LoadedEndpoint) -> HttpError:
    """Return the error for an endpoint whose model is not loaded: yet, or because it cannot be."""
    if endpoint.failure:
        return HttpError(503, "release_not_loadable", endpoint.why_not_ready, headers=((b"retry-after", b"60"),))
    return retry_later(503, "not_ready", endpoint.why_not_ready)


def _answer_by(answer: Answerer, release: Release, content: bytes, start_by: float) -> Response:
    if perf_counter() > start_by:
        raise retry_later(503, "busy", "The request waited too long for its turn. Come again.")
    return answer(release, content)


def _predict_one(release: Release, vector: Sequence[float]) -> Answer | None:
    try:
        return release.package.program.predict_vectors((vector,))[0]
    except Exception:  # process edge: the row is answered again by itself, which says and logs what failed
        logger.debug("the model of %s failed on a row", release.entry.slug)
        return None

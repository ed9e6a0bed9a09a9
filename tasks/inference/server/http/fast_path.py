"""The path of an inference request from its body to its response, for every protocol.

Each step may refuse: head, key, concurrency, rate limit, deadline, body, endpoint, queue. A request that need not wait
passes all of them within one call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

from tasks.inference.server.deployments import traffic_split
from tasks.inference.server.deployments.dynamic_batching import DynamicBatcher
from tasks.inference.server.deployments.model_repository import LoadedEndpoint, ModelRepository, Release
from tasks.inference.server.deployments.package import Answer, RowProgram
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.deployments.traffic_split import ShadowTraffic
from tasks.inference.server.http.body import ClientDisconnected, check_head, has_disconnected, read
from tasks.inference.server.http.request_head import RequestHead
from tasks.inference.server.http.responses import (
    HttpError,
    Receive,
    Response,
    Result,
    no_endpoint,
    retry_later,
)
from tasks.inference.server.http.route_cache import RouteCache
from tasks.inference.server.limits.admission import BatchQueue, ConcurrencyLimit, RequestQueue
from tasks.inference.server.limits.rate_limits import RateLimits
from tasks.inference.server.protocols import open_inference, rows_json
from tasks.inference.server.protocols.base import Answerer, PredictCall
from tasks.inference.server.protocols.predict import PredictResult
from tasks.inference.server.protocols.routes import Route

logger = logging.getLogger(__name__)

EXPLAIN = b'"explain"'
"""A body that holds this may ask for an explanation, which takes long."""


@dataclass(slots=True)
class PendingRequest:
    """A request that was not refused by its head.

    Attributes:
        route: Its address.
        head: Its head.
        started: When it came, as `perf_counter` time.
        content: The body; ``None`` while it is still to be read with ``receive``.
        receive: The ASGI channel of its connection; ``None`` where the connection answers without ASGI.
        method: The HTTP method.
    """

    route: Route
    head: RequestHead
    started: float
    content: bytes | None = None
    receive: Receive | None = None
    method: str = "POST"


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

    async def respond(self, request: PendingRequest) -> Result:
        """Return what becomes of a request, and count it.

        Raises:
            ClientDisconnected: Nobody waits for the response any more.
        """
        route, head, started = request.route, request.head, request.started
        endpoint_route = self._routes.find(route.slug)
        if endpoint_route is None:
            return route.protocol.format_error(no_endpoint(route.slug))
        key_id = ""
        try:
            check_head(request.method, head, self._body_limit_bytes, route.protocol.content_kinds)
            key = self._routes.key(endpoint_route, head.authorization)
            key_id = key.id
            call = route.protocol.call(head, route)
            self._concurrency.enter(key_id)
            try:
                if key.is_limited:
                    await self._rate_limits.admit(key)
                latest = head.latest_start(started)
                content = request.content = request.content or await self._read_body(request)
                self._repository.last_used[route.slug] = started
                endpoint = endpoint_route.endpoint
                if endpoint.is_unloaded:
                    endpoint = await self._repository.load_on_demand(endpoint)
                release = _release_for(endpoint, call, head, content)
                response = await self._compute(request, call, release, endpoint_route.batchers, latest=latest)
            finally:
                self._concurrency.leave(key_id)
        except HttpError as error:
            self._statistics.count(route.slug, error.status, 0.0, key_id, release=error.release)
            return route.protocol.format_error(error)
        except ClientDisconnected:
            self._statistics.count(route.slug, 499, 0.0, key_id)
            raise
        except Exception:  # not GeneratorExit: a call that ended with its connection had no response to count
            self._statistics.count(route.slug, 500, 0.0, key_id)
            raise
        seconds = perf_counter() - started
        self._statistics.count(route.slug, 200, seconds, key_id, response.row_count, release.entry.release)
        if response.answer is not None:
            self._statistics.observe(release, response.answer, response.rows)
        if endpoint.shadow is not None:
            self._shadows.submit(endpoint.shadow, content, call, response)
        return response

    async def _read_body(self, request: PendingRequest) -> bytes:
        assert request.receive is not None  # noqa: S101 - where there is no body yet there is where to read it
        return await read(request.receive, self._body_limit_bytes)

    async def _compute(
        self,
        request: PendingRequest,
        call: PredictCall,
        release: Release,
        batchers: Mapping[int, DynamicBatcher],
        *,
        latest: float,
    ) -> Response:
        """Return the response of a release, once it is the request's turn.

        Raises:
            HttpError: The release's number is in it.
        """
        content, cost = request.content or b"", release.package.cost
        try:
            is_expensive = call.is_expensive or EXPLAIN in content
            if is_expensive or not cost.is_cheap(len(content)):
                with self._batch_queue.held(latest) as start_by:
                    # What an explanation takes says nothing about other bodies of its size, so it is not recorded.
                    answer = call.answer if is_expensive else call.answer_measured
                    loop = asyncio.get_running_loop()
                    return await loop.run_in_executor(self._threads, _answer_by, answer, release, content, start_by)
            has_waited = not self._queue.may_run_row()
            if has_waited:
                await self._wait(request, latest)
            begun, parse_seconds = perf_counter(), 0.0
            if call.is_rows_json:
                try:
                    data = rows_json.load_json(content)
                except HttpError:
                    self._queue.spent(perf_counter() - begun)
                    raise
                response = await self._answer_row(release, data, batchers.get(release.entry.release), begun)
                if response is not None:
                    return response
                call = PredictCall(partial(rows_json.answer_data, data=data))
                parse_seconds = perf_counter() - begun
            if not has_waited and not self._queue.may_run():
                await self._wait(request, latest)
                begun = perf_counter() - parse_seconds
            try:
                return call.answer_measured(release, content, parse_seconds)
            finally:
                self._queue.spent(perf_counter() - begun)
        except HttpError as error:
            error.release = release.entry.release
            raise

    async def _answer_row(
        self, release: Release, data: Any, batcher: DynamicBatcher | None, begun: float
    ) -> Response | None:
        """Return the response to a body of one usual row; ``None`` for every other, and where the model fails."""
        row, program = rows_json.single_row(data), release.package.program
        vector = None if row is None else _vector_of(program, row)
        if vector is None:
            return None
        if batcher is not None:
            answer = await batcher.answer(vector)
        else:
            answer = _predict_one(release, vector)
            self._queue.spent(perf_counter() - begun)
        return None if answer is None else rows_json.json_response(release, PredictResult(answer), 1, data["rows"])

    async def _wait(self, request: PendingRequest, latest: float) -> None:
        """Wait for the request's turn. Raises `ClientDisconnected` where the client did not."""
        await self._queue.wait(latest)
        # A connection without ASGI closes the waiting call instead.
        if request.receive is not None and has_disconnected(request.receive):
            raise ClientDisconnected


def _release_for(endpoint: LoadedEndpoint, call: PredictCall, head: RequestHead, content: bytes) -> Release:
    """Return the release that answers. Raises `HttpError` 404 or 503."""
    if call.version:
        return open_inference.release_with_number(endpoint, call.version)
    release = traffic_split.choose(endpoint, head.request_id, content) if endpoint.canary else endpoint.release
    if release is None:
        raise not_ready(endpoint)
    return release


def not_ready(endpoint: LoadedEndpoint) -> HttpError:
    """Return the error for an endpoint whose model is not loaded."""
    reason = f" {endpoint.failure}" if endpoint.failure else ""
    return retry_later(503, "not_ready", f"This endpoint is not ready yet.{reason}")


def _answer_by(answer: Answerer, release: Release, content: bytes, start_by: float) -> Response:
    if perf_counter() > start_by:
        raise retry_later(503, "busy", "The request waited too long for its turn. Come again.")
    return answer(release, content)


def _vector_of(program: RowProgram, row: Any) -> Sequence[float] | None:
    """Return what the estimator takes for a usual row; ``None`` where the row needs a closer look."""
    try:
        return program.vector(row)
    except Exception:  # process edge: the closer look answers with the fault's row and column, or logs what failed
        return None


def _predict_one(release: Release, vector: Sequence[float]) -> Answer | None:
    try:
        return release.package.program.predict_vectors((vector,))[0]
    except Exception:  # process edge: the row is answered again by itself, which says and logs what failed
        logger.debug("the model of %s failed on a row", release.entry.slug)
        return None

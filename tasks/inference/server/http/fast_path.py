"""The short way of plain JSON: no scope, no task, no place held, one write.

What it answers is byte for byte what `app` answers: one usual row goes straight to the estimator, everything else is
answered by the very function that `app` calls. Who comes when there is no time waits in `RequestQueue` like every
other. Whoever is unknown, asks for what takes long or has an unusual head is left to `app`, which does everything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter, time

import orjson

from tasks.inference.server.deployments.model_repository import ModelRepository, Release
from tasks.inference.server.deployments.package import Answer, RowProgram
from tasks.inference.server.deployments.snapshot import PREDICT, Key
from tasks.inference.server.deployments.statistics import Statistics
from tasks.inference.server.deployments.traffic_split import ShadowTraffic
from tasks.inference.server.http.responses import HttpError, Response, whole, whole_refusal
from tasks.inference.server.http.route_cache import AFTER, BEFORE, EndpointRoute, Headers, ReleaseTarget, RouteCache
from tasks.inference.server.limits.admission import ConcurrencyLimit, RequestQueue
from tasks.inference.server.limits.api_keys import allowed
from tasks.inference.server.limits.rate_limits import PendingCheck, RateLimits, refused
from tasks.inference.server.limits.redis_rate_limit import Decision
from tasks.inference.server.protocols import rows_json
from tasks.inference.server.protocols.predict import PredictResult
from tasks.inference.server.protocols.registry import PLAIN_WORK

logger = logging.getLogger(__name__)

EXPLAIN = b'"explain"'
"""What asks for an explanation; so does a body that has this, for it may take long."""

KEYS_REMEMBERED = 1000

Write = Callable[[bytes | None, PendingCheck | None], None]
"""Takes a whole answer with its head, or ``None`` when `app` shall answer, which then counts no limit twice."""

FlushCallback = Callable[[], None]
"""Makes an answer that is not there yet come at once, from whomever."""


@dataclass(slots=True, eq=False)
class PendingRequest:
    """A request on the short way."""

    door: EndpointRoute
    key: Key
    headers: Headers
    content: bytes
    write: Write
    started: float
    asked: PendingCheck | None = None


class FastPath:
    """Answers what is usual.

    Args:
        repository: What is endpoint.
        statistics: Where answers are counted.
        queue: Whether there is time now.
        concurrency: Requests under way.
        limits: Whether a limited key may go on.
        shadows: Releases that are asked too.
        batch_rows: Rows answered together at most; 1 for none.
    """

    def __init__(  # noqa: PLR0913 - everything that a request passes
        self,
        repository: ModelRepository,
        statistics: Statistics,
        queue: RequestQueue,
        concurrency: ConcurrencyLimit,
        *,
        limits: RateLimits,
        shadows: ShadowTraffic,
        batch_rows: int,
    ) -> None:
        self._repository = repository
        self._statistics = statistics
        self._queue = queue
        self._concurrency = concurrency
        self._limits = limits
        self._shadows = shadows
        self._doors = RouteCache(repository, queue, batch_rows)
        self.door = self._doors.door

    async def together(self, release: Release, content: bytes) -> Response | None:
        """Answer a usual request whose turn has come with those whose turn came too.

        Returns:
            ``None`` when it is not usual, or the model gains nothing by it.
        """
        door = self.door(BEFORE + release.entry.slug.encode() + AFTER)
        desk = None if door is None else door.desk_of(release)
        if desk is None or desk.batcher is None:
            return None
        vector = _vector(release.package.program, content)
        answer = None if vector is None else await desk.batcher.answer(vector)
        return None if answer is None else rows_json.json_reply(release, PredictResult(answer), 1)

    def answer(
        self, door: EndpointRoute, authorization: bytes, headers: Headers, content: bytes, write: Write
    ) -> FlushCallback | None:
        """Answer a request, now or in a moment; ``write`` is told exactly once.

        Returns:
            What makes the answer come at once; it may have come.
        """
        started = perf_counter()
        key = door.keys.get(authorization) or self._key(door, authorization)
        if key is None or (key.expires_at and key.expires_at <= time()):
            write(None, None)
            return None
        asking = PendingRequest(door, key, headers, content, write, started)
        if not key.is_limited:
            return self._go(asking)
        if self._concurrency.refusal(key.id, self._queue.reserved):
            write(None, None)
            return None
        return self._admit(asking)

    def _admit(self, asking: PendingRequest) -> FlushCallback:
        """Ask whether a limited key may go on; a place is held until that is known."""
        self._concurrency.enter(asking.key.id)
        asked = asking.asked = self._limits.ask(asking.key)
        after: list[FlushCallback | None] = [None]

        def told(taken: Decision) -> None:
            self._concurrency.leave(asking.key.id)
            if taken.granted:
                after[0] = self._go(asking)
            else:
                self._refuse(asking, refused(asking.key, taken))

        def hurry() -> None:
            if asked.taken is None:
                asked.tell = None
                self._concurrency.leave(asking.key.id)
                asking.write(None, asked)
            elif after[0] is not None:
                after[0]()

        asked.tell = told
        return hurry

    def _go(self, asking: PendingRequest) -> FlushCallback | None:
        """Answer now if there is time, else when it is this request's turn."""
        return self._answer(asking) if self._queue.is_free() else self._stand(asking)

    def _stand(self, asking: PendingRequest) -> FlushCallback | None:
        """Stand in the row with a place held; what takes long stands in another one."""
        release = asking.door.choose(asking.headers, asking.content).release
        if not release.package.cost.is_cheap(len(asking.content)) or EXPLAIN in asking.content:
            asking.write(None, asking.asked)
            return None
        after: list[FlushCallback | None] = [None]

        def told(refusal: HttpError | None) -> None:
            waiting.is_gone = True
            self._concurrency.leave(asking.key.id)
            if refusal is None:
                after[0] = self._answer(asking, is_turn=True)
            else:
                refusal.release = release.entry.release
                self._refuse(asking, refusal)

        def hurry() -> None:
            if not waiting.is_gone:
                waiting.is_gone = True
                self._concurrency.leave(asking.key.id)
                asking.write(None, asking.asked)
            elif after[0] is not None:
                after[0]()

        try:
            self._concurrency.enter(asking.key.id)
        except HttpError as full:
            self._refuse(asking, full)
            return None
        try:
            waiting = self._queue.enqueue(told)
        except HttpError as busy:
            self._concurrency.leave(asking.key.id)
            busy.release = release.entry.release
            self._refuse(asking, busy)
            return None
        return hurry

    def _answer(self, asking: PendingRequest, *, is_turn: bool = False) -> FlushCallback | None:
        desk = asking.door.choose(asking.headers, asking.content)
        program = desk.release.package.program
        begun = perf_counter()
        vector = _vector(program, asking.content)
        if vector is None:
            return self._answer_plainly(asking, desk, begun, is_turn=is_turn)
        if desk.batcher is not None:
            desk.batcher.add(vector, partial(self._told, asking, desk))
            return desk.batcher.flush
        try:
            answer = program.predict_vectors((vector,))[0]
        except Exception:  # process edge: the long way asks again and says what is to be said
            logger.debug("the model of %s failed on a row", desk.release.entry.slug)
            answer = None
        self._queue.spent(perf_counter() - begun)
        self._told(asking, desk, answer)
        return None

    def _answer_plainly(
        self, asking: PendingRequest, desk: ReleaseTarget, begun: float, *, is_turn: bool
    ) -> FlushCallback | None:
        """Answer whatever else a small plain body says, as `app` does; when it is its turn, if there is no time now."""
        is_cheap = desk.release.package.cost.is_cheap(len(asking.content))
        if not is_cheap or EXPLAIN in asking.content:
            asking.write(None, asking.asked)
            return None
        if not is_turn and not self._queue.is_mine():
            return self._stand(asking)
        try:
            reply = PLAIN_WORK.measured(desk.release, asking.content)
        except HttpError as refusal:
            refusal.release = desk.release.entry.release
            self._queue.spent(perf_counter() - begun)
            self._refuse(asking, refusal)
            return None
        self._queue.spent(perf_counter() - begun)
        self._say(asking, desk.release, reply)
        return None

    def _told(self, asking: PendingRequest, desk: ReleaseTarget, answer: Answer | None) -> None:
        if answer is None:
            asking.write(None, asking.asked)
        else:
            self._say(asking, desk.release, rows_json.json_reply(desk.release, PredictResult(answer), 1))

    def _say(self, asking: PendingRequest, release: Release, reply: Response) -> None:
        entry = release.entry
        self._repository.used[entry.slug] = asking.started
        seconds = perf_counter() - asking.started
        self._statistics.count(entry.slug, 200, seconds, asking.key.id, reply.rows, entry.release)
        self._statistics.observe(release, reply.given, asking.content)
        asking.write(whole(reply.body), None)
        shadow = asking.door.endpoint.shadow
        if shadow is not None:
            self._shadows.ask(shadow, asking.content, PLAIN_WORK, reply)

    def _refuse(self, asking: PendingRequest, refusal: HttpError) -> None:
        slug = asking.door.endpoint.entry.slug
        self._statistics.count(slug, refusal.status, 0.0, asking.key.id, release=refusal.release)
        asking.write(whole_refusal(refusal), None)

    def _key(self, door: EndpointRoute, authorization: bytes) -> Key | None:
        """Return a key that may predict; what is refused is left to `app`."""
        key = allowed(door.endpoint, authorization, PREDICT)
        if key is not None and len(door.keys) < KEYS_REMEMBERED:
            door.keys[authorization] = key
        return key


def _vector(program: RowProgram, content: bytes) -> Sequence[float] | None:
    """Return what a body with one usual row means to the estimator; ``None`` for every other body."""
    if content.count(b"{") != 2:  # several rows, which must not be parsed twice
        return None
    try:
        data = orjson.loads(content)
        rows = data["rows"]
        if len(data) != 1 or type(rows) is not list or len(rows) != 1:
            return None
        return program.vector(rows[0])
    except (ValueError, KeyError, TypeError):
        return None

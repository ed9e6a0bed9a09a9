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

from tasks.inference.server import admission, body, describe, dialects, keys, openapi, split
from tasks.inference.server.admission import Lane, Places, Turns
from tasks.inference.server.answers import (
    Message,
    Receive,
    Refusal,
    Send,
    come_again,
    not_found,
    reply,
)
from tasks.inference.server.dialects import Answerer, Dialect, Work
from tasks.inference.server.feed import Feed
from tasks.inference.server.gate import Gate
from tasks.inference.server.lifeline import outlive_parent
from tasks.inference.server.limits import ADMISSION, Limits
from tasks.inference.server.package import Loader, loader
from tasks.inference.server.quick import EXPLAIN, Quick
from tasks.inference.server.replies import Reply
from tasks.inference.server.settings import Settings
from tasks.inference.server.shelf import Release, Served, Shelf
from tasks.inference.server.snapshot import METADATA, PREDICT, Key
from tasks.inference.server.split import Shadows
from tasks.inference.server.statistics import Statistics

if TYPE_CHECKING:
    from tasks.inference.server.protocol import Head

logger = logging.getLogger(__name__)

SWITCH_SECONDS = 0.0005
"""How long the network waits for the thread that works on a large request; with Python's own 5 ms, all others would."""

COLLECT_AFTER = (20_000, 20, 20)
"""Objects between two looks for garbage: rows are many without a cycle, and looking cost a tenth of a request."""


class Application:
    """Answers requests from the shelf.

    Args:
        settings: Limits and places.
        load: Reads a package; the store's when ``None``.
    """

    def __init__(self, settings: Settings, load: Loader | None = None) -> None:
        self.settings = settings
        self.shelf = Shelf(load or loader(settings.artifacts_url, settings.device), settings.room)
        self.statistics = Statistics()
        self.places = Places(settings.places, settings.places_per_key)
        self.turns = Turns(settings.patience_seconds)
        self.lane = Lane(settings.queue_seconds)
        self.limits = Limits(settings.redis_url)
        self.shadows = Shadows(self.statistics)
        self.heads: dict[bytes, Head] = {}
        self.gate = Gate(self.shelf, self.statistics, self.turns, self.lane, self.places)
        self.quick = Quick(
            self.shelf,
            self.statistics,
            self.turns,
            self.places,
            limits=self.limits,
            shadows=self.shadows,
            gathered=settings.gathered,
        )
        self._feed: Feed | None = None
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
        dialect = dialects.find(parts)
        try:
            if dialect is None:
                await self._other(parts, scope, send)
            elif parts[3] == "v2" and parts[-1] != "infer":
                await self._protocol(parts, scope, send)
            else:
                await self._predict(dialect, parts, scope, receive, send, started=started)
        except Refusal as refusal:
            said = refusal if dialect is None else dialect.refused(refusal)
            if isinstance(said, body.TooLarge):
                await body.refuse_large(send, receive, said)
            else:
                await reply(send, said.status, said.body, said.headers)
        except body.Gone:
            return

    async def _predict(
        self, dialect: Dialect, parts: list[str], scope: Message, receive: Receive, send: Send, *, started: float
    ) -> None:
        slug = parts[2]
        served = self.shelf.served.get(slug)
        if served is None:
            raise not_found(f"There is no endpoint “{slug[:80]}”.")
        status, key, number = 500, "", 0
        try:
            if scope["method"] != "POST":
                raise _wrong_method(b"POST")
            head = body.check_headers(scope["headers"], self.settings.body_limit_bytes, dialect.kinds)
            asking = keys.checked(served, head.authorization, PREDICT)
            key = asking.id
            work = dialect.work(head, scope, parts)
            answer, number = await self._answer(served, asking, work, scope, receive, started=started)
            status = 200
            await reply(send, 200, answer.body, (), answer.headers)
            self.statistics.count(slug, 200, perf_counter() - started, key, answer.rows, number)
        except body.Gone:
            status = 499
            raise
        except Refusal as refusal:
            status, number = refusal.status, refusal.release
            raise
        finally:
            if status != 200:
                self.statistics.count(slug, status, 0.0, key, release=number)

    async def _answer(
        self, served: Served, key: Key, work: Work, scope: Message, receive: Receive, *, started: float
    ) -> tuple[Reply, int]:
        """Return the answer and the number of the release that gave it."""
        self.places.enter(key.id)
        try:
            if key.is_limited:
                await self.limits.admit(key, scope.get(ADMISSION))
            latest = admission.deadline(scope["headers"], started)
            content = await body.read(receive, self.settings.body_limit_bytes)
            served = await self.ready(served, started)
            release = split.choose(served, scope["headers"], content) if served.canary else served.release
            if work.version:
                release = work.named(served)
            if release is None:
                raise _not_ready(served)
            answer = await self._computed(release, content, work, receive, latest=latest)
            self.statistics.observe(release, answer.given, content)
            if served.shadow is not None:
                self.shadows.ask(served.shadow, content, work, answer)
            return answer, release.entry.release
        finally:
            self.places.leave(key.id)

    async def ready(self, served: Served, now: float) -> Served:
        """Return an endpoint that is about to be asked, loaded again if it slept."""
        slug = served.entry.slug
        self.shelf.used[slug] = now
        if served.is_asleep:
            await self.shelf.wake(slug)
            return self.shelf.served.get(slug, served)
        return served

    async def _computed(
        self, release: Release, content: bytes, work: Work, receive: Receive, *, latest: float
    ) -> Reply:
        try:
            is_heavy = work.is_heavy or EXPLAIN in content
            if is_heavy or not release.package.effort.is_short(len(content)):
                with self.lane.held(latest) as late:
                    answer, loop = work.answer if is_heavy else work.measured, asyncio.get_running_loop()
                    return await loop.run_in_executor(self._threads, _answer_late, answer, release, content, late)
            if not self.turns.is_mine():
                await self.turns.wait(latest, receive)
            if work.is_plain and release.package.gathered > 1:
                together = await self.quick.together(release, content)
                if together is not None:
                    return together
            begun = perf_counter()
            try:
                return work.measured(release, content)
            finally:
                self.turns.spent(perf_counter() - begun)
        except Refusal as refusal:
            refusal.release = release.entry.release
            raise

    async def _other(self, parts: list[str], scope: Message, send: Send) -> None:
        match parts:
            case ["", "health", "live"]:
                await reply(send, 200, b'{"status":"live"}')
            case ["", "health", "ready"]:
                await self._say_ready(send)
            case ["", "endpoints", slug]:
                await self._describe(slug, scope, send, describe.metadata)
            case ["", "endpoints", slug, "openapi.json"]:
                await self._describe(slug, scope, send, openapi.document)
            case _:
                raise not_found()

    async def _protocol(self, parts: list[str], scope: Message, send: Send) -> None:
        """Answer a question of the Open Inference Protocol; only health is told without a key."""
        if parts[4:5] == ["health"] and parts[2] in self.shelf.served and scope["method"] == "GET":
            served = self.shelf.served[parts[2]]
        else:
            served = await self._allowed(parts[2], scope)
        status, said = dialects.say(served, parts[4:])
        await reply(send, status, said)

    async def _say_ready(self, send: Send) -> None:
        if not self.shelf.is_settled:
            raise come_again(503, "not_ready", "The endpoints are being loaded.")
        await reply(send, 200, b'{"status":"ready"}')

    async def _describe(self, slug: str, scope: Message, send: Send, said: Callable[[Release], bytes]) -> None:
        served = await self._allowed(slug, scope)
        if served.release is None:
            raise _not_ready(served)
        await reply(send, 200, said(served.release))

    async def _allowed(self, slug: str, scope: Message) -> Served:
        """Return the endpoint that a caller may read about, loaded again if it slept."""
        served = self.shelf.served.get(slug)
        if served is None:
            raise not_found(f"There is no endpoint “{slug[:80]}”.")
        if scope["method"] != "GET":
            raise _wrong_method(b"GET")
        authorization = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        keys.checked(served, authorization, METADATA)
        return await self.ready(served, perf_counter())

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._feed = Feed(self.settings, self.shelf, self.statistics)
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


def _answer_late(answer: Answerer, release: Release, content: bytes, latest: float) -> Reply:
    if perf_counter() > latest:
        raise come_again(503, "busy", "The request waited too long for its turn. Come again.")
    return answer(release, content)


def _not_ready(served: Served) -> Refusal:
    why = f" {served.failure}" if served.failure else ""
    return come_again(503, "not_ready", f"This endpoint is not ready yet.{why}")


def _wrong_method(allowed: bytes) -> Refusal:
    message = f"This address takes {allowed.decode()} only."
    return Refusal(405, "method_not_allowed", message, headers=((b"allow", allowed),))


def create() -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """Return the application as the environment describes it; uvicorn calls this in each process."""
    settings = Settings.from_environment()
    outlive_parent(settings.port, settings.alone_seconds)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*COLLECT_AFTER)
    return Application(settings)

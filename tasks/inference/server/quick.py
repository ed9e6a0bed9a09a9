"""The short way of the usual request: one plain JSON row to an endpoint with one release and a key without limits.

What it answers is byte for byte what `app` answers. Whatever is not usual (a wrong value, a limited key, a deadline, a
canary, a queue) it leaves to `app`, which does everything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter, time

import orjson

from tasks.inference.server import plain
from tasks.inference.server.admission import Turns
from tasks.inference.server.asking import Answered
from tasks.inference.server.gathering import Gathering
from tasks.inference.server.keys import allowed
from tasks.inference.server.package import Answer, RowProgram
from tasks.inference.server.replies import Reply
from tasks.inference.server.shelf import Release, Served, Shelf
from tasks.inference.server.snapshot import PREDICT, Key
from tasks.inference.server.statistics import Statistics

logger = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
"""One row is no larger; a larger body goes the long way."""

KEYS_REMEMBERED = 1000
BEFORE, AFTER = b"/endpoints/", b"/predict"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"


Write = Callable[[bytes | None], None]
"""Takes a whole answer with its head, or ``None`` when `app` shall answer."""


@dataclass(eq=False)
class Door:
    """What is known of an endpoint while nothing about it changes: the shelf makes a new `Served` with each change.

    Attributes:
        served: The endpoint it stands for.
        release: Who answers.
        gathering: Collects rows where answering several together is faster.
        keys: Headers that came with a key that may predict, so that a key is hashed once.
    """

    served: Served
    release: Release
    gathering: Gathering | None
    keys: dict[bytes, Key] = field(default_factory=dict)


class Quick:
    """Answers what is usual.

    Args:
        shelf: What is served.
        statistics: Where answers are counted.
        turns: Whether there is time now.
        gathered: Rows answered together at most; 1 for none.
    """

    def __init__(self, shelf: Shelf, statistics: Statistics, turns: Turns, *, gathered: int) -> None:
        self._shelf = shelf
        self._statistics = statistics
        self._turns = turns
        self._gathered = gathered
        self._doors: dict[bytes, Door] = {}

    def door(self, url: bytes) -> Door | None:
        """Return the door of an address such as ``/endpoints/house/predict``; ``None`` when `app` shall answer."""
        door = self._doors.get(url)
        if door is not None and self._shelf.served.get(door.served.entry.slug) is door.served:
            return door
        return self._opened(url)

    async def together(self, release: Release, content: bytes) -> Reply | None:
        """Answer a usual request whose turn has come with those whose turn came too.

        Returns:
            ``None`` when it is not usual, or the model gains nothing by it.
        """
        door = self.door(BEFORE + release.entry.slug.encode() + AFTER)
        if door is None or door.gathering is None or door.release is not release:
            return None
        vector = _vector(release.package.program, content)
        answer = None if vector is None else await door.gathering.answer(vector)
        return None if answer is None else plain.json_reply(release, Answered(answer), 1)

    def answer(self, door: Door, authorization: bytes, content: bytes, write: Write) -> None:
        """Answer a request, now or with others in a moment; ``write`` is told exactly once."""
        started = perf_counter()
        key = door.keys.get(authorization) or self._key(door, authorization)
        if key is None or not self._turns.is_free() or (key.expires_at and key.expires_at <= time()):
            write(None)
            return
        program = door.release.package.program
        vector = _vector(program, content)
        if vector is None:
            write(None)
            return
        if door.gathering is not None:
            door.gathering.add(vector, lambda answer: write(self._said(door, key, answer, content, started)))
            return
        try:
            answer = program.predict_vectors((vector,))[0]
        except Exception:  # process edge: the long way asks again and says what is to be said
            logger.debug("the model of %s failed on a row", door.release.entry.slug)
            answer = None
        self._turns.spent(perf_counter() - started)
        write(self._said(door, key, answer, content, started))

    def _said(self, door: Door, key: Key, answer: Answer | None, content: bytes, started: float) -> bytes | None:
        if answer is None:
            return None
        release = door.release
        body = plain.json_reply(release, Answered(answer), 1).body
        entry = release.entry
        self._shelf.used[entry.slug] = started
        self._statistics.count(entry.slug, 200, perf_counter() - started, key.id, 1, entry.release)
        self._statistics.observe(release, answer, content)
        return HEAD % (len(body), body)

    def _key(self, door: Door, authorization: bytes) -> Key | None:
        """Return a key that may predict as often as it likes; what is refused or counted is left to `app`."""
        key = allowed(door.served, authorization, PREDICT)
        if key is None or key.is_limited:
            return None
        if len(door.keys) < KEYS_REMEMBERED:
            door.keys[authorization] = key
        return key

    def _opened(self, url: bytes) -> Door | None:
        self._doors.pop(url, None)
        if not (url.startswith(BEFORE) and url.endswith(AFTER)):
            return None
        served = self._shelf.served.get(url[len(BEFORE) : -len(AFTER)].decode("latin-1"))
        if served is None or served.release is None or served.canary or served.shadow or served.is_asleep:
            return None
        release = served.release
        most = min(self._gathered, release.package.gathered)
        gathering = Gathering(release.package.program, self._turns, most) if most > 1 else None
        self._doors = {
            name: door
            for name, door in self._doors.items()
            if self._shelf.served.get(door.served.entry.slug) is door.served
        }
        door = self._doors[url] = Door(served, release, gathering)
        return door


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

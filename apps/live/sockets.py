"""The base of websockets that follow a growing list of events: first what was missed, then what comes, each once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer

from apps.live.fanout import fanout

NOT_FOUND = 4404
TRY_AGAIN = 1013
SECONDS_BETWEEN_RIGHTS = 60.0
SECONDS_BETWEEN_POLLS = 1.0
SECONDS_BETWEEN_CHECKS = 10.0
SECONDS_FOR_REDIS = 1.0
SECONDS_FOR_SLOW_READERS = 30.0
SECONDS_FOR_SILENT_READERS = 3.0
MOST_UNSEEN_BYTES = 1024 * 1024
PAGE = 500


class EventSocket(AsyncWebsocketConsumer):
    """Sends events as JSON text, one a message.

    The client says ``{"seen": seq}`` now and then. Who lets more than 1 MiB go unseen is sent nothing more until it
    does, so that a reader that does not read costs no memory; after a while, sooner if it never said so, it is
    disconnected with 1013 and may come back with ``?after=<seq>``.

    Subclasses say which topic it is, who may follow it, and where the missed events are.
    """

    async def topic(self) -> str | None:
        """Return the topic if the person may follow it now, else ``None``."""
        raise NotImplementedError

    async def missed(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Return the events after a sequence number, as (number, JSON text), oldest first."""
        raise NotImplementedError

    async def connect(self) -> None:
        """Accept, and begin to send."""
        self._pump: asyncio.Task[None] | None = None
        topic = await self.topic()
        await self.accept()
        if topic is None:
            await self.close(NOT_FOUND)
            return
        asked = parse_qs(self.scope["query_string"].decode("latin-1")).get("after", ["0"])[0]
        self._last = int(asked) if asked.isdecimal() else 0
        self._unseen: deque[tuple[int, int]] = deque()
        self._unseen_bytes = 0
        self._has_seen = False
        self._seen = asyncio.Event()
        self._pump = asyncio.get_running_loop().create_task(self._follow(topic))

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        """Stop sending."""
        if self._pump is not None:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        """Take note of what the client has seen; anything else is ignored."""
        try:
            seen = json.loads(text_data or "")["seen"]
        except (ValueError, KeyError, TypeError):
            return
        if not isinstance(seen, int) or self._pump is None:
            return
        self._has_seen = True
        while self._unseen and self._unseen[0][0] <= seen:
            self._unseen_bytes -= self._unseen.popleft()[1]
        self._seen.set()

    async def _follow(self, topic: str) -> None:
        reader = fanout()
        rights_at = time.monotonic() + SECONDS_BETWEEN_RIGHTS
        # Listen first, then read what was missed: what is said in between is heard twice and sent once.
        with reader.listening(topic) as subscription, contextlib.suppress(_Gone):
            await reader.ready(SECONDS_FOR_REDIS)
            await self._catch_up()
            while True:
                wait = SECONDS_BETWEEN_CHECKS if reader.is_connected else SECONDS_BETWEEN_POLLS
                messages = await subscription.take(wait)
                if time.monotonic() > rights_at:
                    rights_at = time.monotonic() + SECONDS_BETWEEN_RIGHTS
                    if await self.topic() is None:
                        await self.close(NOT_FOUND)
                        return
                if messages is None:
                    await self._catch_up()
                for message in messages or ():
                    await self._pass_on(message)

    async def _pass_on(self, message: bytes) -> None:
        head, *bodies = message.decode().split("\n")
        first = int(head)
        if first > self._last + 1:
            await self._catch_up()
        for seq, body in enumerate(bodies, first):
            if seq > self._last:
                await self._deliver(seq, body)

    async def _catch_up(self) -> None:
        while events := await self.missed(self._last, PAGE):
            for seq, body in events:
                await self._deliver(seq, body)

    async def _deliver(self, seq: int, body: str) -> None:
        while self._unseen_bytes > MOST_UNSEEN_BYTES:
            patience = SECONDS_FOR_SLOW_READERS if self._has_seen else SECONDS_FOR_SILENT_READERS
            self._seen.clear()
            try:
                async with asyncio.timeout(patience):
                    await self._seen.wait()
            except TimeoutError:
                await self._let_go()
        await self.send(text_data=body)
        self._unseen.append((seq, len(body)))
        self._unseen_bytes += len(body)
        self._last = seq

    async def _let_go(self) -> None:
        await self.close(TRY_AGAIN)
        raise _Gone


class _Gone(Exception):  # noqa: N818 - the end of a conversation, not a fault
    """The client was disconnected."""

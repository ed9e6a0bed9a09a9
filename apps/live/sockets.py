"""The base of websockets that send a growing list of events: the stored ones first, then new ones, each once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import time
from collections import deque
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import timezone

from apps.live.fanout import fanout

logger = logging.getLogger(__name__)

NOT_FOUND = 4404
TRY_AGAIN = 1013
SECONDS_BETWEEN_PERMISSION_CHECKS = 60.0
"""How long a socket may outlive what it was opened with if no notice of its end arrives."""
SECONDS_BETWEEN_PERMISSION_CHECKS_UNHEARD = 5.0
"""The same while notices are not heard: while a socket opens, and while Redis is away."""
SECONDS_BETWEEN_POLLS = 1.0
SECONDS_BETWEEN_CHECKS = 5.0
SUBSCRIBE_SECONDS = 1.0
SLOW_CLIENT_SECONDS = 30.0
SILENT_CLIENT_SECONDS = 3.0
MAX_UNACKNOWLEDGED_BYTES = 1024 * 1024
PAGE = 500
SEQUENCE_NUMBER = re.compile(r"[0-9]{1,18}")  # one that the database can compare with


class EventSocket(AsyncWebsocketConsumer):
    """Sends events as JSON text, one a message.

    The client acknowledges events with ``{"seen": seq}``. A client with more than 1 MiB unacknowledged is sent nothing
    more until it acknowledges some, so that one that does not read costs no memory; after a while, sooner if it never
    acknowledged any, it is disconnected with 1013 and may connect again with ``?after=<seq>``.

    It is closed with 4404 when the token, the session or the membership ends that it was opened with: at a notice, at
    the moment the token runs out (``expires_at`` of the scope), and otherwise within a minute.

    Subclasses name the topic, check permission, and read the stored events.
    """

    async def topic(self) -> str | None:
        """Return the topic if the person may follow it now, else ``None``."""
        raise NotImplementedError

    async def events_after(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Return the events after a sequence number, as (number, JSON text), oldest first."""
        raise NotImplementedError

    async def connect(self) -> None:
        """Accept the connection and start sending."""
        self._sender: asyncio.Task[None] | None = None
        topic = await self.topic()
        await self.accept()
        if topic is None:
            await self.close(NOT_FOUND)
            return
        after = parse_qs(self.scope["query_string"].decode("latin-1")).get("after", ["0"])[0]
        self._last = int(after) if SEQUENCE_NUMBER.fullmatch(after) else 0
        self._unacknowledged: deque[tuple[int, int]] = deque()
        self._unacknowledged_bytes = 0
        self._has_acknowledged = False
        self._acknowledged = asyncio.Event()
        self._sender = asyncio.get_running_loop().create_task(self._follow(topic))

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        """Stop sending."""
        if self._sender is not None:
            self._sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sender

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        """Handle an acknowledgement; any other message is ignored."""
        try:
            seen = json.loads(text_data or "")["seen"]
        except (ValueError, KeyError, TypeError):
            return
        if not isinstance(seen, int) or self._sender is None:
            return
        self._has_acknowledged = True
        while self._unacknowledged and self._unacknowledged[0][0] <= seen:
            self._unacknowledged_bytes -= self._unacknowledged.popleft()[1]
        self._acknowledged.set()

    async def _follow(self, topic: str) -> None:
        try:
            await self._send_events(topic)
        except _Disconnected:
            return
        except Exception:
            # Left open, the socket would look live to the page and never send anything again.
            logger.exception("events of %s could not be sent; the client is asked to connect again", topic)
            await self.close(TRY_AGAIN)

    async def _send_events(self, topic: str) -> None:
        checked_at, is_heard = time.monotonic(), False
        # Subscribe first, then read the database: an event committed in between arrives twice and is sent once.
        with fanout().subscribe(topic) as subscription:
            await subscription.ready(SUBSCRIBE_SECONDS)
            await self._catch_up()
            while True:
                wait = SECONDS_BETWEEN_CHECKS if subscription.is_live else SECONDS_BETWEEN_POLLS
                messages = await subscription.take(wait)
                if subscription.take_access_change() or self._is_check_due(checked_at, is_heard):
                    checked_at, is_heard = time.monotonic(), subscription.is_live
                    if await self.topic() is None:
                        await self.close(NOT_FOUND)
                        return
                if messages is None:
                    await self._catch_up()
                for message in messages or ():
                    await self._forward(message)

    def _is_check_due(self, checked_at: float, is_heard: bool) -> bool:  # noqa: FBT001
        """Return whether permission has to be checked again; ``is_heard``: notices were, at the last check."""
        wait = SECONDS_BETWEEN_PERMISSION_CHECKS if is_heard else SECONDS_BETWEEN_PERMISSION_CHECKS_UNHEARD
        expires_at = self.scope.get("expires_at")
        return time.monotonic() - checked_at > wait or (expires_at is not None and timezone.now() >= expires_at)

    async def _forward(self, message: bytes) -> None:
        head, *bodies = message.decode().split("\n")
        first = int(head)
        if first > self._last + 1:
            await self._catch_up()
        for seq, body in enumerate(bodies, first):
            if seq > self._last:
                await self._deliver(seq, body)

    async def _catch_up(self) -> None:
        while events := await self.events_after(self._last, PAGE):
            for seq, body in events:
                await self._deliver(seq, body)

    async def _deliver(self, seq: int, body: str) -> None:
        while self._unacknowledged_bytes > MAX_UNACKNOWLEDGED_BYTES:
            limit = SLOW_CLIENT_SECONDS if self._has_acknowledged else SILENT_CLIENT_SECONDS
            self._acknowledged.clear()
            try:
                async with asyncio.timeout(limit):
                    await self._acknowledged.wait()
            except TimeoutError:
                await self._disconnect_slow_client()
        await self.send(text_data=body)
        self._unacknowledged.append((seq, len(body)))
        self._unacknowledged_bytes += len(body)
        self._last = seq

    async def _disconnect_slow_client(self) -> None:
        await self.close(TRY_AGAIN)
        raise _Disconnected


class UnknownSocket(AsyncWebsocketConsumer):
    """Refuses a websocket at an address that has none; without it each would cost the log a traceback."""

    async def connect(self) -> None:
        """Refuse the handshake."""
        await self.close()


class _Disconnected(Exception):  # noqa: N818 - the end of a conversation, not a fault
    """The client was disconnected."""

"""HTTP as uvicorn speaks it, with a short way for the usual request: no task, no scope, one write.

A request that may be usual is held back until its body is whole. When `quick` does not answer it, it goes the way of
every other request as if nothing had been.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tasks.inference.server.body import CSV
from tasks.inference.server.quick import MOST_BYTES, Door

if TYPE_CHECKING:
    from tasks.inference.server.app import Application

JSON = b"application/json"
ODD = frozenset({b"expect", b"transfer-encoding", b"content-encoding", b"x-deadline-ms", b"upgrade"})
"""Headers of requests that are not usual."""


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        application: Application = self.app
        self._quick = application.quick
        self._door: Door | None = None
        self._gathering: Any = None
        self._authorization = b""
        self._parts = b""
        self._is_ending = False

    def on_message_begin(self) -> None:
        """Begin a request; its scope is made when it is needed."""
        if self._gathering is not None:  # the next one came before the answer to the last: answers keep their order
            self._gathering.flush()
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Hold a request back that may be usual."""
        self._door = self._usual()
        self._parts = b""
        if self._door is None:
            self._begin()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        if self._door is None:
            super().on_body(body)
        else:
            self._parts = self._parts + body if self._parts else body

    def on_message_complete(self) -> None:
        """Answer a usual request."""
        door = self._door
        if door is None:
            super().on_message_complete()
            return
        self._gathering = door.gathering
        self._quick.answer(door, self._authorization, self._parts, self._answered)

    def shutdown(self) -> None:
        """End after the answer that is being made."""
        if self._gathering is not None:
            self._gathering.flush()
        if self._door is not None:
            self._is_ending = True
            return
        super().shutdown()

    def _answered(self, answer: bytes | None) -> None:
        self._gathering = None
        if self.transport.is_closing():
            self._door = None
            return
        if answer is None:
            self._go_the_long_way()
            return
        self._door = None
        self.transport.write(answer)
        self.server_state.total_requests += 1
        if self._is_ending:
            self.transport.close()
            return
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _go_the_long_way(self) -> None:
        self._door = None
        self._begin()
        if self._parts:
            super().on_body(self._parts)
        super().on_message_complete()
        if self._is_ending:
            self.cycle.keep_alive = False

    def _begin(self) -> None:
        """Begin a request as uvicorn does."""
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()

    def _usual(self) -> Door | None:
        """Return the door of a request that may be usual, as far as its head tells."""
        if self.parser.get_method() != b"POST" or not self.parser.should_keep_alive() or self.flow.write_paused:
            return None
        if self.pipeline or (self.cycle is not None and not self.cycle.response_complete):
            return None
        door = self._quick.door(self.url)
        if door is None:
            return None
        length = authorization = b""
        for name, value in self.headers:
            if name in ODD:
                return None
            if name == b"authorization":
                authorization = value
            elif name == b"content-length":
                length = value
            elif (name == b"content-type" and value != JSON) or (name == b"accept" and CSV in value):
                return None
        if not length or len(length) > 15 or int(length) > MOST_BYTES:
            return None
        self._authorization = authorization
        return door

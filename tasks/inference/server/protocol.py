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
ODD = frozenset({b"transfer-encoding", b"content-encoding", b"x-deadline-ms", b"upgrade"})
"""Headers of requests that are not usual."""

LONGEST_LENGTH = 15
"""Digits of a length that is worth reading."""


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
        self._is_refused = False
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
        """Refuse a request for which there is no time; hold one back that may be usual."""
        self._parts = b""
        self._is_refused = False
        self._door = self._usual()
        if self._door is None and not self._is_refused:
            self._begin()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        if self._door is not None:
            self._parts = self._parts + body if self._parts else body
        elif not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Answer a usual request."""
        door = self._door
        if door is not None:
            self._gathering = door.gathering
            self._quick.answer(door, self._authorization, self._parts, self._answered)
        elif not self._is_refused:
            super().on_message_complete()

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
        self._write(answer)
        if self._is_ending:
            self.transport.close()

    def _write(self, answer: bytes) -> None:
        self.transport.write(answer)
        self.server_state.total_requests += 1
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
        authorization, length, is_usual = self._head()
        refusal = self._quick.refusal(door, authorization, length) if length >= 0 else None
        if refusal is not None:
            self._is_refused = True  # what still comes of the body is thrown away
            self._write(refusal)
            return None
        self._authorization = authorization
        return door if is_usual and 0 < length <= MOST_BYTES else None

    def _head(self) -> tuple[bytes, int, bool]:
        """Return the key, the body's length (-1: the caller waits to be told to send it), and whether all is usual."""
        authorization, length, is_usual = b"", 0, True
        for name, value in self.headers:
            if name == b"authorization":
                authorization = value
            elif name == b"content-length":
                length = int(value) if len(value) <= LONGEST_LENGTH else MOST_BYTES + 1
            elif name == b"expect":
                return b"", -1, False
            elif name in ODD or (name == b"content-type" and value != JSON) or (name == b"accept" and CSV in value):
                is_usual = False
        return authorization, length, is_usual

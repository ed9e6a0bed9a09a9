"""HTTP as uvicorn speaks it, with a short way for refusals and for the usual request: no task, no scope, one write.

What can be refused by its head is refused before its body came, and the body is thrown away as it comes. What is let in
is held back until its body is whole; when `quick` does not answer it, it goes the way of every other request as if
nothing had been.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tasks.inference.server.http.body import CSV, DRAIN_SECONDS
from tasks.inference.server.http.fast_path import FlushCallback
from tasks.inference.server.http.route_cache import EndpointRoute, Headers
from tasks.inference.server.limits.cost_estimate import MOST_BYTES
from tasks.inference.server.limits.rate_limits import ADMISSION, PendingCheck

if TYPE_CHECKING:
    from tasks.inference.server.http.application import Application

JSON = b"application/json"
ODD = frozenset({b"content-encoding", b"x-deadline-ms"})
"""Headers of requests that are not usual."""

NOT_TOLD = frozenset({b"transfer-encoding", b"upgrade"})
"""Headers of requests whose bodies are of a length that is not known before."""

LONGEST_LENGTH = 15
"""Digits of a length that is worth reading."""


class Head(NamedTuple):
    """What the head of a usual or unusual request says that a refusal depends on.

    Attributes:
        url: The address.
        authorization: The key's header.
        size: Length of the body, more than 0.
        headers: Names in lower case, and values.
        is_usual: Whether the request may take the short way.
    """

    url: bytes
    authorization: bytes
    size: int
    headers: Headers
    is_usual: bool


class Protocol(HttpToolsProtocol):
    """One connection.

    Attributes:
        heads: Heads that came on any connection, by their bytes.
        is_between: No request has begun to come that has not come whole.
        hurry: Makes the answer that is being made come at once; ``None`` when there is none.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        application: Application = self.app
        self.heads: dict[bytes, Head] = application.heads
        self.is_between = True
        self._head_came: Head | None = None
        self._answered_at = 0.0
        self._fast_path = application.fast_path
        self._precheck = application.precheck
        self._queue = application.queue
        self._most_thrown = application.settings.body_limit_bytes
        self._door: EndpointRoute | None = None
        self.hurry: FlushCallback | None = None
        self._authorization = b""
        self._parts: list[bytes] = []
        self._unparsed = b""  # the head of what is being answered without having been parsed
        self._asked: PendingCheck | None = None
        self._is_late = False
        self._is_held = False
        self._is_refused = False
        self._is_ending = False
        self._thrown = 0

    def connection_lost(self, exc: Exception | None) -> None:
        """End; what is still asked for is not computed any more."""
        if self.hurry is not None:
            self.hurry()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin a request; its scope is made when it is needed."""
        if self.hurry is not None:  # the next one came before the answer to the last: answers keep their order
            self.hurry()
        self.is_between, self._head_came = False, None
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Refuse what needs no body to be refused; hold back what has a short one."""
        self._door = None
        if self._is_late:
            self._is_held, self._parts = True, []
            return
        if self.parser.get_method() != b"POST" or self.flow.write_paused or self._is_answering():
            self._begin()
            return
        authorization, size, is_usual, is_awaited = self._head()
        refusal = self._precheck.refusal(self.url, authorization, size) if size <= self._most_thrown else None
        if refusal is not None:
            self._refuse(refusal, is_last=is_awaited or not self.parser.should_keep_alive())
        elif is_awaited or not 0 < size <= MOST_BYTES:
            self._begin()
        else:
            self._is_held, self._parts, self._authorization = True, [], authorization
            if self.parser.should_keep_alive():
                self._head_came = Head(self.url, authorization, size, self.headers, is_usual)
            if is_usual and self.parser.should_keep_alive():
                self._door = self._fast_path.door(self.url)

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body, or throw it away."""
        if self._is_held:
            self._parts.append(body)
        elif not self._is_refused:
            super().on_body(body)
        else:
            self._thrown += len(body)
            if self._thrown > self._most_thrown:
                self.transport.close()

    def on_message_complete(self) -> None:
        """Answer a usual request; have the others answered."""
        self.is_between = True
        if self._is_refused:
            self._is_refused = False
            if self._is_ending:
                self.transport.close()
        elif self._is_held:
            parts = self._parts
            self._parts = [parts[0] if len(parts) == 1 else b"".join(parts)]
            if self._door is None:
                asked, self._asked, self._is_late = self._asked, None, False
                self._go_the_long_way(asked)
            else:
                self._ask(self._door, self.headers)
        else:
            super().on_message_complete()

    def shutdown(self) -> None:
        """End after the answer that is being made."""
        if self.hurry is not None:
            self.hurry()
        if self._is_held or self._is_refused:
            self._is_ending = True
            return
        super().shutdown()

    def learned(self) -> Head | None:
        """Return the head that has just come, if it is worth remembering and nothing came with it."""
        return None if self._parts else self._head_came

    def is_free(self) -> bool:
        """Return whether a request can be met by a head that came before: everything else was answered."""
        return not (self._is_held or self._is_ending or self.flow.write_paused or self._is_answering())

    def is_crowded(self) -> bool:
        """Return whether what comes next will most likely be refused."""
        return (self.is_between or self._is_refused) and self._precheck.is_crowded()

    def refuses(self, head: Head) -> bool:
        """Refuse a request by a head that came before, where it must be refused; its body is not parsed then."""
        refusal = self._precheck.refusal(head.url, head.authorization, head.size)
        if refusal is None:
            return False
        self._write(refusal)
        self.is_between, self._is_refused = False, True
        return True

    def door(self, head: Head) -> EndpointRoute | None:
        """Return where a request with a head that came before is answered on the short way."""
        return self._fast_path.door(head.url) if head.is_usual else None

    def answer(self, door: EndpointRoute, head: Head, unparsed: bytes, body: bytes) -> None:
        """Answer a usual request, now or in a moment; it is parsed only when the short way has no answer.

        Args:
            head: What the parser made of the same head before.
            unparsed: The head as it came.
            body: The whole body.
        """
        self._is_held, self._parts = True, [body]
        self._door, self._authorization, self._unparsed = door, head.authorization, unparsed
        self._ask(door, head.headers)

    def timeout_keep_alive_handler(self) -> None:
        """End a connection that was not answered for long: an answer notes its time and lets the clock run on."""
        begun = self.loop.time() if self._is_held else self._answered_at
        left = begun + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _stay(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _unset_keepalive_if_required(self) -> None:
        """Let the time run while a body is thrown away: who sends it slowly does not stay for ever."""
        if not self._is_refused:
            super()._unset_keepalive_if_required()

    def _ask(self, door: EndpointRoute, headers: Headers) -> None:
        hurry = self._fast_path.answer(door, self._authorization, headers, self._parts[0], self._answered)
        if self._door is not None:  # not answered yet
            self.hurry = hurry

    def _answered(self, answer: bytes | None, asked: PendingCheck | None) -> None:
        self.hurry = None
        if self.transport.is_closing():
            self._let_go()
        elif answer is None and self._unparsed:
            self._is_late, self._asked = True, asked
            self.data_received(self._unparsed + self._let_go())
        elif answer is None:
            self._go_the_long_way(asked)
        else:
            self._let_go()
            self._write(answer)
            if self._is_ending:
                self.transport.close()

    def _let_go(self) -> bytes:
        """Hold nothing back any more; return the body that was."""
        body = self._parts[0]
        self._door, self._is_held, self._parts, self._unparsed = None, False, [], b""
        return body

    def _write(self, answer: bytes) -> None:
        self.transport.write(answer)
        self.server_state.total_requests += 1
        self._answered_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._stay()

    def _refuse(self, refusal: bytes, *, is_last: bool) -> None:
        """Say no before the body is there.

        Args:
            refusal: The whole answer.
            is_last: Whether the connection ends with it. It does for who waits to be told to send the body: whether
                what comes next is that body or another request, nobody could say.
        """
        if is_last:
            refusal = refusal.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1)
            self._is_ending = True
            self.loop.call_later(DRAIN_SECONDS, self.transport.close)
        self._write(refusal)
        self._is_refused, self._thrown = True, 0

    def _go_the_long_way(self, asked: PendingCheck | None) -> None:
        body = self._let_go()
        keeps_alive = self.parser.should_keep_alive() and not self._is_ending
        refusal = self._precheck.refusal(self.url, self._authorization, len(body)) if keeps_alive else None
        if refusal is not None:  # the others that came at this look at the network have filled the row
            self._write(refusal)
            return
        self._queue.reserve()
        self._begin()
        if asked is not None:
            self.scope[ADMISSION] = asked  # type: ignore[literal-required]
        self.cycle.body += body  # all at once: reading need not pause
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

    def _is_answering(self) -> bool:
        """Return whether an earlier request of this connection was not answered yet."""
        return bool(self.pipeline) or (self.cycle is not None and not self.cycle.response_complete)

    def _head(self) -> tuple[bytes, int, bool, bool]:
        """Return the key, the body's length or 0, whether all is usual, and whether the caller waits with the body."""
        authorization, size, is_usual, is_awaited, is_told = b"", 0, True, False, True
        for name, value in self.headers:
            if name == b"authorization":
                authorization = value
            elif name == b"content-length":
                size = int(value) if len(value) <= LONGEST_LENGTH else 10**LONGEST_LENGTH
            elif name == b"expect":
                is_awaited = True
            elif name in NOT_TOLD:
                is_told = False
            elif name in ODD or (name == b"content-type" and value != JSON) or (name == b"accept" and CSV in value):
                is_usual = False
        return authorization, size if is_told else 0, is_usual, is_awaited

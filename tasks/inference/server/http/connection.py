"""One HTTP connection: uvicorn's protocol, which answers predictions itself and leaves the rest to the application.

httptools parses. What can be refused by its head is refused before its body comes, and the body is discarded as it
comes. A prediction whose body is of a known, moderate length is kept until it is whole and goes to `FastPath` without
a task, a scope or an event. Everything else takes uvicorn's way over ASGI.
"""

from __future__ import annotations

import logging
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tasks.inference.server.http.body import DISCARD_SECONDS
from tasks.inference.server.http.direct_call import DirectCall
from tasks.inference.server.limits.cost_estimate import MAX_BYTES
from tasks.inference.server.protocols.request_head import RequestHead, read_head
from tasks.inference.server.protocols.routes import find_route
from tasks.inference.server.responses import HttpError, Result, encode, with_headers

if TYPE_CHECKING:
    import asyncio

    from tasks.inference.server.http.application import Application

logger = logging.getLogger(__name__)

HEAD_SECONDS = 20.0
"""Until the first request begins, and until the head of one is whole."""

BODY_GRACE_SECONDS = 20.0
BODY_RATE = 4096
"""After the grace a body must have come with at least so many bytes a second."""

MAX_HEAD_BYTES = 64 * 1024


class NoEvent:
    """What uvicorn sets to wake an ASGI application, where there is none."""

    def set(self) -> None:
        """Do nothing."""


class DirectCycle:
    """A prediction that the connection answers later, in the place of uvicorn's cycle of a request.

    uvicorn starts the next pipelined request when the cycle of the one before is complete, so responses keep their
    order whichever way each request takes.

    Attributes:
        call: What makes the response.
    """

    message_event = NoEvent()

    def __init__(self, call: DirectCall[Result]) -> None:
        self.call = call
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True


class HttpConnection(HttpToolsProtocol):
    """One connection.

    Attributes:
        heads: Heads that came on any connection, by their bytes.
        is_between: Every request that has begun to come has come whole.
        precheck: Refuses requests by their heads.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        application: Application = self.app
        self.heads = application.heads
        self.is_between = True
        self.precheck = application.precheck
        self._fast_path = application.fast_path
        self._cross_origin = application.cross_origin
        self._max_discarded = application.settings.body_limit_bytes
        self._new_head: RequestHead | None = None
        self._head: RequestHead | None = None  # of the request whose body is kept until it is whole
        self._parts: list[bytes] = []
        self._answered_at = 0.0
        self._is_refused = False
        self._is_ending = False
        self._discarded = 0
        self._registry = application.connections
        self._is_head_whole = False
        self._requests_begun = 0
        self._received = 0  # bytes of the head or the body that is coming
        self._seen: tuple[float, ...] = ()
        self._since = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless the address of the client has too many connections."""
        super().connection_made(transport)
        if not self._registry.admit(self, self.client[0] if self.client else ""):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """End; a response that is still to be made is not made any more."""
        if isinstance(self.cycle, DirectCycle):
            self.cycle.call.cancel()
        self._registry.remove(self)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin a request; its scope is made when it is needed."""
        self.is_between, self._new_head = False, None
        self._requests_begun += 1
        self._is_head_whole, self._received = False, 0
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Refuse what needs no body to be refused; keep the body of what is answered without ASGI."""
        self._is_head_whole, self._received = True, 0
        if self.parser.get_method() != b"POST" or self.flow.write_paused or self._is_answering():
            self._begin_asgi()
            return
        path, _, query = self.url.partition(b"?")
        head = read_head(find_route(unquote(path.decode("latin-1")), query), self.headers)
        keeps_alive = self.parser.should_keep_alive()
        refusal = self.precheck.refusal(head) if head.content_length <= self._max_discarded else None
        if refusal is not None:
            self._refuse(self._for_origin(refusal, head), is_last=head.expects_continue or not keeps_alive)
        elif head.expects_continue or not keeps_alive or head.route is None or not head.route.is_inference:
            self._begin_asgi()
        elif 0 < head.content_length <= MAX_BYTES:
            self._head = self._new_head = head
        else:
            self._begin_asgi()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body, or discard it."""
        self._received += len(body)
        if self._head is not None:
            self._parts.append(body)
        elif not self._is_refused:
            super().on_body(body)
        else:
            self._discarded += len(body)
            if self._discarded > self._max_discarded:
                self.transport.close()

    def on_message_complete(self) -> None:
        """Answer a request whose body was kept."""
        self.is_between = True
        if self._is_refused:
            self._is_refused = False
            if self._is_ending:
                self.transport.close()
        elif self._head is not None:
            head, parts = self._head, self._parts
            self._head, self._parts = None, []
            self.answer(head, parts[0] if len(parts) == 1 else b"".join(parts))
        else:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words, as plain text
        """Answer what cannot be parsed in the form of every error, and end."""
        self._end_with(HttpError(400, "bad_request", "The request cannot be understood: it is not HTTP/1.1."))

    def refuse_long_head(self, size: int) -> None:
        """Count bytes of a head that is not whole yet, and refuse one that does not end."""
        if self._is_head_whole or self.is_between or self.transport.is_closing():
            return
        self._received += size
        if self._received > MAX_HEAD_BYTES:
            message = f"The head of the request is larger than {MAX_HEAD_BYTES // 1024} KiB."
            self._end_with(HttpError(431, "head_too_large", message))

    def waits_for_head(self) -> bool:
        """Return whether nothing is worked on, and nothing has come but a part of a head."""
        return not self._is_answering() and (self.is_between or not self._is_head_whole or self._is_refused)

    def waits_for_body(self) -> bool:
        """Return whether the rest of a body is waited for."""
        return not self.is_between and self._is_head_whole

    def drop(self) -> None:
        """End the connection at once."""
        self._registry.remove(self)
        self.transport.abort()

    def check(self, now: float) -> None:
        """End what takes longer than it may. ``now``: by the clock of the event loop."""
        is_answering, unread = self._is_answering(), self.transport.get_write_buffer_size()
        seen = (self._requests_begun, self._is_head_whole, self._answered_at, is_answering, unread)
        if seen != self._seen:
            self._seen, self._since = seen, now
            return
        elapsed = now - self._since
        if unread:  # the client does not read, and what is to be written keeps even a closed connection open
            if elapsed > self.timeout_keep_alive:
                self.drop()
        elif self.is_between or self._is_refused:
            # Line ends before a request stop uvicorn's own clock without beginning anything.
            limit = self.timeout_keep_alive if self._requests_begun or self._answered_at else HEAD_SECONDS
            if elapsed > limit and not is_answering:
                self.transport.close()
        elif not self._is_head_whole:
            if elapsed > HEAD_SECONDS and not is_answering:
                self._end_with(_too_slow(f"The head of the request did not come within {HEAD_SECONDS:g} s."))
        elif elapsed > BODY_GRACE_SECONDS and self._received < BODY_RATE * elapsed and not self.pipeline:
            is_answered = self._head is None and not (is_answering and not self.cycle.response_started)
            if is_answered:
                self.transport.close()
            else:
                self._end_with(_too_slow(f"The body came with less than {BODY_RATE:,} bytes a second."))

    def _end_with(self, error: HttpError) -> None:
        self.transport.write(with_headers(encode(error), ((b"connection", b"close"),)))
        self.transport.close()

    def shutdown(self) -> None:
        """End after the request that is being read or answered."""
        if self._head is not None or self._is_refused:
            self._is_ending = True
            return
        super().shutdown()

    def learned_head(self) -> RequestHead | None:
        """Return the head that has just come, if it is worth remembering and nothing came with it."""
        return None if self._parts else self._new_head

    def is_free(self) -> bool:
        """Return whether a request whose head is remembered can be answered at once: nothing is read or answered."""
        return not (self._head is not None or self._is_ending or self.flow.write_paused or self._is_answering())

    def needs_head(self) -> bool:
        """Return whether nothing but a head, which may be refused, is needed of what comes next."""
        return self.is_between or self._is_refused

    def refuses(self, head: RequestHead) -> bool:
        """Refuse a request by a head that is remembered, where it must be refused; its body is not parsed then."""
        refusal = self.precheck.refusal(head)
        if refusal is None:
            return False
        self._write(self._for_origin(refusal, head))
        self.is_between, self._is_refused = False, True
        self._is_head_whole = True
        return True

    def answer(self, head: RequestHead, content: bytes) -> None:
        """Answer a prediction, now or when its turn comes."""
        response = self._fast_path.respond(head, perf_counter(), content)
        try:
            future = response.send(None)
        except StopIteration as end:  # most requests never wait
            self._send(end.value, head)
        except Exception as error:  # process edge
            self._send(_failure(error), head)
        else:
            call = DirectCall(response, partial(self._on_response, head))
            call.resume_after(future)
            self.cycle = DirectCycle(call)  # type: ignore[assignment]

    def timeout_keep_alive_handler(self) -> None:
        """End a connection that was silent for long. A response only notes its time, which restarts the clock here."""
        is_waiting = self._head is not None or self._is_answering()
        silent_since = self.loop.time() if is_waiting else self._answered_at
        left = silent_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _on_response(self, head: RequestHead, result: Result | None, error: Exception | None) -> None:
        """Send the response to a request that had to wait, and go on with what came meanwhile."""
        self._send(_failure(error) if result is None else result, head)
        if isinstance(self.cycle, DirectCycle):
            self.cycle.response_complete = True
            if not self.cycle.keep_alive:
                self.transport.close()
        elif self.pipeline and not self.transport.is_closing():  # the cycle is that of the newest request
            self.flow.resume_reading()
            self._start_asgi_task(*self.pipeline.pop())

    def _send(self, result: Result, head: RequestHead) -> None:
        if self.transport.is_closing():
            return
        self._write(self._for_origin(encode(result), head))
        if self._is_ending:
            self.transport.close()

    def _for_origin(self, response: bytes, head: RequestHead) -> bytes:
        """Return a response as a page of another site gets it."""
        return with_headers(response, self._cross_origin.headers(head.origin)) if head.origin else response

    def _write(self, response: bytes) -> None:
        self.transport.write(response)
        self.server_state.total_requests += 1
        self._answered_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _unset_keepalive_if_required(self) -> None:
        """Let the clock run while a body is discarded: a client that sends it slowly must not stay for ever."""
        if not self._is_refused:
            super()._unset_keepalive_if_required()

    def _refuse(self, refusal: bytes, *, is_last: bool) -> None:
        """Refuse before the body is there.

        Args:
            refusal: The whole response.
            is_last: Whether the connection ends with it. It does for a client that waits to be told to send the body:
                whether it will send that body or another request next, nobody could tell.
        """
        if is_last:
            refusal = refusal.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1)
            self._is_ending = True
            self.loop.call_later(DISCARD_SECONDS, self.transport.close)
        self._write(refusal)
        self._is_refused, self._discarded = True, 0

    def _begin_asgi(self) -> None:
        """Begin a request as uvicorn does, from what the parser has said so far."""
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()

    def _is_answering(self) -> bool:
        """Return whether an earlier request of this connection has not been answered yet."""
        return bool(self.pipeline) or (self.cycle is not None and not self.cycle.response_complete)


def _too_slow(message: str) -> HttpError:
    return HttpError(408, "too_slow", message)


def _failure(error: Exception | None) -> HttpError:
    logger.error("A request failed.", exc_info=error)
    return HttpError(500, "failed", "The server failed on this request. It has been written to the log.")

"""One connection: its head and body in time and within limits, or a short refusal."""

from __future__ import annotations

import json
import time
from enum import Enum
from typing import TYPE_CHECKING, Any

from twisted.web import http

from apps.common.errors import error_body
from leptonweb.web.backpressure import Backpressure
from tasks.graph.messages import Message

if TYPE_CHECKING:
    from leptonweb.web.connection_registry import ConnectionRegistry

LINGER_SECONDS = 5.0
MOST_DISCARDED_BYTES = 64 * 1024 * 1024
UNREADABLE = Message("request.unreadable", "The request cannot be understood.")
STATUS_LINES = {
    400: b"Bad Request",
    408: b"Request Timeout",
    413: b"Content Too Large",
    414: b"URI Too Long",
    431: b"Request Header Fields Too Large",
    507: b"Insufficient Storage",
}


class Phase(Enum):
    """What a connection is at."""

    IDLE = "between requests"
    HEAD = "the head of a request comes"
    BODY = "the body of a request comes"
    BUSY = "a request is worked on"
    SOCKET = "it is a websocket"
    REFUSED = "it was refused and is let go"


class BoundedChannel(http.HTTPChannel):
    """A connection that may be refused while a request still comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.connections: ConnectionRegistry
        self.address = ""
        self.backpressure = Backpressure()
        self.phase = Phase.HEAD
        self.has_begun = False
        self._since = time.monotonic()
        self._cap = 0
        self._received = 0
        self._discarded = 0

    # -- the course of a request ----------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take bytes of a request, or throw them away after a refusal."""
        if self.phase is Phase.REFUSED:
            self._discard(data)
            return
        if self.phase is Phase.IDLE:
            self._enter(Phase.HEAD)
        self.has_begun = True
        super().dataReceived(data)

    def allHeadersReceived(self) -> None:  # noqa: N802 - Twisted's name
        """Refuse a body that is announced too large before a byte of it is kept."""
        request = self.requests[-1]
        request.parseCookies()
        head = request.requestHeaders
        self._cap = self.connections.limits.body_cap(
            self._command,
            self._path,
            content_type=(head.getRawHeaders(b"content-type") or [b""])[0],
            has_key=head.hasHeader(b"authorization"),
            cookies=request.received_cookies,
        )
        if self.length is not None and self.length > self._cap:
            self.refuse_body(self.length)
            return
        self._enter(Phase.BODY)
        super().allHeadersReceived()

    def count_body(self, size: int) -> bool:
        """Count received bytes of a body and return whether they may be kept."""
        self._received += size
        if self.phase is Phase.BODY and self._received > self._cap:
            self.refuse_body(None)
        return self.phase is not Phase.REFUSED

    def allContentReceived(self) -> None:  # noqa: N802 - Twisted's name
        """Hand the whole request on."""
        if self.phase is Phase.REFUSED:
            return
        self._enter(Phase.BUSY)
        super().allContentReceived()

    def requestDone(self, request: Any) -> None:  # noqa: N802 - Twisted's name
        """Wait for the next request, or end when the process does."""
        if self.phase is not Phase.REFUSED:
            self._enter(Phase.IDLE)
            self.has_begun = False
        if self.connections.is_ending:
            self.persistent = False
        super().requestDone(request)

    def become_socket(self) -> None:
        """Take note that the connection was upgraded."""
        self._enter(Phase.SOCKET)

    # -- refusing ---------------------------------------------------------------------------------------------------

    def refuse_body(self, length: int | None) -> None:
        """Answer 413."""
        cap = self._cap / 1024**2
        message = Message(
            "request.larger", "This call takes at most {limit:,.1f} MB, and the request is larger.", limit=cap
        )
        if length is not None:
            message = Message(
                "request.announced_too_large",
                "The request has {size:,.1f} MB, but this call takes at most {limit:,.1f} MB.",
                size=length / 1024**2,
                limit=cap,
            )
        self.refuse(413, "too_large", message)

    def refuse(self, status: int, code: str, message: str) -> None:
        """Answer in the one error form and let the connection go.

        What still comes is read and thrown away for a while: closing at once would destroy the answer on its way.
        """
        self.connections.count_refusal(code)
        self._enter(Phase.REFUSED)
        self.clearLineBuffer()  # Twisted goes on with what it has received, line after line
        self.setTimeout(LINGER_SECONDS)
        body = json.dumps(error_body(code, message), ensure_ascii=False).encode()
        lines = (
            b"HTTP/1.1 %d %s" % (status, STATUS_LINES[status]),
            b"Content-Type: application/json",
            b"X-Content-Type-Options: nosniff",
            b"Connection: close",
            b"Content-Length: %d" % len(body),
        )
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        self.transport.loseWriteConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802 - Twisted's name
        """Answer what Twisted cannot read, or what has more lines or bytes before its body than it takes."""
        if self._receivedHeaderSize > self.totalHeadersSize or self._receivedHeaderCount > self.maxHeaders:
            self.lineLengthExceeded(b"")
        elif self.phase is not Phase.REFUSED:
            self.refuse(400, "bad_request", UNREADABLE)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002, N802 - Twisted's name
        """Refuse a head that is too large, and say whether its address or its headers are."""
        if self.phase is Phase.REFUSED:
            return
        limit = self.totalHeadersSize // 1024
        if self._HTTPChannel__first_line:
            message = Message("request.long_address", "The address is longer than {limit:,} KiB.", limit=limit)
            self.refuse(414, "address_too_long", message)
        else:
            message = Message(
                "request.large_head",
                "The headers of the request, cookies among them, are larger than {limit:,} KiB.",
                limit=limit,
            )
            self.refuse(431, "head_too_large", message)

    def drop(self) -> None:
        """End the connection at once."""
        self.connections.remove(self)
        self.backpressure.stopProducing()
        self.transport.abortConnection()

    def check(self, now: float) -> None:
        """End what takes longer than it may. ``now``: by the monotonic clock."""
        limits, elapsed = self.connections.limits, now - self._since
        if self.phase is Phase.HEAD and elapsed > limits.head_seconds:
            if self.has_begun:
                self.refuse(408, "too_slow", _slow_head(limits.head_seconds))
            else:
                self.loseConnection()
        elif (
            self.phase is Phase.BODY
            and elapsed > limits.body_grace_seconds
            and self._received < (limits.body_rate * elapsed)
        ):
            self.refuse(408, "too_slow", _slow_body(limits.body_rate))

    def _discard(self, data: bytes) -> None:
        self._discarded += len(data)
        if self._discarded > MOST_DISCARDED_BYTES:
            self.transport.pauseProducing()

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self._since = time.monotonic()
        self._received = 0

    # -- back-pressure and the end ----------------------------------------------------------------------------------

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Let who writes wait."""
        self.backpressure.pauseProducing()
        super().pauseProducing()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Let who writes go on."""
        self.backpressure.resumeProducing()
        super().resumeProducing()

    def loseConnection(self) -> None:  # noqa: N802 - Twisted's name
        """End when what was written is away."""
        self.backpressure.stopProducing()
        super().loseConnection()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """Clean up."""
        self.backpressure.stopProducing()
        self.connections.remove(self)
        super().connectionLost(reason)


def _slow_head(seconds: float) -> Message:
    return Message("request.slow_head", "The request did not come within {seconds:g} s.", seconds=seconds)


def _slow_body(rate: float) -> Message:
    return Message("request.slow_body", "The request came with less than {rate:,g} bytes a second.", rate=rate)

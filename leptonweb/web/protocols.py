"""Daphne's request and websocket with what they lack: bounded bodies, no trusted headers, answers as JSON."""

from __future__ import annotations

import json
import time
from io import BytesIO
from typing import Any, BinaryIO

from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

from apps.common.disk_space import is_disk_full
from apps.common.errors import disk_full, error_body
from leptonweb.web.backpressure import Backpressure
from leptonweb.web.channel import UNREADABLE, BoundedChannel
from leptonweb.web.connection_registry import ConnectionRegistry
from tasks.graph.messages import Message

NORMAL = 1000
POLICY_VIOLATION = 1008
CODES = {400: "bad_request", 500: "server_error", 503: "too_slow"}
MESSAGES = {
    400: UNREADABLE,
    500: Message("server.failed", "Something went wrong on our side. It has been written to the log."),
    503: Message("server.too_slow", "There was no answer in time. Try again later."),
}


class BoundedRequest(WebRequest):
    """One request."""

    content: Any

    def __init__(self, channel: BoundedChannel, queued: object = False) -> None:
        super().__init__(channel, queued)
        # The application reads forms; Twisted would read them too, whole and in memory.
        self._parsePOSTFormSubmission = False

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Keep bytes of the body while they may be kept."""
        if not self.channel.count_body(len(data)):
            return
        try:
            super().handleContentChunk(data)
        except OSError as error:  # a large body lies in a file meanwhile
            if not is_disk_full(error):
                raise
            full = disk_full()
            self.channel.refuse(full.status, full.code, full.message)

    def process(self) -> Any:
        """Begin to work on a whole request."""
        # Anybody could say with it that the pages lie elsewhere.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        if self.channel.connections.is_ending:
            self.responseHeaders.setRawHeaders(b"connection", [b"close"])
        self.channel.backpressure.last_progress_at = time.monotonic()
        self.server.ws_factory.upgrading = self.channel
        return super().process()

    def take_body(self) -> BinaryIO:
        """Return the received bytes; daphne finds none any more and puts nothing into memory."""
        body: BinaryIO = self.content
        self.content = BytesIO()
        return body

    @property
    def backpressure(self) -> Backpressure | None:
        """What says whether there is room to write; ``None`` when the conversation is over."""
        channel = getattr(self, "channel", None)
        return channel.backpressure if channel is not None else None

    def check_timeouts(self) -> None:
        """End an answer that does not begin; one that went on for long is only ended when it stands still."""
        if not self._response_started:
            super().check_timeouts()
        elif self.backpressure and time.monotonic() - self.backpressure.last_progress_at > self.server.http_timeout:
            self.channel.drop()

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:  # noqa: ARG002
        """Answer in the one error form."""
        text = json.dumps(error_body(CODES.get(status, "refused"), MESSAGES.get(status, body)))
        headers = [(b"Content-Type", b"application/json"), (b"X-Content-Type-Options", b"nosniff")]
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": text.encode()})


class BoundedHTTPFactory(HTTPFactory):
    """Makes connections."""

    protocol = BoundedChannel

    def __init__(self, server: Any, connections: ConnectionRegistry) -> None:
        super().__init__(server)
        self.connections = connections

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted's name
        """Return a new connection, or nothing when its address has too many."""
        channel = super().buildProtocol(addr)
        channel.requestFactory = BoundedRequest
        return channel if self.connections.admit(channel, str(getattr(addr, "host", ""))) else None


class BoundedSocket(WebSocketProtocol):
    """One websocket."""

    channel: BoundedChannel
    muted: bool

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """Begin, with a measure of our own of whether the other side reads."""
        self.backpressure = Backpressure()
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.backpressure, True)
        self.channel.become_socket()
        super().connectionMade()

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803 - Autobahn's names
        """Hand a message on; who sends faster than we can read is sent away."""
        if self.muted or self.application_queue.qsize() <= self.factory.server_class.limits.waiting_messages:
            super().onMessage(payload, isBinary)
            return
        self.muted = True
        self.application_queue.put_nowait({"type": "websocket.disconnect", "code": POLICY_VIOLATION})
        self.serverClose(POLICY_VIOLATION, "Too many messages at once.")

    def serverClose(self, code: int | None = None, reason: str = "") -> None:  # noqa: N802 - daphne's name
        """Close with any code: Autobahn refuses those below 3000, such as 1013, when they are sent politely."""
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=code or NORMAL, reasonUtf8=reason.encode(), isReply=False)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """Clean up."""
        self.backpressure.stopProducing()
        self.channel.connections.remove(self.channel)
        super().connectionLost(reason)


class BoundedSocketFactory(WebSocketFactory):
    """Makes websockets. ``upgrading``: the connection that becomes one."""

    protocol = BoundedSocket
    upgrading: BoundedChannel

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted's name
        """Return a new websocket."""
        socket = super().buildProtocol(addr)
        socket.channel = self.upgrading
        return socket

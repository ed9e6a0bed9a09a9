"""Daphne's server with our connections: bodies from files, back-pressure, and an end in order."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any

# Installs the reactor, so it comes before everything else of Twisted.
from daphne.server import Server  # isort: skip

from twisted.internet import reactor as installed_reactor
from twisted.internet.endpoints import serverFromString
from twisted.logger import globalLogBeginner

from apps.common.health import mark_draining
from leptonweb.web.connection_registry import ConnectionRegistry
from leptonweb.web.limits import Limits
from leptonweb.web.protocols import BoundedHTTPFactory, BoundedRequest, BoundedSocket, BoundedSocketFactory
from leptonweb.web.spooled_body import SpooledBody

reactor: Any = installed_reactor

GOING_AWAY = 1001
CHECK_SECONDS = 1.0
PAUSE_SECONDS = 0.05
SOCKET_END_SECONDS = 3.0
END_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class WebServer(Server):
    """Serves until a signal asks it to end; then lets requests finish and says good-bye to websockets.

    Args:
        application: The ASGI application.
        endpoints: Where to listen, in Twisted's words.
        limits: What one client may take.
    """

    def __init__(self, application: Any, endpoints: list[str], limits: Limits) -> None:
        super().__init__(
            application,
            endpoints=endpoints,
            signal_handlers=False,
            http_timeout=limits.request_seconds,
            websocket_timeout=limits.socket_seconds,
            websocket_max_message_size=limits.socket_message,
            websocket_max_frame_size=limits.socket_message,
            verbosity=0,
            server_name="",
        )
        self.limits = limits
        self.connections: dict[Any, dict[str, Any]] = {}
        self.clients = ConnectionRegistry(limits)
        self._ports: list[Any] = []
        self._ending: asyncio.Task[None] | None = None

    def run(self, begin: Callable[[], None] = lambda: None) -> bool:
        """Serve; return whether it could listen. ``begin``: called in the loop when it runs."""
        globalLogBeginner.beginLoggingTo([lambda _: None], redirectStandardIO=False, discardBuffer=True)
        self.http_factory = BoundedHTTPFactory(self, self.clients)
        self.ws_factory = BoundedSocketFactory(self, server=self.server_name)
        self.ws_factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            # Say why, with a close frame, instead of only dropping the connection.
            failByDrop=False,
            allowNullOrigin=True,
            openHandshakeTimeout=self.websocket_handshake_timeout,
            maxMessagePayloadSize=self.websocket_max_message_size,
            maxFramePayloadSize=self.websocket_max_frame_size,
        )
        loop = reactor._asyncioEventloop
        asyncio.set_event_loop(loop)
        for number in END_SIGNALS:
            loop.add_signal_handler(number, self.end)
        reactor.callLater(CHECK_SECONDS, self.application_checker)
        reactor.callLater(CHECK_SECONDS, self.timeout_checker)
        reactor.callWhenRunning(begin)
        for description in self.endpoints:
            listening = serverFromString(reactor, description).listen(self.http_factory)
            listening.addCallbacks(self._ports.append, self.listen_error)
        reactor.addSystemEventTrigger("before", "shutdown", self.kill_all_applications)
        if not self.abort_start:
            reactor.run(installSignalHandlers=False)
        return not self.abort_start

    def timeout_checker(self) -> None:
        """End what takes longer than it may: requests on their way in, answers, websockets."""
        self.clients.check()
        super().timeout_checker()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Start the application for one request or websocket and return what takes the client's messages."""
        incoming: Any = SpooledBody(protocol.take_body()) if isinstance(protocol, BoundedRequest) else asyncio.Queue()
        scope.setdefault("asgi", {"version": "3.0"})
        running = self.application(scope=scope, receive=incoming.get, send=partial(self.handle_reply, protocol))
        if protocol not in self.connections:
            running.close()
            return None
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(running)
        return incoming

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Write, but not before the other side has read what was written before."""
        if message["type"] in {"http.response.body", "websocket.send"} and protocol.backpressure is not None:
            await protocol.backpressure.ready()
        await super().handle_reply(protocol, message)

    # -- the end ----------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """End in order; at once when asked a second time."""
        if self._ending is not None:
            self.stop()
            return
        self._ending = asyncio.ensure_future(self._end())

    async def _end(self) -> None:
        mark_draining()
        self.clients.is_ending = True
        for port in self._ports:
            port.stopListening()
        try:
            await _until(lambda: not self.clients.is_busy(), self.limits.drain_seconds)
            for socket in self._open_sockets():
                socket.serverClose(GOING_AWAY, "The server is ending; connect again.")
            await _until(lambda: not self._open_sockets(), SOCKET_END_SECONDS)
        finally:
            self.stop()

    def _open_sockets(self) -> list[BoundedSocket]:
        return [
            protocol
            for protocol, found in self.connections.items()
            if isinstance(protocol, BoundedSocket) and "disconnected" not in found
        ]

    def kill_all_applications(self) -> Any:
        """Cancel what still runs; daphne's own stumbles over connections without an application."""
        self.connections = {key: found for key, found in self.connections.items() if "application_instance" in found}
        return super().kill_all_applications()


async def _until(condition: Callable[[], bool], timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not condition() and time.monotonic() < deadline:
        await asyncio.sleep(PAUSE_SECONDS)

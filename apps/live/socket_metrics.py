"""Counts the websockets that are open."""

from __future__ import annotations

from typing import Any

from apps.common.metrics import OPEN_SOCKETS


class SocketMetrics:
    """Middleware that counts the open connections."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Serve a connection, counted while it is open."""
        with OPEN_SOCKETS.track_inprogress():
            return await self.application(scope, receive, send)

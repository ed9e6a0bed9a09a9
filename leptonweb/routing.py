"""Websocket routes of every application."""

from typing import Any


def websocket_routes() -> list[Any]:
    """Return the websocket routes; imported late because consumers need loaded applications."""
    from apps.runs.routing import websocket_urlpatterns

    return list(websocket_urlpatterns)

"""Websocket routes of every application."""

from typing import Any


def websocket_routes() -> list[Any]:
    """Return the websocket routes; imported late because consumers need loaded applications."""
    from django.urls import re_path

    from apps.live.sockets import UnknownSocket
    from apps.runs.routing import websocket_urlpatterns

    return [*websocket_urlpatterns, re_path(r"", UnknownSocket.as_asgi())]

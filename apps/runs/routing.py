"""Websocket routes of runs."""

from django.urls import path

from apps.runs.sockets import RunSocket

websocket_urlpatterns = [path("ws/runs/<uuid:run>/", RunSocket.as_asgi())]

"""Whether this process answers, reaches its database and goes on living."""

from __future__ import annotations

import threading

from django.db import connection
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.disk_space import RESERVE_BYTES, can_write_uploads, free_bytes
from apps.common.errors import ApplicationError
from tasks.graph.messages import Message

_ending = threading.Event()


def mark_draining() -> None:
    """Make the readiness check fail before this process ends, so that new requests go to other processes."""
    _ending.set()


class HealthView(APIView):
    """For supervisors and load balancers."""

    permission_classes = (AllowAny,)
    authentication_classes = ()

    @extend_schema(
        operation_id="health",
        responses=inline_serializer(
            "Health",
            {
                "status": serializers.CharField(),
                "disk": serializers.ChoiceField(choices=["ok", "full", "read_only"]),
            },
        ),
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Answer ``ok`` after one question to the database; 503 when this process is about to end.

        A disk that is full or read-only is said beside it: what only reads is answered all the
        same, so the process stays in service.
        """
        if _ending.is_set():
            raise ApplicationError("ending", Message("server.ending", "This server is ending."), 503)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        full_or_ok = "ok" if free_bytes() >= RESERVE_BYTES else "full"
        return Response({"status": "ok", "disk": full_or_ok if can_write_uploads() else "read_only"})

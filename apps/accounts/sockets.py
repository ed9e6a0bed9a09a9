"""Who opens a websocket: a browser with its session from an allowed origin, or a program with its token."""

from __future__ import annotations

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.security.websocket import AllowedHostsOriginValidator
from django.contrib.auth.models import AnonymousUser

from apps.accounts import tokens
from apps.accounts.authentication import bearer_of


class SocketAuthentication:
    """Put ``user`` into the scope.

    Browsers send cookies along from any site but cannot set an Authorization header on a websocket, so
    the origin is checked exactly when there is no such header, and cookies count only then.
    """

    def __init__(self, application: Any) -> None:
        self.for_programs = application
        self.for_browsers = AllowedHostsOriginValidator(AuthMiddlewareStack(application))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Pass the connection on with its user."""
        header = dict(scope.get("headers", ())).get(b"authorization")
        if header is None:
            return await self.for_browsers(scope, receive, send)
        secret = bearer_of(header.decode("latin-1"))
        user = await database_sync_to_async(tokens.owner_of)(secret) if secret else None
        return await self.for_programs({**scope, "user": user or AnonymousUser()}, receive, send)

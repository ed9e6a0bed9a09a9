"""Who opens a websocket: a browser with its session from an allowed origin, or a program with its token."""

from __future__ import annotations

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http.request import split_domain_port, validate_host

from apps.accounts import tokens
from apps.accounts.authentication import bearer_of
from apps.common.roles import Scope


class SameOrigin:
    """Refuse a websocket that a page of another origin opens: another port of the same host is another origin."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Pass the connection on, or refuse the handshake."""
        headers = {name: value.decode("latin-1") for name, value in scope.get("headers", ())}
        if _is_own_origin(headers.get(b"origin", ""), headers.get(b"host", ""), scope.get("scheme", "ws")):
            return await self._application(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)


def _is_own_origin(origin: str, host: str, scheme: str) -> bool:
    # Any name may be made to resolve to this server, so only those allowed count.
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    own = f"{'https' if scheme == 'wss' else 'http'}://{host}"
    return origin.lower() in {own.lower(), *settings.CSRF_TRUSTED_ORIGINS}


class SocketAuthentication:
    """Put ``user`` into the scope; for a program ``token`` and ``expires_at`` too, when the token runs out or ``None``.

    Browsers send cookies along from any site but cannot set an Authorization header on a websocket, so
    the origin is checked exactly when there is no such header, and cookies count only then.
    """

    def __init__(self, application: Any) -> None:
        self.for_programs = application
        self.for_browsers = SameOrigin(AuthMiddlewareStack(application))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Pass the connection on with its user."""
        header = dict(scope.get("headers", ())).get(b"authorization")
        if header is None:
            return await self.for_browsers(scope, receive, send)
        secret = bearer_of(header.decode("latin-1"))
        token = await database_sync_to_async(tokens.find)(secret) if secret else None
        if token is None or Scope.READ not in token.scopes:
            return await self.for_programs({**scope, "user": AnonymousUser()}, receive, send)
        added = {"user": token.user, "token": token.pk, "expires_at": token.expires_at}
        return await self.for_programs({**scope, **added}, receive, send)

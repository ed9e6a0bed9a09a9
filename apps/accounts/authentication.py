"""``Authorization: Bearer <token>`` for programs; the page uses its session."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts import tokens
from apps.accounts.models import ApiToken, User


def bearer_of(header: str) -> str | None:
    """Return the token of an Authorization header, or ``None`` when it is of another kind."""
    kind, _, secret = header.partition(" ")
    return secret.strip() if kind.lower() == "bearer" and secret.strip() else None


class BearerAuthentication(BaseAuthentication):
    """Recognise a person by an API token."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the token and its owner, ``None`` without a bearer header; refuse a wrong token."""
        secret = bearer_of(request.headers.get("Authorization", ""))
        if secret is None:
            return None
        token = tokens.find(secret)
        if token is None:
            raise AuthenticationFailed("The token is not valid, has expired or was revoked.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """Name the scheme, so that a missing login is a 401."""
        return "Bearer"

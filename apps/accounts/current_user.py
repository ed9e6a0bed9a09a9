"""Who makes a request, as a row."""

from __future__ import annotations

from rest_framework.request import Request

from apps.accounts.models import User


def user_of(request: Request) -> User:
    """Return the person; only for views whose permission refuses anonymous ones."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user

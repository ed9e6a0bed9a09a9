"""What lower applications need to know of a person, without importing accounts."""

from __future__ import annotations

import uuid
from typing import Any, Protocol, cast, runtime_checkable

from rest_framework.request import Request

from apps.common.roles import Role


@runtime_checkable
class Actor(Protocol):
    """Whoever makes a request: a user, or the anonymous one (who has no role anywhere)."""

    pk: Any

    @property
    def is_authenticated(self) -> bool:
        """True for a person who logged in."""

    @property
    def is_superuser(self) -> bool:
        """True for a site administrator."""


class Person(Actor, Protocol):
    """A person who logged in.

    ``must_change_password``: nothing else is done before that.
    """

    must_change_password: bool

    def role_in(self, workspace_id: uuid.UUID) -> Role | None:
        """Return the role in a workspace, or ``None`` for a stranger."""

    def choose_workspace(self, wanted: str) -> Any:
        """Return the workspace with that id, or the first one when ``wanted`` is empty."""


def person(request: Request) -> Person:
    """Return who makes the request; only for views that refuse anonymous ones."""
    return cast("Person", request.user)

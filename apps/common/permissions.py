"""The permission applied to every view: deny unless the view says which action it is and the role has it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from apps.common.actors import person
from apps.common.errors import ApplicationError
from apps.common.roles import Action, may, scope_of
from tasks.graph.messages import Message

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it imports this module while it loads


class RolePermission(BasePermission):
    """Look up the view's action in the table of roles.

    A view states ``acts``: the method of the view (``list``, ``create``; for a plain view the HTTP method in
    lower case) to an ``Action``. What is not stated is refused, administrators included. One that says
    ``serves_first_password`` is open to people who have to change theirs first.
    """

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Refuse anonymous ones, unstated actions, and for calls without an object the wrong role."""
        action = action_of(request, view)
        if not request.user.is_authenticated:
            return False
        if action is None:
            return request.method not in view.allowed_methods  # let it become a 405
        if not getattr(view, "serves_first_password", False):
            _require_own_password(request)
        _require_scope(request, action)
        if action is Action.OWN_ACCOUNT or person(request).is_superuser:
            return True
        if action is Action.ADMINISTER:
            return False
        if getattr(view, "detail", False):
            return True  # decided by the object's own workspace
        return may(person(request).role_in(view.workspace.pk), action)  # type: ignore[attr-defined]

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        """Refuse a member whose role in the object's workspace does not have the action."""
        action = action_of(request, view)
        if action is None:
            return False
        if action is Action.OWN_ACCOUNT or person(request).is_superuser:
            return True
        workspace_id: uuid.UUID = obj.workspace_id
        return may(person(request).role_in(workspace_id), action)


def _require_own_password(request: Request) -> None:
    """Refuse a person who still has the password that the server made, which others have seen."""
    if person(request).must_change_password:
        message = Message(
            "password.must_change",
            "This password was made for you and others have seen it. Choose one of your own first: "
            "“POST /api/v1/password/”, or sign in on the page.",
        )
        raise ApplicationError("password_must_change", message, 403)


def _require_scope(request: Request, action: Action) -> None:
    """Refuse a token that was made for something else. A session of the page has no scopes, only a role."""
    scopes = getattr(request.auth, "scopes", None)
    scope = scope_of(action, only_reads=request.method in SAFE_METHODS)
    if scopes is not None and scope not in scopes:
        message = Message(
            "token.scope_missing",
            "This token was not made for that: it lacks the scope “{scope}”.",
            scope=scope.value,
        )
        raise ApplicationError("scope_missing", message, 403)


def action_of(request: Request, view: APIView) -> Action | None:
    """Return the action that the view states for this call."""
    acts: dict[str, Action] = getattr(view, "acts", {})
    return acts.get(getattr(view, "action", None) or (request.method or "").lower())

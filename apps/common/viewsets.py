"""The base viewset: rows of the person's workspaces only, and the role asked on every call."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from apps.common.actors import person
from apps.common.models import ScopedQuerySet
from apps.common.request_data import refuse_unknown
from apps.common.roles import Action

WORKSPACE_HEADER = "X-Workspace"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # of an id in a route


class WorkspaceView(APIView):
    """For views: ``self.workspace`` is the one named by the header ``X-Workspace``, or the person's first."""

    acts: ClassVar[dict[str, Action]] = {}

    @cached_property
    def workspace(self) -> Any:
        """Return the chosen workspace; raises 404 for one the person does not belong to."""
        return person(self.request).choose_workspace(self.request.headers.get(WORKSPACE_HEADER, ""))


class ScopedViewSet(WorkspaceView, GenericViewSet[Any]):
    """Views of rows that belong to a workspace.

    Subclasses state ``queryset`` (its model's manager made from a ``ScopedQuerySet``) and ``acts``. A row that
    may not be seen is a 404; one that may be seen but not changed is a 403.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse parameters of a query with a call that changes something: its options stand in the body."""
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS:
            refuse_unknown(request, ())

    def get_queryset(self) -> QuerySet[Any]:
        """Return the visible rows; for a list those of the chosen workspace."""
        queryset = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return queryset.none()
        assert isinstance(queryset, ScopedQuerySet)  # noqa: S101
        visible = queryset.visible_to(person(self.request))
        return visible if self.detail else visible.in_workspace(self.workspace.pk)

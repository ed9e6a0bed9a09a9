"""Ordering a list by one of its columns."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.common.errors import ApplicationError
from tasks.graph.messages import Message

PARAMETER = "ordering"


class ColumnOrdering(BaseFilterBackend):
    """Rows in the order of ``?ordering=``, a name of the view's ``orders``; with ``-`` in front the other way round.

    ``orders`` maps each name to a field or an expression of the database. Rows without a value come last.
    """

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        """Return the rows in order. Raises ``ApplicationError`` (400) for a name that is not known."""
        wanted = request.query_params.get(PARAMETER, "")
        if not wanted:
            return queryset
        orders: dict[str, Any] = getattr(view, "orders", {})
        name = wanted.removeprefix("-")
        if name not in orders:
            message = Message(
                "list.unknown_ordering",
                "This list is ordered by {names}, not by “{name}”.",
                names=", ".join(orders),
                name=name,
            )
            raise ApplicationError("invalid", message, 400, [{"at": PARAMETER, "message": message}])
        value = F(orders[name]) if isinstance(orders[name], str) else orders[name]
        in_order = value.desc(nulls_last=True) if wanted.startswith("-") else value.asc(nulls_last=True)
        return queryset.order_by(in_order, "pk")  # equal rows stay on their page

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Return the parameter as the description of the interface has it."""
        names = [sign + name for name in getattr(view, "orders", {}) for sign in ("", "-")]
        return [
            {
                "name": PARAMETER,
                "required": False,
                "in": "query",
                "description": "Column by which the rows are ordered; with `-` in front the other way round.",
                "schema": {"type": "string", "enum": names},
            }
        ]

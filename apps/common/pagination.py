"""Paging of lists: ``?page=`` and ``?page_size=`` up to 200."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from apps.common.request_data import refuse_unknown


class Pages(PageNumberPagination):
    """Numbered pages of 50 rows unless asked otherwise."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        """Return the rows of the page. Raises ``ApplicationError`` (400) for a parameter that it does not have."""
        refuse_unknown(request, list_parameters(view))
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the form of a page: every member is always there."""
        page = super().get_paginated_response_schema(schema)
        return {**page, "required": ["count", "next", "previous", "results"]}


def list_parameters(view: Any) -> list[str]:
    """Return the parameters of a list: of its pages, of its filters, and the view's ``own_parameters``."""
    filters = (backend() for backend in getattr(view, "filter_backends", ()))
    of_filters = [one["name"] for backend in filters for one in backend.get_schema_operation_parameters(view)]
    return [Pages.page_query_param, Pages.page_size_query_param, *of_filters, *getattr(view, "own_parameters", ())]

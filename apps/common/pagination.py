"""Paging of lists: ``?page=`` and ``?page_size=`` up to 200."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """Numbered pages of 50 rows unless asked otherwise."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the form of a page: every member is always there."""
        page = super().get_paginated_response_schema(schema)
        return {**page, "required": ["count", "next", "previous", "results"]}

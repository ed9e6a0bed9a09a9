"""Searching a list by words."""

from __future__ import annotations

from rest_framework.filters import SearchFilter
from rest_framework.request import Request

from apps.common.errors import ApplicationError
from tasks.graph.messages import Message

MOST_WORDS = 32


class WordSearch(SearchFilter):
    """Rows that have each word of ``?search=``. Every word is a condition, and a database takes only so many."""

    def get_search_terms(self, request: Request) -> list[str]:
        """Return the words. Raises ``ApplicationError`` (400) above 32."""
        terms: list[str] = super().get_search_terms(request)
        if len(terms) > MOST_WORDS:
            message = Message("search.too_many_words", "Search for at most {count} words.", count=MOST_WORDS)
            raise ApplicationError("invalid", message, 400)
        return terms

"""Reading the body of a request through a serializer."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer


def validated_body(serializer: type[BaseSerializer[Any]], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """Return the validated values of the body.

    Raises:
        ValidationError: Something is missing or wrong; answered with every fault by place.
    """
    reader = serializer(data=request.data, partial=partial)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


def validated_query(serializer: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """Return the validated values of the query string. Raises ``ValidationError``."""
    reader = serializer(data=request.query_params)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)

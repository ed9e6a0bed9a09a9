"""How views are described in the OpenAPI document: every call may answer with the one error form."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class FieldProblemSerializer(serializers.Serializer[None]):
    """What is wrong at one place."""

    at = serializers.CharField()
    message = serializers.CharField()
    message_id = serializers.CharField(required=False)
    message_params = serializers.JSONField(required=False)


class ErrorSerializer(serializers.Serializer[None]):
    """The one form of every error; the page translates a message by its id and parameters."""

    code = serializers.CharField()
    message = serializers.CharField()
    message_id = serializers.CharField(required=False)
    message_params = serializers.JSONField(required=False)
    problems = FieldProblemSerializer(many=True)


class Schema(AutoSchema):
    """Adds the error form as the default answer of every call."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        bodies = super()._get_response_bodies(direction=direction)
        bodies.setdefault("default", self._get_response_for_code(ErrorSerializer, "default"))  # type: ignore[no-untyped-call]
        return bodies

    def _map_basic_serializer(self, serializer: Any, direction: Literal["request", "response"]) -> Any:
        """Say that a row's members are always there in an answer, also those that may be left out of a question."""
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "response" and isinstance(serializer, serializers.ModelSerializer):
            schema["required"] = sorted(schema.get("properties", {}))
        return schema


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the API token."""

    target_class = "apps.accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:  # noqa: ARG002
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer"}

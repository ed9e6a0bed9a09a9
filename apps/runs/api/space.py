"""HTTP calls about storage usage and its clean-up, for administrators of the site."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.current_user import user_of
from apps.common.request_data import validated_body
from apps.common.roles import Action
from apps.runs import storage_usage
from apps.runs.models import CleanupRequest


class UsedSerializer(serializers.Serializer[None]):
    """Bytes by what takes them."""

    results = serializers.IntegerField()
    datasets = serializers.IntegerField()
    models = serializers.IntegerField()
    uploads = serializers.IntegerField()
    checkpoints = serializers.IntegerField()


class CleanupRequestSerializer(serializers.ModelSerializer[CleanupRequest]):
    """A clean-up of stored results: done, running or requested."""

    asked_by = serializers.CharField(source="asked_by.username", default=None, allow_null=True)

    class Meta:
        """What is shown."""

        model = CleanupRequest
        fields = (
            "id",
            "reason",
            "state",
            "asked_by",
            "unused_days",
            "created_at",
            "ended_at",
            "removed",
            "freed_bytes",
            "message",
            "message_parts",
        )


class SpaceSerializer(serializers.Serializer[dict[str, Any]]):
    """Storage usage as a worker last measured it. ``disk_free_bytes`` is null where the store is not a disk."""

    looked_at = serializers.DateTimeField(allow_null=True)
    bytes = serializers.IntegerField()
    limit_bytes = serializers.IntegerField()
    used = UsedSerializer()
    disk_free_bytes = serializers.IntegerField(allow_null=True)
    clearings = CleanupRequestSerializer(many=True)


class CleanupOptionsSerializer(serializers.Serializer[None]):
    """Which results go besides unreferenced ones: those that no run used for so many days; null for none of them."""

    unused_days = serializers.IntegerField(min_value=0, max_value=36_500, allow_null=True, default=None)


class SpaceView(APIView):
    """Storage usage."""

    acts: ClassVar = {"get": Action.ADMINISTER}

    @extend_schema(operation_id="space_retrieve", responses=SpaceSerializer)
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Return the bytes by kind, the limit, and the latest clean-ups."""
        return Response(SpaceSerializer(storage_usage.current_usage()).data)


class CleanupRequestView(APIView):
    """Requests to clean up stored results now."""

    needs_reserve = ("POST",)
    acts: ClassVar = {"post": Action.ADMINISTER}

    @extend_schema(
        operation_id="space_clearings_create",
        request=CleanupOptionsSerializer,
        responses={202: CleanupRequestSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have a worker clean up; ``clearings`` of the storage usage says how it went."""
        cleanup = storage_usage.request_cleanup(
            user=user_of(request), **validated_body(CleanupOptionsSerializer, request)
        )
        return Response(CleanupRequestSerializer(cleanup).data, status=202)

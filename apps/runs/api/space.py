"""HTTP calls about the space that stored results take; for administrators of the site."""

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


class ClearingSerializer(serializers.ModelSerializer[CleanupRequest]):
    """One time that space was freed, or is being freed."""

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
        )


class SpaceSerializer(serializers.Serializer[dict[str, Any]]):
    """What is stored, as a worker found it last. ``disk_free_bytes`` is empty where the store is no disk."""

    looked_at = serializers.DateTimeField(allow_null=True)
    bytes = serializers.IntegerField()
    limit_bytes = serializers.IntegerField()
    used = UsedSerializer()
    disk_free_bytes = serializers.IntegerField(allow_null=True)
    clearings = ClearingSerializer(many=True)


class ClearingRequestSerializer(serializers.Serializer[None]):
    """What is to go besides what nothing names any more: results that no run used for so many days; null for none."""

    unused_days = serializers.IntegerField(min_value=0, max_value=36_500, allow_null=True, default=None)


class SpaceView(APIView):
    """The space that is taken."""

    acts: ClassVar = {"get": Action.ADMINISTER}

    @extend_schema(operation_id="space_retrieve", responses=SpaceSerializer)
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Return what takes how much, the limit, and what was freed lately."""
        return Response(SpaceSerializer(storage_usage.current_usage()).data)


class ClearingsView(APIView):
    """Freeing space now."""

    acts: ClassVar = {"post": Action.ADMINISTER}

    @extend_schema(
        operation_id="space_clearings_create", request=ClearingRequestSerializer, responses={202: ClearingSerializer}
    )
    def post(self, request: Request) -> Response:
        """Have a worker free space; what became of it stands among the clearings."""
        asked = storage_usage.request_cleanup(
            user=user_of(request), **validated_body(ClearingRequestSerializer, request)
        )
        return Response(ClearingSerializer(asked).data, status=202)

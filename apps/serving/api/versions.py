"""Deploying a registered version. Part of serving because it imports the registry, not the reverse."""

from __future__ import annotations

import uuid
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.current_user import user_of
from apps.common.errors import not_found
from apps.common.request_data import validated_body
from apps.common.roles import Action
from apps.common.viewsets import ScopedViewSet
from apps.registry.models import RegisteredModel
from apps.serving import deployment
from apps.serving.api.deploys import DeployedSerializer, VersionDeploySerializer


class VersionDeployViewSet(ScopedViewSet):
    """Deploying a version of a model."""

    queryset = RegisteredModel.objects.all()
    serializer_class = DeployedSerializer
    detail = True
    acts: ClassVar = {"deploy": Action.DEPLOY}

    @extend_schema(
        operation_id="models_versions_deploy", request=VersionDeploySerializer, responses={201: DeployedSerializer}
    )
    def deploy(self, request: Request, pk: uuid.UUID, version: int) -> Response:  # noqa: ARG002
        """Deploy this version to its model's endpoint, or to a new one; the first key is shown once."""
        found = self.get_object().versions.select_related("run", "model__workspace").filter(number=version).first()
        if found is None:
            raise not_found("version")
        body = validated_body(VersionDeploySerializer, request)
        deployed = deployment.deploy_version(version=found, user=user_of(request), **body)
        return Response(DeployedSerializer(deployed).data, status=201)

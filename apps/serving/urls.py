"""Routes of endpoints."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.serving.api.dependents import DatasetDependentsViewSet
from apps.serving.api.versions import VersionDeployViewSet
from apps.serving.api.views import EndpointViewSet, GraphDeployViewSet

router = SimpleRouter()
router.register("endpoints", EndpointViewSet, basename="endpoint")

urlpatterns = [
    path("graphs/<uuid:pk>/deploy/", GraphDeployViewSet.as_view({"post": "deploy"}, detail=True), name="graph-deploy"),
    path(
        "datasets/<uuid:pk>/uses/", DatasetDependentsViewSet.as_view({"get": "uses"}, detail=True), name="dataset-uses"
    ),
    path(
        "models/<uuid:pk>/versions/<int:version>/deploy/",
        VersionDeployViewSet.as_view({"post": "deploy"}, detail=True),
        name="version-deploy",
    ),
    *router.urls,
]

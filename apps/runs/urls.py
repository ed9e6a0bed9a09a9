"""Routes of runs."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.runs.api.space import CleanupRequestView, SpaceView
from apps.runs.api.views import GraphRunViewSet, RunViewSet

router = SimpleRouter()
router.register("runs", RunViewSet, basename="run")

urlpatterns = [
    path("graphs/<uuid:pk>/runs/", GraphRunViewSet.as_view({"post": "start"}, detail=True), name="graph-runs"),
    path("space/", SpaceView.as_view(), name="space"),
    path("space/clearings/", CleanupRequestView.as_view(), name="space-clearings"),
    *router.urls,
]

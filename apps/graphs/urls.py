"""Routes of graphs."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.graphs.api.views import CatalogueView, GraphViewSet, TargetView, TemplatesView

router = SimpleRouter()
router.register("graphs", GraphViewSet, basename="graph")

urlpatterns = [
    path("nodes/", CatalogueView.as_view(), name="nodes"),
    path("targets/", TargetView.as_view(), name="targets"),
    path("templates/", TemplatesView.as_view(), name="templates"),
    *router.urls,
]

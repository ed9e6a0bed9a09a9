"""Routes of registered models."""

from rest_framework.routers import SimpleRouter

from apps.registry.api.views import RegisteredModelViewSet

router = SimpleRouter()
router.register("models", RegisteredModelViewSet, basename="model")

urlpatterns = router.urls

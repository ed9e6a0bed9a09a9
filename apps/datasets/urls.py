"""Routes of data sets."""

from rest_framework.routers import SimpleRouter

from apps.datasets.api.views import DatasetViewSet, UploadViewSet

router = SimpleRouter()
router.register("datasets", DatasetViewSet, basename="dataset")
router.register("uploads", UploadViewSet, basename="upload")

urlpatterns = router.urls

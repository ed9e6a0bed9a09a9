"""Routes of registered models."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.registry.api.views import ApprovalRuleView, RegisteredModelViewSet

router = SimpleRouter()
router.register("models", RegisteredModelViewSet, basename="model")

urlpatterns = [path("approval-rule/", ApprovalRuleView.as_view(), name="approval-rule"), *router.urls]

"""Routes of what every application stands on."""

from django.urls import path

from apps.common.health import HealthView

urlpatterns = [path("health/", HealthView.as_view(), name="health")]

"""Routes: every application's API under ``/api/v1/``, its document, and the page for everything else."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.accounts.metrics_view import metrics
from apps.common.spa_shell import spa_shell, unknown_api_path

APPS_WITH_API = ("common", "accounts", "compute", "datasets", "graphs", "runs", "registry", "serving")


def _api() -> list[URLPattern | URLResolver]:
    found: list[URLPattern | URLResolver] = []
    for name in APPS_WITH_API:
        module = f"apps.{name}.urls"
        if find_spec(module) is not None:
            found.extend(import_module(module).urlpatterns)
    return found


urlpatterns = [
    path("metrics", metrics, name="metrics"),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include(_api())),
    re_path(r"^api/", unknown_api_path, name="no-such-call"),
    re_path(r"^(?!static/|ws/).*$", spa_shell, name="page"),
]

handler400 = "apps.common.spa_shell.bad_request"
handler403 = "apps.common.spa_shell.forbidden"
handler404 = "apps.common.spa_shell.not_found"
handler500 = "apps.common.spa_shell.server_error"

"""Configuration of the serving application."""

from django.apps import AppConfig

from apps.common import hooks


class ServingConfig(AppConfig):
    """Endpoints."""

    name = "apps.serving"

    def ready(self) -> None:
        """Have the reconciler publish the endpoints to the serving plane, store its statistics, and check releases."""
        from apps.serving.active_release import check_pending_releases
        from apps.serving.metrics import endpoint_figures
        from apps.serving.releases import return_failing_canaries
        from apps.serving.snapshot import publish_snapshot
        from apps.serving.traffic import drain_statistics

        hooks.periodic.connect(publish_snapshot)
        hooks.periodic.connect(drain_statistics)
        hooks.periodic.connect(return_failing_canaries)
        hooks.periodic.connect(check_pending_releases)
        hooks.collect_metrics.connect(endpoint_figures)

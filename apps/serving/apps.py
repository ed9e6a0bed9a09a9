"""Configuration of the serving application."""

from django.apps import AppConfig

from apps.common.chores import chore


class ServingConfig(AppConfig):
    """Endpoints."""

    name = "apps.serving"

    def ready(self) -> None:
        """Have the reconciler tell the serving plane what to serve, write down what it counted, and judge canaries."""
        from apps.serving.releases import return_failing_canaries
        from apps.serving.services import drain_statistics, publish_snapshot

        chore(publish_snapshot)
        chore(drain_statistics)
        chore(return_failing_canaries)

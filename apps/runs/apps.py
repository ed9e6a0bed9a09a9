"""Configuration of the runs application."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs."""

    name = "apps.runs"

    def ready(self) -> None:
        """Let graphs ask what earlier runs tell."""
        from apps.graphs import history
        from apps.runs.history import KeptRuns

        history.register(KeptRuns())

"""Configuration of the runs application."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs."""

    name = "apps.runs"

    def ready(self) -> None:
        """Let graphs ask what earlier runs tell, and have the store swept when something is deleted."""
        from apps.common import deletions
        from apps.graphs import history
        from apps.runs.history import KeptRuns
        from apps.runs.storage_usage import collect_garbage_soon

        history.register(KeptRuns())
        deletions.follow(collect_garbage_soon)

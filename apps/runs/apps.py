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
        self._free_what_was_deleted()

    def _free_what_was_deleted(self) -> None:
        """Have the store swept soon when something goes that may have named much of it."""
        from django.db.models.signals import post_delete

        from apps.datasets.models import Dataset
        from apps.graphs.models import Graph
        from apps.runs.space import sweep_soon

        for model in (Dataset, Graph):
            post_delete.connect(lambda **_: sweep_soon(), sender=model, weak=False, dispatch_uid=f"space {model}")

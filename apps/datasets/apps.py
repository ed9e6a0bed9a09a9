"""Configuration of the datasets application."""

from django.apps import AppConfig

from apps.common.chores import chore


class DatasetsConfig(AppConfig):
    """Data sets."""

    name = "apps.datasets"

    def ready(self) -> None:
        """Have uploads that nobody goes on with removed."""
        from apps.datasets.uploads import discard_abandoned

        chore(discard_abandoned)

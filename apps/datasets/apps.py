"""Configuration of the datasets application."""

from django.apps import AppConfig

from apps.common import hooks


class DatasetsConfig(AppConfig):
    """Data sets."""

    name = "apps.datasets"

    def ready(self) -> None:
        """Have abandoned uploads deleted."""
        from apps.datasets.uploads import discard_abandoned

        hooks.periodic.connect(discard_abandoned)

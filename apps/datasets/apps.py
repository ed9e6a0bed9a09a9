"""Configuration of the datasets application."""

from django.apps import AppConfig

from apps.common import hooks


class DatasetsConfig(AppConfig):
    """Data sets."""

    name = "apps.datasets"

    def ready(self) -> None:
        """Have abandoned uploads deleted, by the process on whose disk they lie."""
        from apps.datasets.upload_cleanup import remove_abandoned

        hooks.web_periodic.connect(remove_abandoned)

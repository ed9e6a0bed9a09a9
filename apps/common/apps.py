"""Configuration of the common application."""

from django.apps import AppConfig

from apps.common import hooks


class CommonConfig(AppConfig):
    """What every application stands on."""

    name = "apps.common"

    def ready(self) -> None:
        """Have backups made by the process on whose disk the data lie."""
        from apps.common.backup_schedule import make_scheduled_backup

        hooks.web_periodic.connect(make_scheduled_backup)

"""Configuration of the common application."""

from django.apps import AppConfig

from apps.common import hooks


class CommonConfig(AppConfig):
    """What every application stands on."""

    name = "apps.common"

    def ready(self) -> None:
        """Have backups and the reserve made by the process on whose disk the data lie."""
        from apps.common.backup_schedule import make_scheduled_backup
        from apps.common.disk_space import make_reserve

        hooks.web_periodic.connect(make_reserve)
        hooks.web_periodic.connect(make_scheduled_backup)

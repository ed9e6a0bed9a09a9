"""Configuration of the accounts application."""

from django.apps import AppConfig

from apps.common import hooks


class AccountsConfig(AppConfig):
    """People and workspaces."""

    name = "apps.accounts"

    def ready(self) -> None:
        """Have what expired and old entries of the audit trail deleted, and sockets told when somebody may see less."""
        from apps.accounts import access_changes, audit, browser_sessions

        hooks.periodic.connect(browser_sessions.delete_expired)
        hooks.periodic.connect(audit.remove_old)
        access_changes.watch()

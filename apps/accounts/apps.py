"""Configuration of the accounts application."""

from django.apps import AppConfig

from apps.common import hooks


class AccountsConfig(AppConfig):
    """People and workspaces."""

    name = "apps.accounts"

    def ready(self) -> None:
        """Have expired browser sessions and old entries of the audit trail deleted."""
        from apps.accounts import audit, browser_sessions

        hooks.periodic.connect(browser_sessions.delete_expired)
        hooks.periodic.connect(audit.remove_old)

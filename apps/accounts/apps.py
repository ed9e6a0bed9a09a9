"""Configuration of the accounts application."""

from django.apps import AppConfig

from apps.common.chores import chore


class AccountsConfig(AppConfig):
    """People and workspaces."""

    name = "apps.accounts"

    def ready(self) -> None:
        """Have expired login attempt counts and browser sessions deleted."""
        from apps.accounts import browser_sessions
        from apps.accounts.login import forget_old_attempts

        chore(forget_old_attempts)
        chore(browser_sessions.delete_expired)

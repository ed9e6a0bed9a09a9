"""Configuration of the accounts application."""

from django.apps import AppConfig

from apps.common.chores import chore


class AccountsConfig(AppConfig):
    """People and workspaces."""

    name = "apps.accounts"

    def ready(self) -> None:
        """Have old counts of login attempts and sign-ins that ran out removed."""
        from apps.accounts.login import forget_old_attempts
        from apps.accounts.sign_ins import forget_old_sign_ins

        chore(forget_old_attempts)
        chore(forget_old_sign_ins)

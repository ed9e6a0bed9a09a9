"""``manage.py setup_link``: print a new one-time link for the first account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.accounts.services import issue_setup_token


class Command(BaseCommand):
    """Print a new one-time link for the first account; earlier links stop working."""

    help = "Print a new one-time link for the first account."
    # What they warn of has nothing to do with a link, and would stand before it.
    requires_system_checks: list[str] = []  # noqa: RUF012

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Run the command."""
        token = issue_setup_token()
        if token is None:
            raise CommandError(
                "There is an account already. Log in, or run “.venv/bin/python manage.py changepassword NAME”."
            )
        host = "127.0.0.1" if settings.LEPTON_HOST in {"0.0.0.0", "::"} else settings.LEPTON_HOST  # noqa: S104
        self.stdout.write(f"http://{host}:{settings.LEPTON_PORT}/setup?token={token}")

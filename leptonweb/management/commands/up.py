"""``manage.py up``: start everything in one terminal."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand

from leptonweb.supervise.start import up
from leptonweb.supervise.start_error import StartError


class Command(BaseCommand):
    """Start Redis, the page, the workers, the reconciler and the serving plane, and look after them."""

    help = "Start everything in one terminal; Ctrl-C ends it."
    # Starting must not wait for checks of the whole project; the children run what concerns them.
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--page-server``."""
        parser.add_argument("--page-server", action="store_true", help="start the page's development server too")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Run until asked to end."""
        try:
            up(with_page_server=options["page_server"])
        except (StartError, ImproperlyConfigured) as fault:
            self.stderr.write(str(fault))
            sys.exit(1)

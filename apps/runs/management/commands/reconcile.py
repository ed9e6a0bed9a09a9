"""``manage.py reconcile [--once]``: the process that repairs what broke. Any number of it may run."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections

from apps.common import hooks, repair_guard
from apps.runs import reconciler

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 2.0


class Command(BaseCommand):
    """Requeue rows whose lease expired, notify workers again, end runs that hang."""

    help = "Repair runs and readings whose worker or message was lost."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--once``."""
        parser.add_argument("--once", action="store_true", help="look once and end")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Look again and again until told to stop."""
        stop = threading.Event()
        if not options["once"]:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            try:
                _look()
            except (DatabaseError, InterfaceError) as error:
                if options["once"]:
                    raise
                logger.warning("the database does not answer: %s", error)
                close_old_connections()
            if options["once"]:
                return
            stop.wait(SECONDS_BETWEEN_LOOKS)


def _look() -> None:
    repaired = reconciler.reconcile()
    if repaired:
        logger.info("repaired %d rows", repaired)
    for task in hooks.periodic.receivers:
        repair_guard.tasks.attempt(getattr(task, "__qualname__", repr(task)), task)
    reconciler.record_failures()

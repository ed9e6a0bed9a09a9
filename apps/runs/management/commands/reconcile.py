"""``manage.py reconcile [--once]``: the process that repairs runs. Any number of them may run."""

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

SECONDS_BETWEEN_PASSES = 2.0


class Command(BaseCommand):
    """Requeue rows whose lease expired, notify workers again, end runs that hang."""

    help = "Repair runs and readings whose worker or message was lost."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--once``."""
        parser.add_argument("--once", action="store_true", help="look once and end")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Repeat passes until a signal to stop."""
        stop = threading.Event()
        if not options["once"]:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            try:
                _run_pass()
            except (DatabaseError, InterfaceError) as error:
                if options["once"]:
                    raise
                logger.warning("the database does not answer: %s", error)
                close_old_connections()
            if options["once"]:
                return
            stop.wait(SECONDS_BETWEEN_PASSES)


def _run_pass() -> None:
    repaired = reconciler.reconcile()
    if repaired:
        logger.info("repaired %d rows", repaired)
    for task in hooks.periodic.receivers:
        repair_guard.tasks.attempt(getattr(task, "__qualname__", repr(task)), task)
    reconciler.record_failures()

"""``manage.py reconcile [--once]``: the process that repairs runs. Any number of them may run."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError, close_old_connections

from apps.common import hooks, repair_guard
from apps.common.database_state import NO_TABLES, has_tables
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
        if options["once"] and not has_tables():
            raise CommandError(NO_TABLES)
        stop = threading.Event()
        if not options["once"]:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
            _wait_for_tables(stop)
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


def _wait_for_tables(stop: threading.Event) -> None:
    """Return when the database has tables: on a cluster this may be started before the command that makes them."""
    # One that does not answer is waited for by the passes.
    with contextlib.suppress(DatabaseError, InterfaceError):
        while not stop.is_set() and not has_tables():
            logger.warning(NO_TABLES)
            stop.wait(SECONDS_BETWEEN_PASSES)


def _run_pass() -> None:
    repaired = reconciler.reconcile()
    if repaired:
        logger.info("repaired %d rows", repaired)
    for task in hooks.periodic.receivers:
        repair_guard.tasks.attempt(getattr(task, "__qualname__", repr(task)), task)
    reconciler.record_failures()

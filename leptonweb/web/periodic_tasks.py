"""Calls `hooks.web_periodic`: what only a web process can do, since it is about the disk of its machine."""

from __future__ import annotations

import threading
import time

from django.db import DatabaseError, InterfaceError, close_old_connections

from apps.common import hooks
from apps.common.repair_guard import RepairGuard

SECONDS_BEFORE_FIRST = 60.0
SECONDS_BETWEEN = 600.0

_guard = RepairGuard()


def start() -> None:
    """Call them from now on, in a thread that ends with the process."""
    threading.Thread(target=_run, name="web-periodic", daemon=True).start()


def run_all() -> None:
    """Call each; one that raises stops none of the others and is put off."""
    try:
        for task in hooks.web_periodic.receivers:
            _guard.attempt(getattr(task, "__qualname__", repr(task)), task)
    except (DatabaseError, InterfaceError):
        return  # the database is away: next time
    finally:
        close_old_connections()


def _run() -> None:
    time.sleep(SECONDS_BEFORE_FIRST)
    while True:
        run_all()
        time.sleep(SECONDS_BETWEEN)

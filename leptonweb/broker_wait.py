"""Back-off of a worker whose broker accepts the connection and then refuses its commands.

A Redis without room does so. Celery waits between two tries to connect, but not when connecting works and the next
step does not: it came back five times a second, for as long as the memory was full.
"""

from __future__ import annotations

import time
from typing import Any

from celery import bootsteps
from celery.worker import state

FIRST_SECONDS = 0.2
LONGEST_SECONDS = 5.0
STEADY_SECONDS = 15.0
"""A consumer that ran for this long resets the back-off."""

SECONDS_BETWEEN_LOOKS = 0.1


class BrokerWait(bootsteps.StartStopStep):
    """A step of the consumer that waits when the consumer failed, longer each time it fails again."""

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._failures = 0
        self._since = time.monotonic()

    def start(self, parent: Any) -> None:
        """Nothing: steps before this one may fail, so the time is taken when the consumer is given up."""

    def stop(self, parent: Any) -> None:
        """Wait before the consumer is built again; not when the worker ends."""
        if parent.blueprint.state != bootsteps.RUN:  # type: ignore[attr-defined]  # its stubs lack it
            return
        self._failures = 0 if time.monotonic() - self._since > STEADY_SECONDS else self._failures + 1
        if self._failures:
            _wait(min(FIRST_SECONDS * 2 ** (self._failures - 1), LONGEST_SECONDS))
        self._since = time.monotonic()


def _wait(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not _is_stopping():
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _is_stopping() -> bool:
    """Return whether a signal to stop came; Celery stores it as an exit code, which may be 0."""
    return any(code is not None and code is not False for code in (state.should_stop, state.should_terminate))

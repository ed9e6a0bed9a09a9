"""Back-pressure: who writes to a connection waits while the other side does not read."""

from __future__ import annotations

import asyncio
import time

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer


@implementer(IPushProducer)
class Backpressure:
    """Told by the transport when its buffer is full (64 KiB) and when it is empty again.

    ``last_progress_at``: when something last got away, by the monotonic clock.
    """

    def __init__(self) -> None:
        self._is_open = asyncio.Event()
        self._is_open.set()
        self.last_progress_at = time.monotonic()

    async def ready(self) -> None:
        """Wait until there is room, or the connection is closed."""
        await self._is_open.wait()
        self.last_progress_at = time.monotonic()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Stop writing."""
        self._is_open.clear()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Write again."""
        self.last_progress_at = time.monotonic()
        self._is_open.set()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Release all waiters: the connection is closed."""
        self._is_open.set()

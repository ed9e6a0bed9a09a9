"""How late the event loop comes: code that blocks it stops every request and websocket at once."""

from __future__ import annotations

import asyncio

from apps.common.metrics import LOOP_LAG

SECONDS_BETWEEN_LOOKS = 0.25


def measure_loop_lag() -> None:
    """Measure for ever, in the running loop."""
    loop = asyncio.get_running_loop()

    def look(due: float) -> None:
        LOOP_LAG.observe(max(loop.time() - due, 0.0))
        begin()

    def begin() -> None:
        due = loop.time() + SECONDS_BETWEEN_LOOKS
        loop.call_at(due, look, due)

    begin()

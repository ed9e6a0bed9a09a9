"""People who look at runs while they go on: what they saw in the end must be what the database says."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.chaos.load import Load

ENDS = {"done", "failed", "crashed", "cancelled"}
LOOKED_AT = 7  # every seventh run has a watcher
SECONDS_BETWEEN_TRIES = 0.3


class Watchers:
    """Follow some of the runs in a thread of their own, and come back when they are disconnected."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._is_over = threading.Event()
        self.seen: dict[str, list[dict[str, Any]]] = {}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._follow_all()), daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop when every watched run came to its end, at the latest in half a minute."""
        self._is_over.set()
        self._thread.join(30)

    async def _follow_all(self) -> None:
        tasks: list[asyncio.Task[None]] = []
        looked = 0
        while not self._is_over.is_set() or looked < len(self._load.accepted):
            accepted = self._load.accepted[looked:]
            for at, one in enumerate(accepted, looked):
                if at % LOOKED_AT == 0:
                    tasks.append(asyncio.create_task(self._follow(one.run)))
            looked += len(accepted)
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)
        if tasks:
            await asyncio.wait(tasks, timeout=25)

    async def _follow(self, run: str) -> None:
        events = self.seen.setdefault(run, [])
        while not is_over(events):
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                await self._read(run, events)
            if not is_over(events):
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)

    async def _read(self, run: str, events: list[dict[str, Any]]) -> None:
        installation = self._load.installation
        after = events[-1]["seq"] if events else 0
        address = f"ws://127.0.0.1:{installation.port}/ws/runs/{run}/?after={after}"
        token = {"Authorization": f"Bearer {installation.tokens['alice']}"}
        async with connect(address, additional_headers=token, open_timeout=10, ping_timeout=60) as socket:
            while not is_over(events):
                events.append(json.loads(await asyncio.wait_for(socket.recv(), 60)))
                await socket.send(json.dumps({"seen": events[-1]["seq"]}))


def is_over(events: list[dict[str, Any]]) -> bool:
    """Return whether the run's end was seen."""
    return bool(events) and events[-1]["kind"] == "run.status" and events[-1]["state"] in ENDS

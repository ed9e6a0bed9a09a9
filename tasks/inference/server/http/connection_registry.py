"""All connections of one process: how many an address may have, who makes room, and who takes too long.

No request pays for it: a connection is counted when it is made, and one sweep a second looks at what each waits for.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import defaultdict
from typing import TYPE_CHECKING

from tasks import open_files

if TYPE_CHECKING:
    from tasks.inference.server.http.connection import HttpConnection
    from tasks.inference.server.process.settings import Network

MAX_SHARE_OF_FILES = 0.8
SWEEP_SECONDS = 1.0


class ConnectionRegistry:
    """A full address gets a new connection by losing its oldest one that is not worked on.

    Args:
        limit: Connections from one address; 0 for no limit.
        proxies: Networks whose addresses have no limit: all clients behind them share one address.
    """

    def __init__(self, limit: int, proxies: tuple[Network, ...] = ()) -> None:
        self._limit = limit
        self._proxies = proxies
        self._most = int(open_files.raise_limit() * MAX_SHARE_OF_FILES)
        self._all: dict[HttpConnection, str] = {}
        self._by_address: dict[str, dict[HttpConnection, None]] = defaultdict(dict)
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._all)

    def admit(self, connection: HttpConnection, address: str) -> bool:
        """Count a new connection and return whether it may stay."""
        own = self._by_address.get(address, {})
        is_full = self._limit and len(own) >= self._limit and not self._is_proxy(address)
        if (is_full and not _evict_one(own)) or (len(self._all) >= self._most and not _evict_one(self._all)):
            return False
        self._all[connection] = address
        self._by_address[address][connection] = None
        if self._timer is None:
            self._timer = connection.loop.call_later(SWEEP_SECONDS, self._sweep, connection.loop)
        return True

    def remove(self, connection: HttpConnection) -> None:
        """Count a connection no more."""
        address = self._all.pop(connection, None)
        own = self._by_address.get(address) if address is not None else None
        if own is not None:
            own.pop(connection, None)
            if not own:
                del self._by_address[address or ""]

    def check(self, now: float) -> None:
        """End what takes longer than it may. ``now``: by the clock of the event loop."""
        for connection in tuple(self._all):
            connection.check(now)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self.check(loop.time())
        self._timer = loop.call_later(SWEEP_SECONDS, self._sweep, loop) if self._all else None

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:  # of a socket that is no network's
            return False
        return any(parsed in network for network in self._proxies)


def _evict_one(among: dict[HttpConnection, str] | dict[HttpConnection, None]) -> bool:
    """End the oldest connection that waits for its client: for a request first, for the rest of a body else."""
    victim = next((one for one in among if one.waits_for_head()), None) or next(
        (one for one in among if one.waits_for_body()), None
    )
    if victim is None:
        return False
    victim.drop()
    return True

"""All connections of the web process: how many an address may have, who makes room, who takes too long."""

from __future__ import annotations

import time
from collections import defaultdict

from apps.common.metrics import REFUSED
from leptonweb.web.channel import BoundedChannel, Phase
from leptonweb.web.limits import Limits
from tasks import open_files

MAX_SHARE_OF_FILES = 0.8
# Who waits longest between requests goes first; an upload on its way only when nothing else is left.
EVICTION_ORDER = ({Phase.IDLE, Phase.HEAD, Phase.REFUSED}, {Phase.BODY})
BUSY_PHASES = frozenset({Phase.BODY, Phase.BUSY})


class ConnectionRegistry:
    """A full address gets a new connection by losing its oldest one that is not worked on."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.is_ending = False
        self._all: dict[BoundedChannel, None] = {}
        self._by_address: dict[str, dict[BoundedChannel, None]] = defaultdict(dict)
        self._most = int(open_files.raise_limit() * MAX_SHARE_OF_FILES)

    def __len__(self) -> int:
        return len(self._all)

    def admit(self, channel: BoundedChannel, address: str) -> bool:
        """Count a new connection and return whether it may stay."""
        own = self._by_address[address]
        cap = self.limits.connections
        if (cap and len(own) >= cap and not _evict_one(own)) or (
            len(self._all) >= self._most and not _evict_one(self._all)
        ):
            self.count_refusal("too_many_connections")
            return False
        channel.connections, channel.address = self, address
        self._by_address[address][channel] = None
        self._all[channel] = None
        return True

    def remove(self, channel: BoundedChannel) -> None:
        """Count a connection no more."""
        self._all.pop(channel, None)
        own = self._by_address.get(channel.address)
        if own is not None:
            own.pop(channel, None)
            if not own:
                del self._by_address[channel.address]

    def check(self) -> None:
        """End what takes longer than it may."""
        now = time.monotonic()
        for channel in tuple(self._all):
            channel.check(now)

    def is_busy(self) -> bool:
        """Return whether a request comes in or is worked on."""
        return any(
            channel.phase in BUSY_PHASES or (channel.phase is Phase.HEAD and channel.has_begun) for channel in self._all
        )

    def count_refusal(self, reason: str) -> None:
        """Take note of a refusal."""
        REFUSED.labels(reason).inc()


def _evict_one(among: dict[BoundedChannel, None]) -> bool:
    for phases in EVICTION_ORDER:
        victim = next((channel for channel in among if channel.phase in phases), None)
        if victim is not None:
            victim.drop()
            return True
    return False

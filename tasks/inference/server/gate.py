"""Refusing at the head of a request: what is known without its body costs no body, no task and no new words.

Under ten times the load nine of ten requests are refused, so a refusal must cost next to nothing. What it says is what
`app` would say, in the dialect of the address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import time

from tasks.inference.server import dialects
from tasks.inference.server.admission import Lane, Places, Turns, busy, no_place, no_place_for_key
from tasks.inference.server.answers import Refusal, whole_refusal
from tasks.inference.server.dialects import Dialect
from tasks.inference.server.keys import checked
from tasks.inference.server.shelf import Release, Served, Shelf
from tasks.inference.server.snapshot import PREDICT, Key
from tasks.inference.server.statistics import Statistics

REMEMBERED = 1000
"""Addresses, and keys of one endpoint, that are remembered; with more it begins anew."""


@dataclass(frozen=True)
class Address:
    """What an address means. ``is_heavy``: what is asked there may take long though its body is short."""

    slug: str
    dialect: Dialect
    is_heavy: bool


@dataclass(eq=False)
class Known:
    """Keys that came with a header before, so that a key is hashed once; ``served``: while nothing about it changes."""

    served: Served
    keys: dict[bytes, Key] = field(default_factory=dict)


class Gate:
    """Refuses whom there is no time or place for, and strangers.

    Args:
        shelf: What is served.
        statistics: Where refusals are counted.
        turns: The row of the short requests.
        lane: The row of the long ones.
        places: Requests under way.
    """

    def __init__(self, shelf: Shelf, statistics: Statistics, turns: Turns, lane: Lane, places: Places) -> None:
        self._shelf = shelf
        self._statistics = statistics
        self._turns = turns
        self._lane = lane
        self._places = places
        self._addresses: dict[bytes, Address] = {}
        self._known: dict[str, Known] = {}
        self._said: dict[tuple[Dialect, int, float], bytes] = {}

    def refusal(self, url: bytes, authorization: bytes, size: int) -> bytes | None:
        """Return the whole refusal of a request; ``None`` when its body is wanted.

        Args:
            url: What was asked for with POST.
            authorization: The header; empty when it was not sent.
            size: Length of the body, 0 when it is not told.
        """
        address = self._addresses.get(url) or self._address(url)
        served = None if address is None else self._shelf.served.get(address.slug)
        if address is None or served is None:
            return None
        known = self._known.get(address.slug)
        if known is None or known.served is not served:
            self._known = {slug: one for slug, one in self._known.items() if self._shelf.served.get(slug) is one.served}
            known = self._known[address.slug] = Known(served)
        key = known.keys.get(authorization)
        if key is None or (key.expires_at and key.expires_at <= time()):
            try:
                key = checked(served, authorization, PREDICT)
            except Refusal as stranger:
                self._statistics.count(address.slug, stranger.status, 0.0)
                return self._whole(address.dialect, stranger.status, 0.0, stranger)
            if len(known.keys) >= REMEMBERED:
                known.keys.clear()
            known.keys[authorization] = key
        return self._crowded(address, served.release, key, size)

    def is_crowded(self) -> bool:
        """Return whether a row is full."""
        return self._turns.is_full() or self._lane.is_full()

    def _crowded(self, address: Address, release: Release | None, key: Key, size: int) -> bytes | None:
        is_long = address.is_heavy or (release is not None and not release.package.effort.is_short(size))
        row = self._lane if is_long else self._turns
        if row.is_full():
            status, seconds = 503, max(round(row.patience, 1), 0.1)  # as it is said: there are few such words
        else:
            status, seconds = self._places.refusal(key.id, self._turns.promised), 0.0
            if not status:
                return None
        self._statistics.count(address.slug, status, 0.0, key.id)
        said = self._said.get((address.dialect, status, seconds))
        if said is not None:
            return said
        if status == 429:
            return self._whole(address.dialect, status, seconds, no_place_for_key())
        return self._whole(address.dialect, status, seconds, busy(seconds) if seconds else no_place())

    def _whole(self, dialect: Dialect, status: int, seconds: float, refusal: Refusal) -> bytes:
        """Return a refusal as it is sent; ``status`` and ``seconds`` stand for its words."""
        place = (dialect, status, seconds)
        if place not in self._said:
            self._said[place] = whole_refusal(dialect.refused(refusal))
        return self._said[place]

    def _address(self, url: bytes) -> Address | None:
        path, _, query = url.partition(b"?")
        parts = path.decode("latin-1").split("/")
        dialect = dialects.find(parts)
        if dialect is None or (parts[3] == "v2" and parts[-1] != "infer") or parts[2] not in self._shelf.served:
            return None  # also where it is written with %: `app` reads such an address, and the rest is its affair
        if len(self._addresses) >= REMEMBERED:
            self._addresses.clear()
        address = self._addresses[url] = Address(parts[2], dialect, b"explain" in query)
        return address

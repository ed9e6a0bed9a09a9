"""What is known of an endpoint while nothing about it changes, so that a request need not find it out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tasks.inference.server import split
from tasks.inference.server.admission import Turns
from tasks.inference.server.gathering import Gathering
from tasks.inference.server.shelf import Release, Served, Shelf
from tasks.inference.server.snapshot import Key

BEFORE, AFTER = b"/endpoints/", b"/predict"

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case, and values."""


@dataclass(eq=False)
class Desk:
    """Who answers. ``gathering``: collects rows where answering several together is faster."""

    release: Release
    gathering: Gathering | None


@dataclass(eq=False)
class Door:
    """An endpoint whose model is loaded; the shelf makes a new `Served`, and so a new door, with each change.

    Attributes:
        served: The endpoint it stands for.
        desk: Who answers.
        canary: Who answers a share of the requests.
        keys: Headers that came with a key that may predict, so that a key is hashed once.
    """

    served: Served
    desk: Desk
    canary: Desk | None = None
    keys: dict[bytes, Key] = field(default_factory=dict)

    def choose(self, headers: Headers, content: bytes) -> Desk:
        """Return who answers a request."""
        if self.canary is None:
            return self.desk
        return self.canary if split.choose(self.served, headers, content) is self.canary.release else self.desk

    def desk_of(self, release: Release) -> Desk | None:
        """Return the desk of a release that answers here."""
        return next((desk for desk in (self.desk, self.canary) if desk is not None and desk.release is release), None)


class Doors:
    """The doors of a shelf by address.

    Args:
        shelf: What is served.
        turns: Where gathered rows note their time.
        gathered: Rows answered together at most; 1 for none.
    """

    def __init__(self, shelf: Shelf, turns: Turns, gathered: int) -> None:
        self._shelf = shelf
        self._turns = turns
        self._gathered = gathered
        self._doors: dict[bytes, Door] = {}

    def __len__(self) -> int:
        return len(self._doors)

    def door(self, url: bytes) -> Door | None:
        """Return the door of an address such as ``/endpoints/house/predict``; ``None`` when `app` shall answer."""
        door = self._doors.get(url)
        if door is not None and self._is_current(door):
            return door
        return self._opened(url)

    def _is_current(self, door: Door) -> bool:
        return self._shelf.served.get(door.served.entry.slug) is door.served

    def _opened(self, url: bytes) -> Door | None:
        self._doors.pop(url, None)
        if not (url.startswith(BEFORE) and url.endswith(AFTER)):
            return None
        served = self._shelf.served.get(url[len(BEFORE) : -len(AFTER)].decode("latin-1"))
        if served is None or served.release is None or served.is_asleep:
            return None
        canary = None if served.canary is None else self._desk(served.canary)
        self._doors = {name: door for name, door in self._doors.items() if self._is_current(door)}
        door = self._doors[url] = Door(served, self._desk(served.release), canary)
        return door

    def _desk(self, release: Release) -> Desk:
        most = min(self._gathered, release.package.gathered)
        return Desk(release, Gathering(release.package.program, self._turns, most) if most > 1 else None)

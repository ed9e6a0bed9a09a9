"""Disks without a byte left, and clocks that are wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.chaos.disks import SmallDisk
from tests.chaos.faultfile import DATABASE_FOLDER
from tests.chaos.installation import PARTS

if TYPE_CHECKING:
    from tests.chaos.nemesis import Nemesis

HOUR = 3600.0
DATABASE_FULL = "disk of the database full"


def faults(nemesis: Nemesis) -> dict[str, Callable[[], None]]:
    """Return the full disks and the wrong clocks."""
    installation = nemesis.installation
    found: dict[str, Callable[[], None]] = {}
    disks = {"results": installation.disks["artifacts"], "Redis": installation.disks["redis"]}
    if installation.server is not None:
        disks["the database"] = installation.server.disk
    elif not installation.is_postgresql:
        disks["the database"] = installation.disks[DATABASE_FOLDER]
    for what, disk in disks.items():
        if disk.is_own:
            fault = f"disk of {what} full"
            found[fault] = lambda fault=fault, disk=disk: _fill(nemesis, fault, disk)  # type: ignore[misc]
        else:
            nemesis.impossible.append(f"The disk of {what} cannot be filled: only root may mount a small one.")
    if not installation.clocks.can_move:
        nemesis.impossible.append("Clocks cannot be moved: no C compiler was found.")
        return found
    # SQLite asks the clock of whoever asks it, and all are on one machine: there it moves for all at once.
    if installation.is_postgresql:
        return found | {"clock of a worker wrong": lambda: _move_one(nemesis)}
    return found | {"clock of the machine jumps": lambda: _move_all(nemesis)}


def _fill(nemesis: Nemesis, fault: str, disk: SmallDisk) -> None:
    seconds = nemesis.duration(2.0, 10.0)
    disk.fill()
    nemesis.note(fault, seconds)
    began = time.time()

    def free() -> None:
        disk.free()
        if fault == DATABASE_FULL:
            nemesis.lookout.note_outage(began, time.time())

    nemesis.heal_after(seconds, free)


def _move_one(nemesis: Nemesis) -> None:
    """One worker's clock is up to an hour before or behind the database's."""
    part = nemesis.worker()
    seconds = nemesis.duration(2.0, nemesis.longest_pause)
    nemesis.installation.clocks.move(part, nemesis.chance.uniform(-HOUR, HOUR))
    nemesis.note("clock of a worker wrong", seconds, nemesis.held(part))
    nemesis.heal_after(seconds, lambda: nemesis.installation.clocks.move(part, 0.0))


def _move_all(nemesis: Nemesis) -> None:
    """Everybody's clock jumps by up to an hour, and later back."""
    ahead = nemesis.chance.uniform(-HOUR, HOUR)
    seconds = nemesis.duration(2.0, nemesis.longest_pause)

    def move(by: float) -> None:
        for part in PARTS:
            nemesis.installation.clocks.move(part, by)

    move(ahead)
    nemesis.note("clock of the machine jumps", seconds, nemesis.held())
    nemesis.heal_after(seconds, lambda: move(0.0))

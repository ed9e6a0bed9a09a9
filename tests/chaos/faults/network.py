"""The wires between one part and Redis, or between one part and the database server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.chaos.installation import PARTS, WORKERS
from tests.chaos.network import Wire

if TYPE_CHECKING:
    from tests.chaos.nemesis import Nemesis

DELAYS = (0.05, 0.5)
WAYS = ("slow", "torn", "silent", "half open")


def faults(nemesis: Nemesis) -> dict[str, Callable[[], None]]:
    """Return every way in which a wire can fail, for each of the two servers."""
    found: dict[str, Callable[[], None]] = {}
    servers = {"Redis": nemesis.installation.redis_wires}
    if nemesis.installation.is_postgresql:
        servers["database"] = nemesis.installation.database_wires
    for server, wires in servers.items():
        for way in WAYS:
            fault = f"wire to {server} {way}"
            found[fault] = lambda fault=fault, way=way, wires=wires: _strike(nemesis, fault, way, wires)  # type: ignore[misc]
    return found


def _strike(nemesis: Nemesis, fault: str, way: str, wires: dict[str, Wire]) -> None:
    # A worker in most cases, and always when it lasts: it is who holds work.
    is_worker = nemesis.least_pause > 0 or nemesis.chance.random() < 0.5
    part = nemesis.worker() if is_worker else nemesis.chance.choice(PARTS)
    seconds = nemesis.duration(1.0, nemesis.longest_pause)
    held = nemesis.held(part) if part in WORKERS else ()
    wire = wires[part]
    {
        "slow": lambda: wire.slow_down(nemesis.chance.uniform(*DELAYS)),
        "torn": wire.tear,
        "silent": wire.hold,
        "half open": wire.half_open,
    }[way]()
    nemesis.note(fault, seconds, held)
    nemesis.heal_after(seconds, wire.heal)

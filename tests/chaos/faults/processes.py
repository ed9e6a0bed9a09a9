"""Processes that die or stand still."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

import psutil

from tests.chaos.installation import RECONCILERS

if TYPE_CHECKING:
    from tests.chaos.nemesis import Nemesis


def faults(nemesis: Nemesis) -> dict[str, Callable[[], None]]:
    """Return SIGKILL, and SIGSTOP with a later SIGCONT, for every kind of process."""
    chance = nemesis.chance
    return {
        "engine killed": lambda: _kill_engine(nemesis),
        "worker killed": lambda: _kill(nemesis, "worker killed", nemesis.worker()),
        "reconciler killed": lambda: _kill(nemesis, "reconciler killed", chance.choice(RECONCILERS)),
        "web killed": lambda: _kill(nemesis, "web killed", "web"),
        "worker paused": lambda: _pause_part(nemesis, "worker paused", nemesis.worker()),
        "engine paused": lambda: _pause_engine(nemesis),
        "reconciler paused": lambda: _pause_part(nemesis, "reconciler paused", chance.choice(RECONCILERS)),
    }


def _kill_engine(nemesis: Nemesis) -> None:
    # A busy one if there is one: a process that waits has nothing to lose.
    engines = nemesis.installation.engines()
    busy = [engine for engine in engines if _is_working(engine)]
    if engines:
        held = nemesis.held()
        with contextlib.suppress(psutil.Error):
            nemesis.chance.choice(busy or engines).kill()
            nemesis.note("engine killed", held=held)


def _is_working(engine: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        before = sum(engine.cpu_times()[:2])
        return bool(engine.cpu_percent(0.05) > 1 or sum(engine.cpu_times()[:2]) > before)
    return False


def _kill(nemesis: Nemesis, fault: str, part: str) -> None:
    held = nemesis.held(part)
    nemesis.installation.kill(part)
    nemesis.note(fault, held=held)


def _pause_part(nemesis: Nemesis, fault: str, part: str) -> None:
    _pause(nemesis, fault, nemesis.installation.processes[part].pid, nemesis.held(part))


def _pause_engine(nemesis: Nemesis) -> None:
    engines = nemesis.installation.engines()
    if engines:
        _pause(nemesis, "engine paused", nemesis.chance.choice(engines).pid)


def _pause(nemesis: Nemesis, fault: str, pid: int, held: tuple[tuple[int, str, str, int], ...] = ()) -> None:
    seconds = nemesis.duration(min(5.0, nemesis.longest_pause / 2), nemesis.longest_pause)

    def go_on() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        nemesis.note(fault, seconds, held)
        nemesis.heal_after(seconds, go_on)

"""The description of one supervised process."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ProcessSpec:
    """A program, the environment it gets and how it is ended.

    Attributes:
        name: What its lines in the terminal are called.
        command: Program and arguments.
        environment: All variables it sees; nothing else is inherited.
        grace_seconds: How long it may take to end before it is killed.
        stop_signal: The signal that asks it to end.
        offspring_stays: When it is killed, what it started is left alone: that ends by itself.
        unremarkable: Lines with one of these texts are not shown: each start would repeat them.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    grace_seconds: float = 10.0
    stop_signal: signal.Signals = signal.SIGTERM
    offspring_stays: bool = False
    unremarkable: tuple[str, ...] = ()

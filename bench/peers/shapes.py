"""The two shapes for any system that runs tasks.

Imports nothing beside the standard library: it is run in the environment of the system that is measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

NODES = 100
LAYER = 10
WARM_RUNS = 2

Submit = Callable[..., Any]


def chain(submit: Submit) -> list[Any]:
    """Submit nodes of which each waits for the one before; return the last."""
    last: list[Any] = []
    for _ in range(NODES):
        last = [submit(*last)]
    return last


def layers(submit: Submit) -> list[Any]:
    """Submit layers of which each node waits for every node of the layer before; return the last layer."""
    before: list[Any] = []
    for _ in range(NODES // LAYER):
        before = [submit(*before) for _ in range(LAYER)]
    return before


def measure(run: Callable[[Callable[[Submit], list[Any]]], None]) -> None:
    """Print the seconds of each shape as JSON, as often as the command line says. ``run``: runs a shape to its end."""
    repeats = int(sys.argv[1])
    seconds: dict[str, list[float]] = {}
    for shape in (chain, layers):
        for _ in range(WARM_RUNS):
            run(shape)
        seconds[shape.__name__] = []
        for _ in range(repeats):
            started = time.perf_counter()
            run(shape)
            seconds[shape.__name__].append(time.perf_counter() - started)
    sys.stdout.write(json.dumps(seconds) + "\n")

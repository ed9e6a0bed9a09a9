"""Resident memory of every process at rest, and whether the control plane loaded a numerical library.

Starts everything on free ports with an empty data folder, signs in once, lets it settle, and measures.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from bench.machine import describe_machine
from bench.program import run_program
from tests.stack import Stack, stack_environment, wait_for

DAPHNE_LIMIT_MEBIBYTES = 150
MEBIBYTE = 2**20
NUMERICAL = ("numpy", "pandas", "sklearn", "scipy", "torch", "lightgbm", "pyarrow", "onnxruntime")
NAMES = {
    "leptonweb.web": "daphne (page, interface, sockets)",
    "celery": "worker (supervises engine processes)",
    "tasks.engine --light": "engine process, light (column inference)",
    "tasks.engine": "engine process, warm",
    "reconcile": "reconciler",
    "tasks.inference.server": "serving plane",
    "redis-server": "redis",
    "manage.py up": "supervisor",
}


@dataclass(frozen=True)
class Measured:
    """One process at rest."""

    name: str
    resident: float
    proportional: float
    libraries: tuple[str, ...]


def measure(process: psutil.Process) -> Measured:
    """Return what ``process`` holds; sizes in MiB."""
    command = " ".join(process.cmdline())
    name = next((name for words, name in NAMES.items() if words in command), command[:40])
    memory = process.memory_full_info()
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    libraries = tuple(library for library in NUMERICAL if f"/{library}" in maps)
    return Measured(name, memory.rss / MEBIBYTE, memory.pss / MEBIBYTE, libraries)


def is_at_rest(stack: Stack) -> bool:
    """Return whether no process used a noticeable share of a core during the last second."""
    processes = stack.processes()
    for process in processes:
        process.cpu_percent()
    psutil.cpu_percent(interval=1.0)
    return all(process.cpu_percent() < 10 for process in processes if process.is_running())


def main() -> int:
    """Print one line a process; return 1 when daphne is too large or a numerical library is where none may be."""
    print(describe_machine())
    with tempfile.TemporaryDirectory() as folder, Stack(stack_environment(Path(folder))) as stack:
        stack.signed_in().get("/nodes/")
        wait_for("rest", lambda: is_at_rest(stack), timeout_seconds=120)
        found = [measure(process) for process in [psutil.Process(stack.process.pid), *stack.processes()]]
    print(f"{'process':<44}{'resident MiB':>14}{'share MiB':>12}  numerical libraries")
    for one in sorted(found, key=lambda one: -one.resident):
        print(f"{one.name:<44}{one.resident:>14.0f}{one.proportional:>12.0f}  {', '.join(one.libraries) or 'none'}")
    print(f"{'together':<44}{sum(one.resident for one in found):>14.0f}{sum(one.proportional for one in found):>12.0f}")
    daphne = next(one for one in found if one.name.startswith("daphne"))
    light = [one for one in found if one.name.startswith(("daphne", "worker", "reconciler", "supervisor"))]
    is_good = daphne.resident < DAPHNE_LIMIT_MEBIBYTES and not any(one.libraries for one in light)
    print(
        f"daphne: {daphne.resident:.0f} MiB (limit {DAPHNE_LIMIT_MEBIBYTES}), control plane without numerical "
        f"libraries: {'yes' if not any(one.libraries for one in light) else 'no'}"
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    run_program(main)

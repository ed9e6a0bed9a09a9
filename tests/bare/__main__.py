"""``python -m tests.bare``: LeptonWeb on a Debian with nothing but python3, python3-venv, git and make.

Makes such a root, and in it as root and as an ordinary user: clones this commit, `make run`, the first session of a new
person (`tests.bare.story`), a second start, and `make` targets of the tests. Prints minutes and sizes, and exits with 1
when something fails or the base install takes more than `tests.bare.budget` allows. Needs root, debootstrap and 10 GB.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.program import run_program
from leptonweb.supervise.ports import free_port
from tests.bare import budget, story
from tests.bare.machine import USER, BareMachine, enter_namespaces, is_complete
from tests.bare.program import Program

ROOT = Path(__file__).resolve().parents[2]
MEBIBYTE = 2**20
READY, LINK = "LeptonWeb is ready at", "Make the first account with this link"


@dataclass
class Walk:
    """What one person's walk took, and what went wrong."""

    user: str
    figures: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def limit(self, name: str, value: float, most: float, unit: str) -> None:
        """Note a figure, and a fault when it is above ``most``."""
        self.figures[name] = f"{value:,.1f} {unit}" if value < 100 else f"{value:,.0f} {unit}"
        if value > most:
            self.faults.append(f"{name}: {value:,.1f} {unit}, and the budget is {most:,.0f}")


def main() -> int:
    """Make the root, walk through it with namespaces of its own, and remove it."""
    options = read_arguments()
    if options.inside:
        return walk_all(BareMachine(options.root), options.users or ["root", USER], options.test)
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        print("A bare machine was not tried: making its root needs root and debootstrap.")
        return 1
    with tempfile.TemporaryDirectory(prefix="bare-") as made:
        root = options.root or Path(made) / "root"
        began = time.monotonic()
        if not is_complete(root):
            if root.exists() and (not root.is_dir() or any(root.iterdir())):
                print(f"{root} holds something else than a complete root; making one there may have been interrupted.")
                print("Remove it, or name a folder that is empty or not there yet, in which a root is made.")
                return 1
            BareMachine.make(root)
            print(f"Made the root: {(time.monotonic() - began) / 60:.1f} min, {mebibytes(root):,.0f} MiB", flush=True)
        return enter_namespaces([sys.executable, "-m", "tests.bare", *sys.argv[1:], "--root", str(root), "--inside"])


def read_arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--as",
        dest="users",
        action="append",
        choices=("root", USER),
        help=f"walk as this user only; without it as both, root and the ordinary user “{USER}”, one after the other",
    )
    parser.add_argument(
        "--test",
        action="append",
        default=[],
        metavar="COMMAND",
        help="after the walk run this too, in bash in the clone (“make test”, say); a code other than 0 is a fault. "
        "It may be repeated",
    )
    parser.add_argument(
        "--root",
        type=Path,
        metavar="FOLDER",
        help="use the root in this folder; where the folder is empty or not there, a root is made in it, and is kept "
        "for another time. Without it a root is made in the folder for temporary files and removed at the end",
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def walk_all(machine: BareMachine, users: Sequence[str], tests: Sequence[str]) -> int:
    """Walk as each user, print what it took, and return the exit code."""
    machine.mount()
    walks = [walk_as(machine, user, tests) for user in users]
    for walk in walks:
        print(f"\nAs {walk.user}:")
        for name, value in walk.figures.items():
            print(f"  {name:<44}{value:>14}")
        for fault in walk.faults:
            print(f"  FAULT: {fault}")
    return 1 if any(walk.faults for walk in walks) else 0


def walk_as(machine: BareMachine, user: str, tests: Sequence[str]) -> Walk:
    """Do what a new person does, from the clone to the second start, then the tests."""
    walk = Walk(user)
    folder = machine.home(user) / "leptonweb"
    if folder.exists():
        shutil.rmtree(folder)  # of an earlier walk in a root that was kept
    subprocess.run(["git", "clone", "--quiet", "--no-local", ROOT, folder], check=True)
    machine.own(folder, user)
    machine.hand_over(user)
    ports = {"LEPTON_PORT": str(free_port()), "LEPTON_SERVE_PORT": str(free_port())}
    try:
        with Program(machine, ["make", "run"], user, folder, ports) as first:
            link = first.line_with(LINK, timeout_seconds=3600).partition(": ")[2]
            walk.limit("make run until ready", first.seconds_until(READY) / 60, budget.FIRST_START_MINUTES, "min")
            walk.limit("longest silence meanwhile", first.longest_silence(READY), budget.LONGEST_SILENCE_SECONDS, "s")
            began = time.monotonic()
            story.open_page(link)
            caller, row = story.deploy_a_prediction(story.set_up(link))
            walk.figures["upload to the endpoint's first answer"] = f"{time.monotonic() - began:,.1f} s"
        measure(walk, folder)
        with Program(machine, ["make", "run"], user, folder, ports) as second:
            second.line_with(READY, timeout_seconds=600)
            walk.limit("second start", second.seconds_until(READY), budget.SECOND_START_SECONDS, "s")
            story.answer(caller, row)
        walk.faults += [f"said in {name}: {line}" for name, line in noise({"first": first, "second": second})]
        for command in tests:
            with Program(machine, ["bash", "-c", command], user, folder, {}) as testing:
                code = testing.wait()
            walk.figures[command] = f"{testing.seconds() / 60:,.1f} min"
            walk.faults += [f"{command} ended with {code}"] if code else []
    except (AssertionError, OSError) as error:
        walk.faults.append(f"{type(error).__name__}: {error}")
    return walk


def measure(walk: Walk, folder: Path) -> None:
    """Note what the installation takes on disk."""
    environment = folder / ".venv"
    packages = next(environment.glob("lib/python*/site-packages"))
    cuda = sum(mebibytes(path) for name in budget.CUDA_FOLDERS for path in packages.glob(name))
    walk.limit("environment (.venv)", mebibytes(environment) - cuda, budget.ENVIRONMENT_MIB, "MiB")
    walk.figures["of CUDA beside it"] = f"{cuda:,.0f} MiB"
    walk.limit("frontend/node_modules", mebibytes(folder / "frontend/node_modules"), budget.NODE_MODULES_MIB, "MiB")
    walk.limit("the whole folder", mebibytes(folder) - cuda, budget.TOTAL_MIB, "MiB")


def mebibytes(folder: Path) -> float:
    """Return what a folder takes on disk."""
    told = subprocess.run(["du", "-sk", "--one-file-system", folder], capture_output=True, text=True, check=True)
    return int(told.stdout.split()[0]) / 1024


def noise(programs: dict[str, Program]) -> list[tuple[str, str]]:
    """Return the warnings, and the lines that were written more than once, of each start."""
    found = []
    for name, program in programs.items():
        texts = Counter(line.text for line in program.lines if " | " in line.text)
        found += [(name, text) for text, times in texts.items() if times > 1 or "Warning" in text]
    return found


if __name__ == "__main__":
    run_program(main)
